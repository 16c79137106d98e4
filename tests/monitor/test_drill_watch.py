"""The rhythm of a drill, with time that is advanced; and its bounds against a real server's own record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
import ticking
from scripted import head, response, serve
from storing import make_sample
from visiting import Untroubled

from monitor.drill import Drill
from monitor.drill_outage import Look
from monitor.drill_watch import Watcher
from monitor.runner import Runner
from probes import http
from probes.sample import Attempt, Sample
from probes.target import Target


class Visits:
    """Visits that take as long as a function of their number says."""

    def __init__(self, clock: ticking.Clock, length: Callable[[int], float]) -> None:
        self._clock = clock
        self._length = length
        self.begun: list[float] = []
        self.seen: list[Look] = []
        self.ended: list[float] = []

    async def visit(self) -> Sample:
        number = len(self.begun)
        self.begun.append(self._clock.now)
        await asyncio.sleep(self._length(number))
        self.ended.append(self._clock.now)
        return make_sample(number, duration=self._length(number))

    def watcher(self, every: float = 0.25, most: int = 64) -> Watcher:
        return Watcher(self.visit, self.seen.append, every=every, most=most, mono=self._clock.mono)


@ticking.test
async def test_visits_begin_when_they_are_due(clock: ticking.Clock) -> None:
    visits = Visits(clock, lambda number: 0.01)
    watcher = visits.watcher()
    await watcher.watch(2.0, asyncio.Event())
    assert visits.begun == pytest.approx([number * 0.25 for number in range(8)])
    assert (watcher.due, watcher.run, watcher.skipped, watcher.under_way) == (8, 8, 0, 0)
    assert [one.start for one in visits.seen] == pytest.approx(visits.begun)


@ticking.test
async def test_a_visit_that_hangs_stops_no_other_and_all_come_in_order(
    clock: ticking.Clock,
) -> None:
    visits = Visits(clock, lambda number: 2.0 if number == 1 else 0.01)
    watcher = visits.watcher()
    await watcher.watch(4.0, asyncio.Event())
    assert visits.begun == pytest.approx([number * 0.25 for number in range(16)])
    starts = [one.start for one in visits.seen]
    assert starts == sorted(starts)
    assert len(starts) == 16


@ticking.test
async def test_what_is_under_way_at_the_end_is_waited_for(clock: ticking.Clock) -> None:
    visits = Visits(clock, lambda number: 5.0)
    watcher = visits.watcher()
    await watcher.watch(1.0, asyncio.Event())
    assert len(visits.seen) == 4
    assert clock.now == pytest.approx(5.75)


@ticking.test
async def test_no_more_are_under_way_than_are_allowed(clock: ticking.Clock) -> None:
    visits = Visits(clock, lambda number: 10.0)
    watcher = visits.watcher(most=3)
    await watcher.watch(5.0, asyncio.Event())
    assert (watcher.due, watcher.run, watcher.skipped) == (20, 3, 17)


@ticking.test
async def test_moments_that_the_machine_slept_through_are_counted_as_skipped(clock: ticking.Clock) -> None:
    async def nap(length: float) -> None:
        await asyncio.sleep(1.1)
        clock.stall(length)

    visits = Visits(clock, lambda number: 0.01)
    watcher = visits.watcher()
    sleeping = asyncio.create_task(nap(1.0))
    await watcher.watch(4.0, asyncio.Event())
    await sleeping
    assert (watcher.due, watcher.skipped) == (16, 3)
    late = visits.watcher()
    sleeping = asyncio.create_task(nap(60.0))
    await late.watch(4.0, asyncio.Event())
    await sleeping
    assert late.due == 16  # no more than were asked for, however long it slept


@ticking.test
async def test_it_ends_when_it_is_told_to(clock: ticking.Clock) -> None:
    async def end() -> None:
        await asyncio.sleep(3.1)
        ended.set()

    ended = asyncio.Event()
    visits = Visits(clock, lambda number: 0.01)
    watcher = visits.watcher()
    ending = asyncio.create_task(end())
    await watcher.watch(None, ended)
    await ending
    assert (watcher.due, clock.now) == (13, pytest.approx(3.1))


@ticking.test
async def test_a_drill_that_is_cut_off_leaves_no_visit_behind(clock: ticking.Clock) -> None:
    visits = Visits(clock, lambda number: 60.0)
    task = asyncio.create_task(visits.watcher().watch(None, asyncio.Event()))
    await asyncio.sleep(1.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(asyncio.all_tasks()) == 1
    assert visits.ended == []


async def test_a_real_outage_lies_between_its_bounds() -> None:
    """The server notes itself when it was switched off, by the same clock, and when on again."""
    broken = False
    switched: list[float] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(response(status="503 Down") if broken else response())

    drill, outages, ended = Drill(0.1, 3.0), [], asyncio.Event()

    def take(one: Look) -> None:
        """Off after five good visits, on again after ten bad ones, and the end after three more good ones."""
        nonlocal broken
        changed = drill.add(one)
        if changed is not None and changed.first_good is not None:
            outages.append(changed)
        if drill.counts["up"] == 5 and not switched:
            switched.append(time.monotonic())
            broken = True
        if drill.counts["down"] == 10 and broken:
            broken = False
            switched.append(time.monotonic())
        if drill.counts["up"] >= 8 and outages:
            ended.set()

    async with serve(script) as server, http.open_probe() as probe:
        runner = Runner({"http": probe}, Untroubled())
        target = Target("shop", "/", server.url(), "here", "http", http.Options(), 30.0)
        watcher = Watcher(lambda: runner.run(target, Attempt.BURST), take, every=0.1)
        await watcher.watch(None, ended)
        assert drill.finish() is None
        assert server.connections == watcher.run  # each visit has a connection of its own
    truth = switched[1] - switched[0]
    assert outages
    for outage in outages:
        assert outage.outer is not None
        assert outage.inner <= truth <= outage.outer
        assert outage.faults == {"status": outage.samples}
        assert (outage.address_changed, outage.before.address) == (False, "127.0.0.1")
    assert sum(outage.samples for outage in outages) == drill.counts["down"] >= 10
    assert drill.counts["unknown"] == 0
