"""Bursts: a first failure is followed by samples in quick succession, to sharpen the edges of an outage.

``BurstPlan`` says when, and is pure; ``Bursts`` stands between the schedule and the runner and does it. A
target's scheduled runs come first: one that is due cuts off the attempt of a burst that is under way, and the
burst goes on after it. So a burst never delays a scheduled run, and a target has one run at a time.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

import structlog

from monitor.watch import Watch
from probes.sample import Attempt, Outcome, Sample
from probes.target import Key, Target

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BurstPlan:
    """When a burst takes its samples, in seconds from its beginning: quickly at first, then slowly."""

    quick: float = 0.25
    quick_until: float = 15.0
    slow: float = 5.0
    until: float = 300.0

    def after(self, elapsed: float) -> float | None:
        """The first moment of the plan that is later than ``elapsed``; ``None`` when it is over."""
        at = (math.floor(elapsed / self.quick) + 1) * self.quick
        if at > self.quick_until:
            slow = math.floor((elapsed - self.quick_until) / self.slow) + 1
            at = self.quick_until + max(1, slow) * self.slow
        return at if at <= self.until else None


class Measure(Protocol):
    """Takes one sample, and does not raise: the runner's ``run``."""

    def __call__(self, target: Target, attempt: Attempt, /) -> Awaitable[Sample]:
        """Visit ``target`` once."""


class HandOn(Protocol):
    """Hands a sample on, and calls ``then`` once it is settled: the handover's ``put``."""

    def __call__(self, sample: Sample, then: Callable[[Sample], None] | None = None, /) -> None:
        """Take ``sample``."""


class _Burst(NamedTuple):
    began: float
    task: asyncio.Task[None]


class Bursts:
    """Takes scheduled samples, and those of the bursts that they start.

    At most ``limit`` targets burst at a time: when more are down at once, the cause is a common one, and
    hundreds of bursts would starve the measurements that still matter.
    """

    def __init__(
        self,
        measure: Measure,
        hand_on: HandOn,
        *,
        plan: BurstPlan = BurstPlan(),
        limit: int = 20,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._measure = measure
        self._hand_on = hand_on
        self._plan = plan
        self._limit = limit
        self._mono = mono
        self._bursts: dict[Key, _Burst] = {}
        self._down: set[Key] = set()  # the targets whose first failure was seen already
        self._kept: frozenset[Key] | None = None  # those of the last reload; None: whatever is run

    @property
    def under_way(self) -> int:
        """How many targets burst."""
        return len(self._bursts)

    async def run(self, watch: Watch) -> None:
        """One scheduled run: what the schedule is given to call."""
        began = await self._interrupt(watch.target.key) if self._bursts else None
        sample = await self._measure(watch.target, Attempt.SCHEDULED)
        if began is not None and not _has_recovered(sample):
            self._start(watch, began)
        self._hand_on(sample, partial(self._consider, watch, self._mono()) if watch.bursts else None)

    def keep(self, watches: Iterable[Watch]) -> None:
        """Go on with the bursts of ``watches``, as they are now, and end all others."""
        bursting = {watch.target.key: watch for watch in watches if watch.bursts}
        self._kept = frozenset(bursting)
        self._down.intersection_update(bursting)
        for key, burst in list(self._bursts.items()):
            burst.task.cancel()
            if key in bursting:
                self._start(bursting[key], burst.began)

    async def close(self) -> None:
        """End all bursts."""
        tasks = [burst.task for burst in self._bursts.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _consider(self, watch: Watch, ended: float, sample: Sample) -> None:
        """Start a burst at a first failure that is the page's own."""
        key = watch.target.key
        if _has_recovered(sample):
            self._down.discard(key)
        elif sample.outcome is Outcome.DOWN and not sample.tainted and key not in self._down:
            self._down.add(key)
            if len(self._bursts) < self._limit:
                self._start(watch, ended)
            else:
                _log.warning("too many pages are down at once for another burst", page=watch.target.page)

    def _start(self, watch: Watch, began: float) -> None:
        key = watch.target.key
        if self._kept is not None and key not in self._kept:
            return  # its last run ended after the reload that took it away
        task = asyncio.create_task(self._follow(watch, began), name="burst")
        self._bursts[key] = _Burst(began, task)
        task.add_done_callback(partial(self._ended, key))

    async def _follow(self, watch: Watch, began: float) -> None:
        """Sample as the plan says until the page has recovered."""
        elapsed = self._mono() - began
        while (at := self._plan.after(elapsed)) is not None:
            await asyncio.sleep(began + at - self._mono())
            sample = await self._measure(watch.target, Attempt.BURST)
            self._hand_on(sample)
            if _has_recovered(sample):
                self._down.discard(watch.target.key)
                return
            elapsed = max(at, self._mono() - began)  # a timer may ring a little early

    async def _interrupt(self, key: Key) -> float | None:
        """Stop the burst of ``key``, if there is one, and say when it began."""
        burst = self._bursts.pop(key, None)
        if burst is None:
            return None
        burst.task.cancel()
        await asyncio.wait([burst.task])
        return burst.began

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        burst = self._bursts.get(key)
        if burst is not None and burst.task is task:
            del self._bursts[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a burst failed", page=key[1], exc_info=error)


def _has_recovered(sample: Sample) -> bool:
    """Whether an outage is over: a shield's challenge is no outage, and more samples would provoke it."""
    return sample.outcome in (Outcome.UP, Outcome.BLOCKED)
