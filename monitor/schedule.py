"""The schedule: starts each watch when its cadence says so, on the loop's own monotonic time.

No wall clock has a say in it. APScheduler, which lives on wall time, runs the chores of the house
(``housekeeping.py``) and no measurement.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from monitor.cadence import Cadence, Result, Slot, Tally
from monitor.health import Lags
from monitor.watch import Watch
from probes.target import Key

UNWIND = 1.0
"""Seconds that a run which was cut off has to unwind."""

_log = structlog.get_logger(__name__)


class Schedule:
    """Runs ``run(watch)`` as a task for every slot, one at a time for each target.

    ``run`` must not raise; should it, that is logged, and the schedule goes on.
    """

    def __init__(
        self,
        watches: Iterable[Watch],
        run: Callable[[Watch], Coroutine[Any, Any, None]],
        *,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lags = Lags()
        """How late runs started, slots that waited for the run before them included."""
        self._run = run
        self._mono = mono
        self._cadence = Cadence(watches, mono())
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs: dict[Key, tuple[int, int]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def tally(self) -> Tally:
        """How many slots were due, run and skipped so far."""
        return replace(self._cadence.tally)

    @property
    def runs(self) -> Mapping[Key, tuple[int, int]]:
        """How many slots of each target that is watched were run and skipped so far."""
        return self._runs

    @property
    def running(self) -> bool:
        """Whether slots are being started."""
        return self._loop is not None

    @property
    def under_way(self) -> int:
        """How many runs have started and not ended."""
        return len(self._tasks)

    def __len__(self) -> int:
        """How many watches there are."""
        return len(self._cadence)

    def start(self) -> None:
        """Begin, on the running loop. What came before is no slot."""
        self._loop = asyncio.get_running_loop()
        self._cadence = Cadence(self._cadence.watches, self._mono())
        self._wake()

    def replace(self, watches: Iterable[Watch]) -> None:
        """Watch these from now on; what goes on keeps its slots and its runs under way."""
        self._tell(self._cadence.replace(watches, self._mono()))
        watched = {watch.target.key for watch in self._cadence.watches}
        self._runs = {key: runs for key, runs in self._runs.items() if key in watched}
        self._set_timer()

    async def drain(self, timeout: float) -> int:
        """Start no more, and wait for the runs under way; how many were cut off after ``timeout``."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
        self._tell(self._cadence.stop())
        if not self._tasks:
            return 0
        left = (await asyncio.wait(self._tasks, timeout=timeout))[1]
        for task in left:
            task.cancel()
        if left and (stuck := (await asyncio.wait(left, timeout=UNWIND))[1]):
            _log.error("runs ignore that they were cut off", runs=len(stuck))
        return len(left)

    def _wake(self) -> None:
        """Start what is due, and sleep until the next slot."""
        self._tell(self._cadence.due(self._mono()))
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._loop is None or (at := self._cadence.next) is None:
            return
        # Up to a whole millisecond, for uvloop's timers have no finer ones: one that rings too early would
        # be set again and again.
        delay = math.ceil((at - self._mono()) * 1000) / 1000
        self._timer = self._loop.call_later(max(0.0, delay), self._wake)

    def _tell(self, slots: list[Slot]) -> None:
        """Begin the slots that are to run, and say which will not."""
        skipped = []
        for slot in slots:
            self._count(slot)
            if slot.result is Result.RUN:
                self._begin(slot)
            else:
                skipped.append(slot)
        if skipped:
            pages = sorted({slot.watch.target.page for slot in skipped})
            _log.warning("slots skipped", slots=sum(slot.slots for slot in skipped), pages=pages[:5])

    def _count(self, slot: Slot) -> None:
        key = slot.watch.target.key
        run, skipped = self._runs.get(key, (0, 0))
        if slot.result is Result.RUN:
            self._runs[key] = run + slot.slots, skipped
        else:
            self._runs[key] = run, skipped + slot.slots

    def _begin(self, slot: Slot) -> None:
        assert self._loop is not None, "slots come due between start and drain only"
        self.lags.add(max(0.0, self._mono() - slot.at))
        task = self._loop.create_task(self._run(slot.watch))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, slot.watch))

    def _ended(self, watch: Watch, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a run raised", page=watch.target.page, probe=watch.target.probe, exc_info=error)
        self._tell(self._cadence.done(watch.target))
