"""How late the event loop is: a tick that should have come and did not. Pure, with times as arguments."""

from __future__ import annotations

from monitor.health.intervals import Intervals
from monitor.health.lags import Lags


class LoopLag:
    """Watches ticks that are due every ``every`` seconds, and keeps the stretches in which one was late.

    A tick can be missing while a callback before it still runs, so a question about the present counts
    what is overdue as well. A stall is seen from the moment a tick was due in it: one of at least
    ``floor + every`` is never missed.
    """

    def __init__(self, now: float, every: float = 0.1, floor: float = 0.05) -> None:
        self.lags = Lags()
        self.last = 0.0
        self._every = every
        self._floor = floor
        self._expected = now + every
        self._late = Intervals()

    def tick(self, now: float) -> None:
        """A tick came; the next is due ``every`` seconds from ``now``."""
        self.last = max(0.0, now - self._expected)
        self.lags.add(self.last)
        if self.last >= self._floor:
            self._late.add(self._expected, now)
        self._expected = now + self._every

    def seconds(self, start: float, end: float) -> float:
        """How much of ``[start, end]``, where ``end`` is the present, the loop stood still."""
        overdue = 0.0
        if end - self._expected >= self._floor:
            overdue = end - max(start, self._expected)
        return self._late.overlap(start, end) + overdue
