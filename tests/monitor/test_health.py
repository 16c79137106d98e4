from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest
import ticking
from structlog.testing import capture_logs

from monitor.health import Health, Lags, open_health
from monitor.health.clock import ClockSteps
from monitor.health.cpu import SCHEDSTAT, RunDelay, Starvation
from monitor.health.health import APART
from monitor.health.intervals import Intervals
from monitor.health.loop_lag import LoopLag


class TestIntervals:
    def test_counts_what_is_shared(self) -> None:
        intervals = Intervals()
        intervals.add(10, 12)
        intervals.add(20, 25)
        assert intervals.overlap(0, 100) == 7
        assert intervals.overlap(11, 21) == 2
        assert intervals.overlap(12, 20) == 0
        assert intervals.overlap(21, 22) == 1
        assert intervals.overlap(25, 30) == 0
        assert intervals.total == 7

    def test_overlapping_stretches_count_once(self) -> None:
        intervals = Intervals()
        intervals.add(10, 12)
        intervals.add(11, 14)
        intervals.add(14, 15)
        intervals.add(9, 10)
        assert intervals.overlap(0, 100) == 6
        assert intervals.total == 6

    def test_forgets_what_is_old(self) -> None:
        intervals = Intervals(keep=60)
        for start in range(0, 1000, 10):
            intervals.add(start, start + 1)
        assert intervals.overlap(0, 1000) == 7
        assert intervals.total == 100


class TestLags:
    def test_fills_the_bucket_whose_edge_is_not_below(self) -> None:
        lags = Lags((0.01, 0.1))
        for lag in (0.0, 0.01, 0.05, 5.0):
            lags.add(lag)
        assert lags.counts == [2, 1, 1]
        assert (lags.count, lags.worst) == (4, 5.0)
        assert lags.sum == pytest.approx(5.06)

    def test_says_what_a_share_of_them_is_below(self) -> None:
        lags = Lags((0.01, 0.1))
        assert lags.at_most(0.99) == 0.0
        for _ in range(99):
            lags.add(0.004)
        assert lags.at_most(0.99) == 0.004
        lags.add(0.05)
        assert lags.at_most(0.99) == 0.01
        assert lags.at_most(1.0) == 0.05
        lags.add(7.0)
        assert lags.at_most(1.0) == 7.0


class TestLoopLag:
    def test_ticks_in_time_are_no_lag(self) -> None:
        lag = LoopLag(0.0, every=0.1, floor=0.05)
        for tick in range(1, 100):
            lag.tick(tick * 0.1 + 0.001)
        assert lag.seconds(0.0, 9.91) == 0.0
        assert lag.last < 0.01

    def test_a_late_tick_is_kept(self) -> None:
        lag = LoopLag(0.0, every=0.1, floor=0.05)
        lag.tick(0.1)
        lag.tick(3.2)
        assert lag.last == pytest.approx(3.0)
        lag.tick(3.3)
        assert lag.seconds(0.0, 3.3) == pytest.approx(3.0)
        assert lag.seconds(1.2, 2.2) == pytest.approx(1.0)
        assert lag.seconds(3.2, 3.3) == 0.0
        assert lag.lags.count == 3

    def test_a_tick_that_is_still_missing_counts(self) -> None:
        lag = LoopLag(0.0, every=0.1, floor=0.05)
        assert lag.seconds(0.0, 0.14) == 0.0
        assert lag.seconds(0.0, 1.1) == pytest.approx(1.0)
        assert lag.seconds(0.6, 1.1) == pytest.approx(0.5)


class TestStarvation:
    def test_waiting_a_little_is_what_every_machine_does(self) -> None:
        waited = 0.0
        cpu = Starvation(0.0, lambda: waited)
        for tick in range(1, 100):
            waited += 0.05
            cpu.tick(tick * 0.3)
        assert cpu.seconds(0.0, 29.7) == 0.0

    def test_waiting_for_a_quarter_of_the_time_is_kept(self) -> None:
        waited = 0.0
        cpu = Starvation(0.0, lambda: waited)
        cpu.tick(1.0)
        waited += 0.3
        cpu.tick(2.0)
        cpu.tick(3.0)
        assert cpu.seconds(0.0, 3.0) == pytest.approx(1.0)
        assert cpu.seconds(1.5, 3.0) == pytest.approx(0.5)
        assert cpu.seconds(2.0, 3.0) == 0.0
        assert cpu.total == pytest.approx(1.0)

    def test_what_was_not_read_yet_counts(self) -> None:
        waited = 0.0
        cpu = Starvation(0.0, lambda: waited)
        cpu.tick(1.0)
        waited += 0.1
        assert cpu.seconds(0.5, 1.2) == pytest.approx(0.2)
        assert cpu.seconds(1.1, 1.2) == pytest.approx(0.1)

    def test_is_read_no_more_often_than_asked(self) -> None:
        reads: list[float] = []

        def waited() -> float:
            reads.append(0.0)
            return 0.0

        cpu = Starvation(0.0, waited, every=0.25)
        for tick in range(1, 11):
            cpu.tick(tick * 0.1)
        assert len(reads) == 1 + 3


