"""The rhythm of a drill: visits begin when they are due, however long those before them take.

Each visit is a task of its own with its own deadline. What they saw is handed on in the order in which they
began. Every due moment is run or counted as skipped.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from monitor.drill_outage import Look
from probes.sample import Sample

MOST = 64
"""Visits that may be under way at once; beyond them one that is due is skipped."""


class Watcher:
    """Visits a page again and again."""

    def __init__(
        self,
        visit: Callable[[], Awaitable[Sample]],
        take: Callable[[Look], None],
        *,
        every: float,
        most: int = MOST,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self.run = 0
        """Visits that were begun."""
        self.skipped = 0
        """Those that were due and were not: too many were under way, or this machine slept."""
        self._visit = visit
        self._take = take
        self._every = every
        self._most = most
        self._mono = mono
        self._tasks: deque[asyncio.Task[Look]] = deque()

    @property
    def due(self) -> int:
        """Visits that were due."""
        return self.run + self.skipped

    @property
    def under_way(self) -> int:
        """Visits that have not ended."""
        return sum(not task.done() for task in self._tasks)

    async def watch(self, seconds: float | None, ended: asyncio.Event) -> None:
        """Visit for so many seconds, or until ``ended``; then wait for what is under way."""
        began = self._mono()
        last = None if seconds is None else math.ceil(seconds / self._every)
        end = asyncio.create_task(ended.wait(), name="end of the drill")
        try:
            while (last is None or self.due < last) and not ended.is_set():
                at = began + self.due * self._every
                await self._rest(at - self._mono(), end)
                self._settle()
                late = self._mono() - at
                if late >= 0.0 and not ended.is_set():
                    missed = int(late / self._every)
                    self.skipped += missed if last is None else min(missed, last - self.due - 1)
                    self._begin()
            while self._tasks:
                await asyncio.wait([self._tasks[0]])
                self._settle()
        finally:
            for task in (end, *self._tasks):
                task.cancel()
            await asyncio.gather(end, *self._tasks, return_exceptions=True)

    def _begin(self) -> None:
        if self.under_way >= self._most:
            self.skipped += 1
            return
        self.run += 1
        self._tasks.append(asyncio.create_task(self._look(), name="drill"))

    async def _look(self) -> Look:
        start = self._mono()
        return Look(start, await self._visit())

    async def _rest(self, length: float, end: asyncio.Task[Any]) -> None:
        """Wait for so long, or until the end or a visit's end."""
        if length <= 0:
            await asyncio.sleep(0)
            return
        await asyncio.wait([end, *list(self._tasks)[:1]], timeout=length, return_when=asyncio.FIRST_COMPLETED)

    def _settle(self) -> None:
        while self._tasks and self._tasks[0].done():
            self._take(self._tasks.popleft().result())
