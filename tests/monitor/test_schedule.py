from __future__ import annotations

import asyncio
import itertools
import time

import pytest
import ticking
from fakeprobe import make_watch
from structlog.testing import capture_logs

from monitor.schedule import Schedule
from monitor.watch import Watch


class Runs:
    """What a schedule started, and when; each run takes ``seconds``."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.started: list[tuple[str, float]] = []
        self.ended = 0
        self.cut = 0

    async def run(self, watch: Watch) -> None:
        self.started.append((watch.target.page, asyncio.get_running_loop().time()))
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cut += 1
            raise
        self.ended += 1


@ticking.test
async def test_a_thousand_pages_run_every_15_s_without_lag(clock: ticking.Clock) -> None:
    runs = Runs(seconds=0.3)
    schedule = Schedule([make_watch(f"page-{n}") for n in range(1000)], runs.run, mono=clock.mono)
    schedule.start()
    await asyncio.sleep(60)
    assert len(schedule) == 1000
    assert schedule.tally.due == schedule.tally.run == 4000
    assert schedule.tally.skipped == 0
    assert schedule.lags.count == 4000
    assert schedule.lags.worst <= 0.0011  # timers are whole milliseconds
    assert await schedule.drain(5) == 0
    assert runs.ended == 4000


@pytest.mark.parametrize("hours", [-1, 1])
@ticking.test
async def test_a_step_of_the_wall_clock_changes_nothing(clock: ticking.Clock, hours: int) -> None:
    schedule = Schedule([make_watch(every=1.0)], Runs().run, mono=clock.mono)
    schedule.start()
    await asyncio.sleep(10)
    clock.step(3600 * hours)
    await asyncio.sleep(10)
    assert (schedule.tally.due, schedule.tally.run, schedule.tally.skipped) == (20, 20, 0)
    await schedule.drain(0)


async def test_the_time_that_a_schedule_lives_on_is_monotonic(monkeypatch: pytest.MonkeyPatch) -> None:
    real, ran = time.time, asyncio.Event()

    async def run(watch: Watch) -> None:
        monkeypatch.setattr(time, "time", lambda: real() - 3600)
        ran.set()

    schedule = Schedule([make_watch(every=0.05)], run)
    schedule.start()
    for _ in range(3):
        await asyncio.wait_for(ran.wait(), 30)
        ran.clear()
    await schedule.drain(5)
    assert schedule.tally.run >= 3


@ticking.test
async def test_a_stall_of_5_s_neither_stops_nor_doubles_runs(clock: ticking.Clock) -> None:
    runs = Runs()
    schedule = Schedule([make_watch(every=1.0)], runs.run, mono=clock.mono)
    schedule.start()
    await asyncio.sleep(10)
    with capture_logs() as logs:
        clock.stall(5)
        await asyncio.sleep(0.001)
    await asyncio.sleep(9.999)
    tally = schedule.tally
    assert (tally.due, tally.run, tally.skipped) == (25, 21, 4)
    assert len(runs.started) == 21
    assert [(log["event"], log["slots"], log["pages"]) for log in logs] == [("slots skipped", 4, ["home"])]
    assert 0.0 <= schedule.lags.worst <= 1.01  # of the slots missed, the last one ran
    await schedule.drain(0)


@ticking.test
async def test_a_slot_runs_late_rather_than_not_at_all(clock: ticking.Clock) -> None:
    runs = Runs(seconds=10.5)
    schedule = Schedule([make_watch(every=10.0)], runs.run, mono=clock.mono)
    schedule.start()
    await asyncio.sleep(45)
    moments = [at for _, at in runs.started]
    steps = [round(after - before, 2) for before, after in itertools.pairwise(moments)]
    assert steps == [10.5] * len(steps)
    assert schedule.tally.skipped == 0
    assert schedule.under_way == 1
    await schedule.drain(0)


@ticking.test
async def test_drain_lets_runs_end(clock: ticking.Clock) -> None:
    runs = Runs(seconds=3)
    schedule = Schedule([make_watch(every=15.0)], runs.run, mono=clock.mono)
    schedule.start()
    assert schedule.running
    await asyncio.sleep(15)
    schedule.replace([make_watch(every=15.0), make_watch("late", every=1.0)])
    await asyncio.sleep(1)
    under_way = schedule.under_way
    assert under_way > 0
    assert await schedule.drain(5) == 0
    assert not schedule.running
    assert runs.cut == 0
    assert runs.ended == schedule.tally.run
    await asyncio.sleep(100)
    assert len(runs.started) == runs.ended
    assert schedule.tally.due == schedule.tally.run + schedule.tally.skipped


@ticking.test
async def test_drain_cuts_what_does_not_end(clock: ticking.Clock) -> None:
    runs = Runs(seconds=100)
    schedule = Schedule([make_watch("a", 10.0), make_watch("b", 10.0)], runs.run, mono=clock.mono)
    schedule.start()
    await asyncio.sleep(25)  # with a slot of each page waiting
    before = clock.now
    assert await schedule.drain(5) == 2
    assert clock.now == before + 5
    assert runs.cut == 2
    assert schedule.under_way == 0
    assert schedule.tally.due == schedule.tally.run + schedule.tally.skipped


@ticking.test
async def test_drain_does_not_wait_for_ever(clock: ticking.Clock) -> None:
    async def stubborn(watch: Watch) -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    schedule = Schedule([make_watch(every=10.0)], stubborn, mono=clock.mono)
    schedule.start()
    await asyncio.sleep(10)
    before = clock.now
    with capture_logs() as logs:
        assert await schedule.drain(5) == 1
    assert clock.now == before + 6
    assert [log["event"] for log in logs] == ["runs ignore that they were cut off"]
    await asyncio.sleep(60)


@ticking.test
async def test_reload_neither_doubles_nor_loses_a_run(clock: ticking.Clock) -> None:
    runs = Runs(seconds=2)
    schedule = Schedule([make_watch("stays", 10.0), make_watch("goes", 10.0)], runs.run, mono=clock.mono)
    schedule.start()
    for second in range(60):
        if second >= 30:
            schedule.replace([make_watch("stays", 10.0), make_watch("comes", 10.0)])
        else:
            schedule.replace([make_watch("stays", 10.0), make_watch("goes", 10.0)])
        await asyncio.sleep(1)
    pages = [page for page, _ in runs.started]
    assert [pages.count(page) for page in ("stays", "goes", "comes")] == [6, 3, 3]
    assert (schedule.tally.due, schedule.tally.skipped) == (12, 0)
    await schedule.drain(5)


@ticking.test
async def test_nothing_runs_before_the_start_or_where_nothing_is_watched(clock: ticking.Clock) -> None:
    runs = Runs()
    schedule = Schedule([], runs.run, mono=clock.mono)
    schedule.replace([make_watch()])
    await asyncio.sleep(100)
    assert runs.started == []
    schedule.replace([])
    schedule.start()
    await asyncio.sleep(100)
    assert runs.started == []
    schedule.replace([make_watch()])
    await asyncio.sleep(15)
    assert len(runs.started) == 1
    await schedule.drain(0)


@ticking.test
async def test_a_late_start_has_missed_nothing(clock: ticking.Clock) -> None:
    runs = Runs()
    schedule = Schedule([make_watch(f"page-{n}") for n in range(100)], runs.run, mono=clock.mono)
    await asyncio.sleep(100)
    schedule.start()
    assert schedule.tally.due == 0
    await asyncio.sleep(15)
    assert schedule.tally.due == schedule.tally.run == len(runs.started) == 100
    assert schedule.lags.worst <= 0.0011
    await schedule.drain(0)


@ticking.test
async def test_a_run_that_raises_is_logged_and_the_schedule_goes_on(clock: ticking.Clock) -> None:
    async def run(watch: Watch) -> None:
        raise RuntimeError("a bug")

    schedule = Schedule([make_watch(every=10.0)], run, mono=clock.mono)
    schedule.start()
    with capture_logs() as logs:
        await asyncio.sleep(30)
    assert schedule.tally.run == 3
    assert [log["event"] for log in logs] == ["a run raised"] * 3
    assert str(logs[0]["exc_info"]) == "a bug"
    assert await schedule.drain(1) == 0


@ticking.test
async def test_slots_are_counted_for_each_target(clock: ticking.Clock) -> None:
    runs = Runs(seconds=3.5)
    schedule = Schedule(
        [make_watch("quick", every=5.0), make_watch("slow", every=1.0)], runs.run, mono=clock.mono
    )
    schedule.start()
    await asyncio.sleep(30)
    quick, slow = (schedule.runs[make_watch(page).target.key] for page in ("quick", "slow"))
    assert quick == (6, 0)
    assert slow[1] > 0
    assert sum((*quick, *slow)) + schedule.tally.waiting == schedule.tally.due
    schedule.replace([make_watch("quick", every=5.0)])
    assert list(schedule.runs) == [make_watch("quick").target.key]
    await schedule.drain(5)
