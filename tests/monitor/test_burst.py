from __future__ import annotations

import asyncio
import itertools

import pytest
import ticking
from fakeprobe import FakeProbe, Step, answers, blocks, fails, hangs, make_watch, raises
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from monitor.burst import BurstPlan, Bursts
from monitor.controls import Controls, control_targets
from monitor.handover import Handover
from monitor.health import Health
from monitor.runner import Runner
from monitor.schedule import Schedule
from probes.sample import Attempt, Outcome, Sample


class World:
    """Everything between a schedule and a list: ``samples``, and of each when it was emitted."""

    def __init__(
        self, clock: ticking.Clock, *script: Step, limit: int = 20, control: Step | None = None
    ) -> None:
        self.clock = clock
        self.probe = FakeProbe(*script)
        self.samples: list[Sample] = []
        self.times: list[float] = []
        self.health = Health(wall=clock.wall, mono=clock.mono)
        self.ticker = asyncio.create_task(self.health.run())
        probes = {"http": self.probe, "control": FakeProbe(control or answers())}
        self.runner = Runner(probes, self.health, wall=clock.wall, mono=clock.mono)
        targets = control_targets(["https://control.test/"] if control else [], "here", None)
        for target in targets:
            object.__setattr__(target, "probe", "control")
        self.controls = Controls(targets, self.runner.run, mono=clock.mono)
        self.handover = Handover(self.controls, self.emit, mono=clock.mono)
        self.bursts = Bursts(self.runner.run, self.handover.put, limit=limit, mono=clock.mono)

    def emit(self, sample: Sample) -> None:
        self.samples.append(sample)
        self.times.append(self.clock.now)

    def attempts(self, page: str = "home") -> list[float]:
        """When the burst's samples of ``page`` were begun."""
        began = self.clock.wall() - self.clock.now
        return [
            round(sample.at.timestamp() - began, 3)
            for sample in self.samples
            if sample.attempt is Attempt.BURST and sample.page == page
        ]


PLAN = [0.25 * number for number in range(1, 61)] + [15.0 + 5 * number for number in range(1, 58)]
"""The moments of a whole burst."""


class TestPlan:
    def test_is_250_ms_for_15_s_and_5_s_until_5_minutes(self) -> None:
        moments = []
        at: float | None = 0.0
        while at is not None and (at := BurstPlan().after(at)) is not None:
            moments.append(at)
        assert moments == PLAN
        assert PLAN[59:62] == [15.0, 20.0, 25.0]
        assert PLAN[-1] == 300.0

    def test_leaves_out_what_has_passed(self) -> None:
        assert BurstPlan().after(3.3) == 3.5
        assert BurstPlan().after(14.99) == 15.0
        assert BurstPlan().after(26.0) == 30.0
        assert BurstPlan().after(299.9) == 300.0
        assert BurstPlan().after(300.0) is None

    @given(st.floats(0, 400))
    def test_is_always_ahead_and_never_far(self, elapsed: float) -> None:
        at = BurstPlan().after(elapsed)
        if elapsed >= 300:
            assert at is None
        else:
            assert at is not None
            assert elapsed < at <= elapsed + (0.25 if elapsed < 15 else 5.0)

    def test_a_quick_step_need_not_divide_the_quick_part(self) -> None:
        assert BurstPlan(quick=4.0).after(12.5) == 20.0


@ticking.test
async def test_a_whole_burst_keeps_to_the_plan(clock: ticking.Clock) -> None:
    world = World(clock, fails())
    await world.bursts.run(make_watch())
    assert world.bursts.under_way == 1
    await asyncio.sleep(301)
    assert world.attempts() == PLAN
    assert world.bursts.under_way == 0
    assert {sample.outcome for sample in world.samples} == {"down"}


@ticking.test
async def test_a_burst_that_is_over_is_not_begun_again_until_the_page_recovered(clock: ticking.Clock) -> None:
    world = World(clock, fails())
    await world.bursts.run(make_watch())
    await asyncio.sleep(301)
    await world.bursts.run(make_watch())
    assert world.bursts.under_way == 0
    world.probe.script = [answers(), fails()]
    await world.bursts.run(make_watch())
    await world.bursts.run(make_watch())
    assert world.bursts.under_way == 1


