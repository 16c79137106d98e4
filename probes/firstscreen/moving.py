"""Moving: whether what changed again and again still moves, or has come to its final state."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

OFTEN = 5
"""What changed fewer times does not move (Brutlag, Abrams and Meenan 2011)."""
_STILL = 1.5
"""Seconds without a change after which it has stopped, however slowly it changed before."""
_PAUSES = 3
"""It has stopped after so many of its longest pauses too."""
_LEAST_PAUSE = 0.1


def still_moves(times: Sequence[float], ended: float) -> bool:
    """Whether what changed at these times, in ascending order, did so often, and still does at the end."""
    if len(times) < OFTEN:
        return False
    longest = max(later - earlier for earlier, later in pairwise(times[-OFTEN:]))
    return ended - times[-1] < min(_STILL, _PAUSES * max(_LEAST_PAUSE, longest))
