"""Confirmed seconds: how long a page was measured and how long it was bad, as counters that only grow.

A slice is counted once, and from when this process began: what one process counted, the next one does not. A
slice that turns out bad later adds to the bad ones; one that turns out good later stays among them.
"""

from __future__ import annotations


class Confirmed:
    """The counters of one page."""

    __slots__ = ("_bad", "_known", "_length", "_since", "_start", "bad", "measured")

    def __init__(self, since: int) -> None:
        self._since = since
        self._start = since
        self._length = 0
        self._known = 0
        self._bad = 0
        self.measured = 0
        """Seconds that were good or bad."""
        self.bad = 0
        """Seconds that were bad."""

    def take(self, start: int, length: int, known: int, bad: int) -> None:
        """Count the slices that were not counted yet, of sets over a grid that begins at ``start``."""
        if length != self._length:
            # Slices of another length can't be told from those that were counted: only later ones count.
            self._since = max(self._since, self._start + self._known.bit_length() * self._length)
            self._start, self._length, self._known, self._bad = start, length, 0, 0
        self._shift(start)
        early = max(0, -(-(self._since - start) // length))
        known, bad = known >> early << early, bad >> early << early
        self.measured += (known & ~self._known).bit_count() * length
        self.bad += (bad & ~self._bad).bit_count() * length
        self._known |= known
        self._bad |= bad

    def _shift(self, start: int) -> None:
        """Let what was counted begin where the new grid does; what came before is counted no more."""
        moved = (start - self._start) // self._length
        if moved > 0:
            self._since = max(self._since, start)
            self._known >>= moved
            self._bad >>= moved
        else:
            self._known <<= -moved
            self._bad <<= -moved
        self._start = start
