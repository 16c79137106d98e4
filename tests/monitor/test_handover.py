from __future__ import annotations

import asyncio

import ticking
from fakeprobe import FakeProbe, Step, answers, fails, hangs, make_target

from monitor.controls import TIMEOUT, Controls, control_targets
from monitor.handover import Handover
from monitor.health import Health
from monitor.runner import Runner
from probes.sample import Sample


class World:
    """A handover behind one control that follows ``script``; ``emitted`` has page, outcome and time."""

    def __init__(self, clock: ticking.Clock, *script: Step) -> None:
        self.clock = clock
        self.emitted: list[tuple[str, str, float]] = []
        health = Health(wall=clock.wall, mono=clock.mono)
        self.ticker = asyncio.create_task(health.run())
        probes = {"http": FakeProbe(*script), "down": FakeProbe(fails()), "up": FakeProbe(answers())}
        self.runner = Runner(probes, health, wall=clock.wall, mono=clock.mono)
        targets = control_targets(["https://control.test/"], "here", None)
        self.controls = Controls(targets, self.runner.run, mono=clock.mono)
        self.handover = Handover(self.controls, self.emit, mono=clock.mono)

    def emit(self, sample: Sample) -> None:
        self.emitted.append((sample.page, sample.outcome, self.clock.now))

    async def put(self, page: str, how: str, variant: str | None = None) -> None:
        sample = await self.runner.run(make_target(page, probe=how, variant=variant))
        sample.probe = "http"
        self.handover.put(sample)


@ticking.test
async def test_what_is_up_passes_at_once(clock: ticking.Clock) -> None:
    world = World(clock, hangs())
    await world.put("a", "up")
    assert world.emitted == [("a", "up", 0)]
    assert world.handover.held == 0
    await world.handover.drain(5)


@ticking.test
async def test_what_is_down_waits_for_the_controls(clock: ticking.Clock) -> None:
    world = World(clock, answers(after=0.5))
    await world.put("a", "down")
    assert world.emitted == []
    assert world.handover.held == 1
    await world.handover.drain(5)
    assert world.emitted == [("a", "down", 0.5)]
    assert world.handover.held == 0


@ticking.test
async def test_a_variant_does_not_wait_for_another_of_its_page(clock: ticking.Clock) -> None:
    world = World(clock, answers(after=0.5))
    await world.put("a", "down", "google")
    await world.put("a", "up", "google")
    await world.put("a", "up", "tiktok")
    await world.put("a", "up")
    assert world.emitted == [("a", "up", 0), ("a", "up", 0)]
    assert world.handover.held == 2
    await world.handover.drain(5)


@ticking.test
async def test_what_follows_lines_up_and_others_pass(clock: ticking.Clock) -> None:
    world = World(clock, hangs())
    await world.put("a", "down")
    await asyncio.sleep(1)
    await world.put("a", "up")
    await world.put("b", "up")
    await world.handover.drain(5)
    assert world.emitted == [("b", "up", 1), ("a", "unknown", TIMEOUT), ("a", "up", TIMEOUT)]


@ticking.test
async def test_then_is_called_with_the_settled_sample(clock: ticking.Clock) -> None:
    world = World(clock, hangs())
    settled: list[str] = []
    sample = await world.runner.run(make_target(probe="down"))
    world.handover.put(sample, lambda sample: settled.append(sample.outcome))
    assert settled == []
    await world.handover.drain(5)
    assert settled == ["unknown"]


@ticking.test
async def test_drain_waits_no_longer_than_asked_and_loses_nothing(clock: ticking.Clock) -> None:
    world = World(clock, hangs())
    await world.put("a", "down")
    await world.put("a", "up")
    await world.put("b", "down")
    await world.handover.drain(1)
    assert clock.now == 1
    assert world.emitted == [("a", "down", 1), ("a", "up", 1), ("b", "down", 1)]
    assert world.handover.held == 0
    await asyncio.sleep(TIMEOUT)
