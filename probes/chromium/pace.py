"""How fast this machine is just now: a short piece of work, to be held against its shortest time ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from statistics import median
from time import perf_counter

PIECES = 5
SLOW = 2.0
"""How many times its best a piece may take before the machine counts as starving."""
_WORK = bytes(2_000_000)


def piece(clock: Callable[[], float] = perf_counter) -> float:
    """Seconds that a few milliseconds of work take: the median of some pieces."""
    return median(_hash(clock) for _ in range(PIECES))


def _hash(clock: Callable[[], float]) -> float:
    began = clock()
    hashlib.sha1(_WORK, usedforsecurity=False).digest()
    return clock() - began
