"""Controls: addresses of the user's choice that should always answer. If none does, the network here is gone.

They are visited every 15 s, and at once when a page is seen down. A ``down`` sample waits for that answer (a
few seconds at most) and becomes ``unknown`` where no control answered at some time of its run: its fault and
detail are kept, and ``controls`` is among its taints. Without controls nothing is held and nothing changes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog

from monitor.health.intervals import Intervals
from probes.sample import Outcome, Sample
from probes.target import Target

EVERY = 15.0
"""Seconds between two rounds when nothing is wrong."""
GAP = 1.0
"""Seconds between the starts of two rounds at least, however many pages fail."""
TIMEOUT = 3.0
"""Seconds that a control has to answer."""

_log = structlog.get_logger(__name__)


def control_targets(urls: Iterable[str], region: str, options: Any) -> list[Target]:
    """Targets for the ``http`` probe, with its ``options``, from the addresses of the config."""
    return [
        Target("controls", url, url, region=region, probe="http", options=options, timeout=TIMEOUT)
        for url in urls
    ]


class Controls:
    """Knows when no control answered. ``visit`` takes a sample of a control: the runner's ``run``."""

    def __init__(
        self,
        targets: Sequence[Target],
        visit: Callable[[Target], Awaitable[Sample]],
        *,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._targets = targets
        self._visit = visit
        self._mono = mono
        self._round: asyncio.Task[None] | None = None
        self._asked = float("-inf")
        self._silent = Intervals()
        self._answering: bool | None = None

    @property
    def answering(self) -> bool | None:
        """Whether a control answered in the last round; ``None`` before it, and where there are none."""
        return self._answering

    def replace(self, targets: Sequence[Target]) -> None:
        """Ask these from now on. A :meth:`run` under way is the caller's to end and to start anew."""
        self._targets = targets
        self._answering = None

    async def run(self) -> None:
        """Ask every ``EVERY`` seconds until cancelled, and leave no visit behind."""
        if not self._targets:
            return
        try:
            while True:
                await self._ask(since=self._mono() - GAP)
                await asyncio.sleep(max(0.0, self._asked + EVERY - self._mono()))
        finally:
            if self._round is not None:
                self._round.cancel()
                await asyncio.wait([self._round])

    def doubts(self, sample: Sample) -> bool:
        """Whether ``sample`` has to be settled before it is handed on: never one that saw the page."""
        return sample.outcome is Outcome.DOWN and bool(self._targets)

    async def settle(self, sample: Sample, ended: float) -> None:
        """Make ``sample``, whose run ended at ``ended``, ``unknown`` where no control answered meanwhile."""
        if not self.doubts(sample):
            return
        await self._ask(since=ended - GAP)
        if self._silent.overlap(ended - (sample.duration or 0.0), self._mono()) > 0:
            sample.outcome = Outcome.UNKNOWN
            sample.tainted.append("controls")

    async def _ask(self, since: float) -> None:
        """Wait for the round under way or begin one, unless one has begun after ``since``."""
        if self._round is None and self._asked <= since:
            self._asked = self._mono()
            self._round = asyncio.create_task(self._visit_all(), name="controls")
            self._round.add_done_callback(self._ended)
        if self._round is not None:
            await asyncio.wait([self._round])

    async def _visit_all(self) -> None:
        """One round: over at the first answer, or when no control has one."""
        began = self._mono()
        visits = {asyncio.ensure_future(self._visit(target)) for target in self._targets}
        waiting = visits
        try:
            answered = False
            while waiting and not answered:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                answered = any(_has_answered(visit.result()) for visit in done)
        finally:
            for visit in visits:
                visit.cancel()
            await asyncio.wait(visits)
        if not answered:
            self._silent.add(began, self._mono())
        if answered is not self._answering:
            if answered:
                _log.info("controls answer")
            else:
                _log.error("no control answers: pages seen down meanwhile count as unknown")
        self._answering = answered

    def _ended(self, round_: asyncio.Task[None]) -> None:
        self._round = None
        if not round_.cancelled() and (error := round_.exception()) is not None:
            _log.error("a round of the controls failed", exc_info=error)


def _has_answered(sample: Sample) -> bool:
    """Any answer will do, a wrong status or a challenge too: the question is whether the network is there."""
    return sample.outcome in (Outcome.UP, Outcome.BLOCKED) or sample.status is not None