class TestRunDelay:
    @pytest.mark.skipif(not Path(SCHEDSTAT).exists(), reason="this kernel does not count run delays")
    def test_grows_when_threads_compete_for_one_cpu(self) -> None:
        waited: list[float] = []

        cpu = {min(os.sched_getaffinity(0))}

        def compete() -> None:
            os.sched_setaffinity(0, cpu)  # of this thread alone
            with RunDelay() as delay:
                began = delay()
                until = time.monotonic() + 60
                while delay() - began < 0.02 and time.monotonic() < until:
                    sum(range(1000))
                waited.append(delay() - began)

        threads = [threading.Thread(target=compete) for _ in range(2)]
        # Python's lock would let one thread run at a time; other processes share the CPU with both.
        rivals = [os.posix_spawn("/bin/sh", ["sh", "-c", "while :; do :; done"], os.environ) for _ in "ab"]
        for rival in rivals:
            os.sched_setaffinity(rival, cpu)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            for rival in rivals:
                os.kill(rival, 9)
                os.waitpid(rival, 0)
        assert min(waited) >= 0.02

    def test_is_none_where_the_kernel_does_not_count(self, tmp_path: Path) -> None:
        with RunDelay(str(tmp_path / "absent")) as delay:
            assert delay() == 0.0

    def test_is_in_seconds(self, tmp_path: Path) -> None:
        (path := tmp_path / "schedstat").write_text("5 1500000000 7\n")
        with RunDelay(str(path)) as delay:
            assert delay() == 1.5
        delay.close()  # a second time does no harm


class TestClockSteps:
    def test_drift_and_slew_are_no_steps(self) -> None:
        steps = ClockSteps(0.0, 1e9)
        for tick in range(1, 1000):
            assert steps.look(tick * 0.1, 1e9 + tick * 0.1 * 1.0005) == 0.0
        assert not steps.touched(0.0, 100.0)

    @pytest.mark.parametrize("seconds", [3600, -3600, 0.2])
    def test_a_step_is_kept(self, seconds: float) -> None:
        steps = ClockSteps(0.0, 1e9)
        steps.look(1.0, 1e9 + 1)
        assert steps.look(2.0, 1e9 + 2 + seconds) == pytest.approx(seconds, rel=1e-4)
        assert steps.look(3.0, 1e9 + 3 + seconds) == 0.0
        assert steps.count == 1
        assert steps.touched(0.0, 3.0)
        assert steps.touched(1.5, 1.6)
        assert not steps.touched(2.0, 3.0)


@ticking.test
async def test_a_quiet_hour_taints_nothing(clock: ticking.Clock) -> None:
    async with open_health(wall=clock.wall, mono=clock.mono) as health:
        await asyncio.sleep(3600)
        assert health.taints(0.0, clock.now) == []
        assert health.loop.lags.count == pytest.approx(36_000, abs=2)
        assert health.loop.lags.worst < 0.001


@ticking.test
async def test_taints_overlap(clock: ticking.Clock) -> None:
    waited = 0.0
    health = Health(wall=clock.wall, mono=clock.mono, waited=lambda: waited)
    ticker = asyncio.create_task(health.run())
    await asyncio.sleep(10)
    with capture_logs() as logs:
        clock.stall(5)
        waited += 4.0
        clock.step(3600)
        assert health.taints(9.0, clock.now) == ["loop_lag", "cpu", "clock_step"]
        await asyncio.sleep(1)
    assert [(log["event"], log["seconds"]) for log in logs] == [("the wall clock was stepped", 3600.0)]
    assert health.taints(9.0, clock.now) == ["loop_lag", "cpu", "clock_step"]
    assert health.taints(15.5, clock.now) == []
    ticker.cancel()


@ticking.test
async def test_a_hiccup_does_not_taint_a_long_sample(clock: ticking.Clock) -> None:
    async with open_health(wall=clock.wall, mono=clock.mono) as health:
        await asyncio.sleep(9.95)
        clock.stall(0.3)
        await asyncio.sleep(0.1)
        assert health.taints(clock.now - 10, clock.now) == []
        assert health.taints(clock.now - 1, clock.now) == ["loop_lag"]


async def test_a_real_loop_that_stands_still_is_seen() -> None:
    async with open_health() as health:
        await asyncio.sleep(0)
        began = time.monotonic()
        while time.monotonic() < began + 0.4:
            pass
        assert "loop_lag" in health.taints(began, time.monotonic())
        await asyncio.sleep(0.15)
        assert "loop_lag" in health.taints(began, time.monotonic())
        assert health.loop.lags.worst >= 0.25


@ticking.test
async def test_a_sample_that_ended_a_while_ago_makes_no_step(clock: ticking.Clock) -> None:
    health = Health(wall=clock.wall, mono=clock.mono)
    clock.now += 3.0
    assert "clock_step" not in health.taints(clock.now - 3.0, clock.now - 2.0)
    assert health.clock.count == 0


def test_clocks_between_whose_readings_we_were_stopped_are_not_compared() -> None:
    times = iter([0.0, 1.0, 1.0 + APART / 2, 2.0, 2.0 + 2 * APART, 3.0, 3.0])
    walls = iter([1000.0, 1001.0, 1007.0, 1003.0])
    health = Health(wall=lambda: next(walls), mono=lambda: next(times))
    for _ in range(3):
        health.taints(0.0, 0.5)
    assert health.clock.count == 0
