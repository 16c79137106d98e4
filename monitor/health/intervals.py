"""Stretches of time in which something was wrong with our own machine: pure."""

from __future__ import annotations

from collections import deque


class Intervals:
    """Stretches of monotonic time, added in order of their ends and kept for a while."""

    def __init__(self, keep: float = 600.0) -> None:
        self.total = 0.0
        self._keep = keep
        self._spans: deque[tuple[float, float]] = deque()

    def add(self, start: float, end: float) -> None:
        """Add ``[start, end]``; what it shares with the last stretch counts once."""
        if self._spans and start <= self._spans[-1][1]:
            before, until = self._spans.pop()
            self.total -= until - before
            start, end = min(start, before), max(end, until)
        self._spans.append((start, end))
        self.total += end - start
        while self._spans[0][1] < end - self._keep:
            self._spans.popleft()

    def overlap(self, start: float, end: float) -> float:
        """Seconds of ``[start, end]`` that lie in the stretches."""
        shared = 0.0
        for before, until in reversed(self._spans):
            if until <= start:
                break
            shared += max(0.0, min(until, end) - max(before, start))
        return shared