@pytest.mark.parametrize("end", [answers(), blocks()], ids=["up", "blocked"])
@ticking.test
async def test_a_burst_ends_on_recovery(clock: ticking.Clock, end: Step) -> None:
    world = World(clock, *[fails()] * 5, end)
    await world.bursts.run(make_watch())
    await asyncio.sleep(300)
    assert world.attempts() == [0.25, 0.5, 0.75, 1.0, 1.25]
    assert world.bursts.under_way == 0


@ticking.test
async def test_a_page_that_fails_again_bursts_again(clock: ticking.Clock) -> None:
    world = World(clock, fails(), answers(), fails(), answers())
    await world.bursts.run(make_watch())
    await asyncio.sleep(10)
    await world.bursts.run(make_watch())
    await asyncio.sleep(10)
    assert world.attempts() == [0.25, 10.25]


@ticking.test
async def test_moments_that_a_slow_attempt_took_are_left_out(clock: ticking.Clock) -> None:
    world = World(clock, fails(), fails(after=0.6))
    await world.bursts.run(make_watch())
    await asyncio.sleep(3.5)
    assert world.attempts() == [0.25, 1.0, 1.75, 2.5]
    assert world.probe.most_at_once == 1


@pytest.mark.parametrize("first", [answers(), blocks(), raises(ValueError("a bug"))])
@ticking.test
async def test_only_a_page_that_is_down_bursts(clock: ticking.Clock, first: Step) -> None:
    world = World(clock, first)
    with capture_logs():
        await world.bursts.run(make_watch())
    assert world.bursts.under_way == 0


@ticking.test
async def test_a_tainted_failure_starts_no_burst(clock: ticking.Clock) -> None:
    async def stalls(target: object, trace: object) -> None:
        clock.stall(2)
        await fails()(target, trace)  # type: ignore[arg-type]

    world = World(clock, stalls)
    await asyncio.sleep(1)
    await world.bursts.run(make_watch())
    assert world.samples[0].outcome is Outcome.DOWN
    assert world.samples[0].tainted == ["loop_lag"]
    assert world.bursts.under_way == 0


@ticking.test
async def test_a_failure_that_is_not_the_pages_starts_no_burst(clock: ticking.Clock) -> None:
    world = World(clock, fails(), control=fails(after=0.5))
    await world.bursts.run(make_watch())
    await asyncio.sleep(100)
    assert [(sample.outcome, sample.tainted) for sample in world.samples] == [("unknown", ["controls"])]


@ticking.test
async def test_the_plan_counts_from_the_failure_not_from_the_controls_answer(clock: ticking.Clock) -> None:
    world = World(clock, fails(), control=answers(after=0.6))
    await world.bursts.run(make_watch())
    await asyncio.sleep(3)
    assert world.attempts()[:3] == [0.75, 1.0, 1.25]
    moments = [sample.at for sample in world.samples]
    assert moments == sorted(moments)


@ticking.test
async def test_a_watch_without_bursts_has_none(clock: ticking.Clock) -> None:
    world = World(clock, fails())
    await world.bursts.run(make_watch(bursts=False))
    await asyncio.sleep(100)
    assert len(world.samples) == 1


@ticking.test
async def test_scheduled_runs_stay_on_schedule_during_a_burst(clock: ticking.Clock) -> None:
    world = World(clock, fails(after=0.1))
    schedule = Schedule([make_watch(every=7.0)], world.bursts.run, mono=clock.mono)
    schedule.start()
    await asyncio.sleep(70)
    scheduled = [sample for sample in world.samples if sample.attempt is Attempt.SCHEDULED]
    steps = [(b.at - a.at).total_seconds() for a, b in itertools.pairwise(scheduled)]
    assert steps == pytest.approx([7.0] * len(steps), abs=0.0011)
    assert schedule.tally.run == schedule.tally.due == 10
    assert schedule.lags.worst < 0.0011
    assert world.probe.most_at_once == 1
    # The rest of the burst is where the plan has it.
    first = scheduled[0]
    began = first.at.timestamp() + 0.1 - (clock.wall() - clock.now)
    on_plan = [round((at - began) / 0.25, 2) % 1 for at in world.attempts() if at < began + 15]
    assert len(on_plan) >= 56
    assert set(on_plan) == {0.0}
    await schedule.drain(1)
    await world.bursts.close()


