"""Causes: what may have changed a page, and whether a change followed from one of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

LATEST = 1.0
"""Seconds after a cause within which a change follows from it."""
CHAIN = 0.5
"""Seconds after a change that follows from a cause, within which another one follows from it in turn."""
PROMPT = 0.15
"""Seconds after a cause within which even what moves by itself is taken to follow from it."""
_EARLY = 0.1
"""A change may be noted so much before its cause: a script can use a response before its end."""


class Causes:
    """Moments, some of them lasting, after which changes are expected."""

    def __init__(self, moments: Iterable[float], spans: Iterable[tuple[float, float]] = ()) -> None:
        self._moments = sorted(moments)
        self._spans = list(spans)

    def before(self, at: float, within: float) -> bool:
        """Whether one lies at most ``within`` seconds before ``at``."""
        place = bisect_left(self._moments, at - within)
        if place < len(self._moments) and self._moments[place] <= at + _EARLY:
            return True
        return any(start - _EARLY <= at <= end + within for start, end in self._spans)
