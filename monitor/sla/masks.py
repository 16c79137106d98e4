"""Sets of slices as whole numbers: bit i is slice i of a period.

A day of one region is two such numbers, and Python does sums over whole numbers in C: that is what lets
half a year of a hundred pages be judged in a second without another library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

_NOT_EMPTY = re.compile(rb"[^\x00]+")  # whole bytes of no slice are skipped in C


@lru_cache(maxsize=16)
def ones(count: int) -> int:
    """The set of the first ``count`` slices."""
    return (1 << count) - 1


def between(start: int, end: int) -> int:
    """The set of the slices from ``start`` on, up to but not with ``end``."""
    return (ones(end) >> start) << start if end > start else 0


def runs(mask: int) -> Iterator[tuple[int, int]]:
    """The stretches of neighbours in a set, each as its first slice and the one after its last."""
    data = mask.to_bytes(-(-mask.bit_length() // 8), "little")
    for piece in _NOT_EMPTY.finditer(data):
        at, part = 8 * piece.start(), int.from_bytes(piece[0], "little")
        while part:
            skip = (part & -part).bit_length() - 1
            part >>= skip
            length = (~part & (part + 1)).bit_length() - 1
            part >>= length
            yield at + skip, at + skip + length
            at += skip + length


def short(mask: int) -> int:
    """The slices of a set that stand alone or in a pair."""
    ends = mask & mask << 1
    ends &= ends << 1  # the last of three or more neighbours
    return mask ^ (ends | ends >> 1 | ends >> 2) if ends else mask


def near(mask: int) -> int:
    """The slices of a set, and the two before and after each."""
    return mask | mask << 1 | mask << 2 | mask >> 1 | mask >> 2


def stretched(mask: int, factor: int) -> int:
    """The set on a grid that is ``factor`` times as fine."""
    if factor == 1 or not mask:
        return mask
    return int(f"{mask:b}".replace("1", "1" * factor).replace("0", "0" * factor), 2)


def spread(mask: int, factor: int) -> int:
    """The set on a grid that is ``factor`` times as fine, each slice as its first part alone."""
    gap = "0" * (factor - 1)
    return int("".join(gap + digit for digit in f"{mask:b}"), 2)


def grouped(mask: int, factor: int, count: int) -> int:
    """The set with every group of ``factor`` slices whole of which one is in it."""
    if factor == 1 or not mask:
        return mask
    starts = _starts(factor, count)
    seen = mask
    reach = 1
    while reach < factor:  # doubles what a slice looks ahead to, and never beyond its group
        step = min(reach, factor - reach)
        seen |= seen >> step
        reach += step
    return (seen & starts) * ones(factor) & ones(count)


def _starts(factor: int, count: int) -> int:
    groups = -(-count // factor)
    return int(("0" * (factor - 1) + "1") * groups, 2)


class Tally:
    """How many of several sets hold each slice, as binary digits that are sets themselves."""

    __slots__ = ("_digits", "_full")

    def __init__(self, sets: Iterable[int], full: int) -> None:
        self._full = full
        self._digits: list[int] = []
        for carry in sets:
            self._add(carry)

    def _add(self, carry: int) -> None:
        for place, digit in enumerate(self._digits):
            self._digits[place], carry = digit ^ carry, digit & carry
            if not carry:
                return
        if carry:
            self._digits.append(carry)

    def exactly(self, count: int) -> int:
        """The slices that so many of the sets hold."""
        if count >> len(self._digits):
            return 0
        found = self._full
        for place, digit in enumerate(self._digits):
            found &= digit if count >> place & 1 else ~digit
        return found

    def at_least(self, count: int) -> int:
        """The slices that so many of the sets hold, or more."""
        if count >> len(self._digits):
            return 0
        more, equal = 0, self._full
        for place in range(len(self._digits) - 1, -1, -1):
            digit = self._digits[place]
            if count >> place & 1:
                equal &= digit
            else:
                more |= equal & digit
                equal &= ~digit
        return more | equal


def union(sets: Sequence[int]) -> int:
    """The slices that any of the sets holds."""
    found = 0
    for one in sets:
        found |= one
    return found