@ticking.test
async def test_a_scheduled_run_cuts_off_an_attempt_that_hangs(clock: ticking.Clock) -> None:
    world = World(clock, fails(), hangs())
    watch = make_watch(timeout=9.0)
    await world.bursts.run(watch)
    await asyncio.sleep(5)
    world.probe.script = [answers(after=0.2)]
    await world.bursts.run(watch)
    assert clock.now == pytest.approx(5.2)
    assert world.probe.most_at_once == 1
    assert [(sample.attempt, sample.outcome) for sample in world.samples] == [
        ("scheduled", "down"),
        ("scheduled", "up"),
    ]
    assert world.bursts.under_way == 0


@ticking.test
async def test_a_scheduled_run_that_sees_the_page_up_ends_the_burst(clock: ticking.Clock) -> None:
    world = World(clock, fails())
    await world.bursts.run(make_watch())
    await asyncio.sleep(1.1)
    world.probe.script = [answers()]
    await world.bursts.run(make_watch())
    await asyncio.sleep(100)
    assert world.attempts() == [0.25, 0.5, 0.75, 1.0]


@ticking.test
async def test_pages_burst_side_by_side(clock: ticking.Clock) -> None:
    world = World(clock, fails())
    for page in "abc":
        await world.bursts.run(make_watch(page))
        await asyncio.sleep(0.1)
    assert world.bursts.under_way == 3
    await asyncio.sleep(350)
    for number, page in enumerate("abc"):
        assert world.attempts(page) == pytest.approx([at + 0.1 * number for at in PLAN], abs=0.0011)


@ticking.test
async def test_no_more_than_so_many_burst_at_a_time(clock: ticking.Clock) -> None:
    world = World(clock, fails(), limit=2)
    with capture_logs() as logs:
        for page in "abc":
            await world.bursts.run(make_watch(page))
    assert world.bursts.under_way == 2
    assert [log["page"] for log in logs] == ["c"]
    await asyncio.sleep(1)
    assert world.attempts("c") == []
    await world.bursts.close()


@ticking.test
async def test_a_reload_keeps_the_bursts_of_pages_that_stay(clock: ticking.Clock) -> None:
    world = World(clock, fails())
    for page in ("stays", "goes"):
        await world.bursts.run(make_watch(page))
    await asyncio.sleep(1.1)
    world.bursts.keep([make_watch("stays")])
    await asyncio.sleep(1)
    assert world.attempts("stays") == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0]
    assert world.attempts("goes") == [0.25, 0.5, 0.75, 1.0]
    assert world.bursts.under_way == 1
    await world.bursts.close()


@ticking.test
async def test_a_page_that_vanished_during_its_run_does_not_burst_on(clock: ticking.Clock) -> None:
    world = World(clock, fails(), fails(after=0.1))
    watch = make_watch()
    await world.bursts.run(watch)
    await asyncio.sleep(0.1)
    run = asyncio.create_task(world.bursts.run(watch))
    await asyncio.sleep(0.05)
    world.bursts.keep([])
    await run
    assert world.bursts.under_way == 0


@ticking.test
async def test_close_ends_bursts_and_leaves_no_task(clock: ticking.Clock) -> None:
    world = World(clock, fails(), hangs())
    for page in "ab":
        await world.bursts.run(make_watch(page))
    await asyncio.sleep(1)
    await world.bursts.close()
    await world.bursts.close()
    assert world.bursts.under_way == 0
    assert asyncio.all_tasks() == {asyncio.current_task(), world.ticker}


@ticking.test
async def test_a_cancelled_run_is_no_sample(clock: ticking.Clock) -> None:
    world = World(clock, hangs())
    run = asyncio.create_task(world.bursts.run(make_watch()))
    await asyncio.sleep(1)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert world.samples == []


@ticking.test
async def test_a_bug_in_a_burst_is_logged(clock: ticking.Clock) -> None:
    world = World(clock, fails())

    def hand_on(sample: Sample, then: object = None) -> None:
        if sample.attempt is Attempt.BURST:
            raise RuntimeError("a bug")
        then(sample)  # type: ignore[operator]

    bursts = Bursts(world.runner.run, hand_on, mono=clock.mono)
    with capture_logs() as logs:
        await bursts.run(make_watch())
        await asyncio.sleep(1)
    assert [log["event"] for log in logs] == ["a burst failed"]
    assert bursts.under_way == 0
