from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import ticking
from fakeprobe import FakeProbe, Step, answers, blocks, fails, hangs, make_target, raises
from structlog.testing import capture_logs

from monitor.controls import GAP, TIMEOUT, Controls, control_targets
from monitor.health import Health
from monitor.runner import Runner
from probes.sample import Fault, Sample

URLS = ("https://one.test/", "https://two.test/")


class World:
    """Controls that follow ``script``, and a page that does too."""

    def __init__(self, clock: ticking.Clock, page: Step, *script: Step, urls: tuple[str, ...] = URLS) -> None:
        self.control = FakeProbe(*script)
        health = Health(wall=clock.wall, mono=clock.mono)
        self.ticker = asyncio.create_task(health.run())
        self.runner = Runner(
            {"http": self.control, "page": FakeProbe(page)}, health, wall=clock.wall, mono=clock.mono
        )
        self.controls = Controls(control_targets(urls, "here", None), self.runner.run, mono=clock.mono)
        self.clock = clock

    async def visit(self) -> Sample:
        """A sample of the page, settled."""
        sample = await self.runner.run(make_target(probe="page", timeout=10))
        await self.controls.settle(sample, self.clock.now)
        return sample

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.controls.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def test_targets_are_made_from_addresses() -> None:
    targets = control_targets(URLS, "here", "options")
    assert [target.url for target in targets] == list(URLS)
    assert {target.timeout for target in targets} == {TIMEOUT}
    assert len({target.key for target in targets}) == 2


@ticking.test
async def test_they_are_asked_every_15_s(clock: ticking.Clock) -> None:
    world = World(clock, answers(), answers(after=0.1))
    assert world.controls.answering is None
    async with world.running():
        await asyncio.sleep(59)
    assert sorted({at for _, at in world.control.visits}) == [0, 15, 30, 45]
    assert world.controls.answering is True


@ticking.test
async def test_a_failure_stands_when_a_control_answers(clock: ticking.Clock) -> None:
    world = World(clock, fails(), fails(), answers())
    sample = await world.visit()
    assert (sample.outcome, sample.fault, sample.tainted) == ("down", "connect", [])
    assert len(world.control.visits) == 2


@ticking.test
async def test_any_answer_of_a_control_will_do(clock: ticking.Clock) -> None:
    for step in (fails(Fault.STATUS, status=500), blocks()):
        world = World(clock, fails(), step)
        assert (await world.visit()).outcome == "down"


@ticking.test
async def test_a_failure_is_unknown_when_no_control_answers(clock: ticking.Clock) -> None:
    world = World(clock, fails(), fails(), hangs())
    with capture_logs() as logs:
        sample = await world.visit()
    assert (sample.outcome, sample.fault, sample.tainted) == ("unknown", "connect", ["controls"])
    assert sample.detail == "scripted: connect"
    assert clock.now == TIMEOUT
    assert world.controls.answering is False
    assert [log["event"][:18] for log in logs] == ["no control answers"]


@ticking.test
async def test_a_network_that_was_gone_in_the_middle_of_a_run_counts(clock: ticking.Clock) -> None:
    world = World(clock, hangs(), fails(after=1.0), fails(after=1.0), answers())
    async with world.running():
        sample = await world.visit()
    assert (sample.outcome, sample.fault, sample.tainted) == ("unknown", "timeout", ["controls"])
    assert world.controls.answering is True


@ticking.test
async def test_it_is_said_when_controls_answer_again(clock: ticking.Clock) -> None:
    world = World(clock, answers(), fails(), fails(), answers())
    with capture_logs() as logs:
        async with world.running():
            await asyncio.sleep(31)
    assert [log["log_level"] for log in logs] == ["error", "info"]


@ticking.test
async def test_what_is_not_down_is_not_held(clock: ticking.Clock) -> None:
    for step in (answers(), blocks(), raises(ValueError("a bug"))):
        world = World(clock, step, hangs())
        with capture_logs():
            sample = await world.visit()
        assert "controls" not in sample.tainted
    assert clock.now == 0
    assert world.control.visits == []


@ticking.test
async def test_without_controls_nothing_changes(clock: ticking.Clock) -> None:
    world = World(clock, fails(), answers(), urls=())
    async with world.running():
        sample = await world.visit()
    assert (sample.outcome, sample.tainted) == ("down", [])
    assert world.controls.answering is None
    assert clock.now == 0


@ticking.test
async def test_many_failures_ask_once(clock: ticking.Clock) -> None:
    world = World(clock, fails(), answers(after=0.2))
    samples = await asyncio.gather(*(world.visit() for _ in range(100)))
    assert {sample.outcome for sample in samples} == {"down"}
    assert len(world.control.visits) == len(URLS)


@ticking.test
async def test_failures_one_after_another_ask_once_a_second(clock: ticking.Clock) -> None:
    world = World(clock, fails(), answers())
    for _ in range(40):
        await world.visit()
        await asyncio.sleep(0.25)
    rounds = sorted({at for _, at in world.control.visits})
    assert all(after - before >= GAP for before, after in itertools.pairwise(rounds))
    assert len(rounds) == 10


@ticking.test
async def test_a_bug_in_a_round_settles_as_if_there_were_no_controls(clock: ticking.Clock) -> None:
    world = World(clock, fails(), answers())

    async def visit(target: object) -> Sample:
        raise RuntimeError("a bug")

    world.controls = Controls(control_targets(URLS, "here", None), visit, mono=clock.mono)
    with capture_logs() as logs:
        sample = await world.visit()
        await asyncio.sleep(0)
    assert sample.outcome == "down"
    assert [log["event"] for log in logs] == ["a round of the controls failed"]


@ticking.test
async def test_leaving_leaves_no_visit_behind(clock: ticking.Clock) -> None:
    world = World(clock, answers(), hangs())
    async with world.running():
        await asyncio.sleep(1)
    assert asyncio.all_tasks() == {asyncio.current_task(), world.ticker}


@ticking.test
async def test_controls_can_be_replaced(clock: ticking.Clock) -> None:
    world = World(clock, fails(), answers())
    assert world.controls.doubts(await world.visit())
    assert world.controls.answering is True
    world.controls.replace(control_targets(("https://three.test/",), "here", None))
    assert world.controls.answering is None
    await asyncio.sleep(2 * GAP)
    await world.visit()
    assert [page for page, _ in world.control.visits][2:] == ["https://three.test/"]
    world.controls.replace([])
    assert not world.controls.doubts(await world.visit())
