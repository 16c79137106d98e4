"""How late things were: a histogram that costs next to nothing to fill."""

from __future__ import annotations

from bisect import bisect_left

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper edges of the buckets, in seconds; the last bucket, beyond them, has none."""


class Lags:
    """Counts lags by bucket. ``counts`` are of each bucket alone, the last one without an upper edge."""

    def __init__(self, bounds: tuple[float, ...] = BOUNDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        self.worst = 0.0

    @property
    def count(self) -> int:
        """How many lags were counted."""
        return sum(self.counts)

    def add(self, lag: float) -> None:
        """Count one lag, in seconds."""
        self.counts[bisect_left(self.bounds, lag)] += 1
        self.sum += lag
        if lag > self.worst:
            self.worst = lag

    def at_most(self, share: float) -> float:
        """The edge below which ``share`` of the lags lie; the worst lag where no edge is above it."""
        wanted, seen = share * self.count, 0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            seen += count
            if seen >= wanted:
                return min(bound, self.worst)
        return self.worst
