"""Timelines: the slices of a page's regions over a whole window, on one grid, samples carried on.

What each region's rollups hold is laid end to end, so that what lies over the edge of an hour or a day needs
no care, and what is judged costs a few sums over long numbers, however long the window is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.sla.masks import ones, spread, stretched
from monitor.sla.slices import Slices


class Line(NamedTuple):
    """One region's slices, as sets over the grid."""

    fresh: int = 0
    """One for each slice that holds a measurement of its own."""
    measured: int = 0
    """Those that a sample speaks for."""
    down: int = 0
    """Those of them in which the page was seen down."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The slices of all regions of a page over a stretch of time."""

    start: int
    """Seconds since 1970."""
    length: int
    """Seconds of one slice."""
    count: int
    lines: Mapping[str, Line]

    def cut(self, start: int, end: int) -> Grid:
        """The slices that lie whole between two moments."""
        first = max(0, -(-(start - self.start) // self.length))
        last = max(first, min(self.count, (end - self.start) // self.length))
        if (first, last) == (0, self.count):
            return self
        full = ones(last - first)
        lines = {
            name: Line(one.fresh >> first & full, one.measured >> first & full, one.down >> first & full)
            for name, one in self.lines.items()
        }
        return Grid(self.start + first * self.length, self.length, last - first, lines)

    def only(self, region: str) -> Grid:
        """The slices of one region."""
        return replace(self, lines={region: self.lines[region]})


@dataclass(frozen=True, slots=True)
class PackedSlices:
    """The slices of one region in many periods, all cut alike, as a store has them."""

    length: int
    reach: int
    starts: Sequence[int]
    """When each period begins, in order of time, in seconds since 1970."""
    periods: Sequence[int]
    measured: Sequence[bytes]
    """Sets as bytes, the lowest first, as long as it takes."""
    down: Sequence[bytes]

    def line(self, start: int, full: int) -> Line:
        """They as they lie on a grid of their own length that begins at a moment."""
        own, down = self._laid(self.measured, start, full), self._laid(self.down, start, full)
        seen, fallen = _carried(self.reach, own, down, full ^ own)
        return Line(own, seen, fallen)

    def _laid(self, sets: Sequence[bytes], start: int, full: int) -> int:
        if not any(sets):
            return 0
        count = full.bit_length()
        if sum(self.periods) == count * self.length and 8 * sum(map(len, sets)) == count:
            return int.from_bytes(b"".join(sets), "little")  # end to end, and none cut short
        data = bytearray(-(-count // 8))
        rest = 0
        for at, one in zip(self.starts, sets, strict=True):
            if not one:
                continue
            place = (at - start) // self.length
            if place % 8:
                rest |= int.from_bytes(one, "little") << place
            else:
                data[place // 8 : place // 8 + len(one)] = one
        return int.from_bytes(data, "little") | rest


def grid_of_packed(regions: Mapping[str, PackedSlices]) -> Grid | None:
    """The slices of each region on one grid; ``None`` where they differ in length, or there are none."""
    held = [one for one in regions.values() if one.starts]
    if len({one.length for one in held}) != 1:
        return None
    length, start = held[0].length, min(one.starts[0] for one in held)
    count = (max(one.starts[-1] + one.periods[-1] for one in held) - start) // length
    full = ones(count)
    return Grid(start, length, count, {name: one.line(start, full) for name, one in regions.items()})


def grid_of(regions: Mapping[str, Iterable[Slices]]) -> Grid:
    """The slices of each region, laid out on a grid of the shortest ones."""
    held = {name: list(slices) for name, slices in regions.items()}
    every = [one for slices in held.values() for one in slices]
    if not every:
        return Grid(0, 1, 0, {name: Line() for name in held})
    start, end, length = every[0].start, every[0].end, every[0].length
    if len({(one.start, one.period, one.length) for one in every}) > 1:
        start, end = min(one.start for one in every), max(one.end for one in every)
        length = min(one.length for one in every)
    count = (end - start) // length
    full = ones(count)
    lines = {name: _line(slices, start, length, full) for name, slices in held.items()}
    return Grid(start, length, count, lines)


def _line(slices: Sequence[Slices], start: int, length: int, full: int) -> Line:
    if len(slices) == 1 and (slices[0].start, slices[0].length) == (start, length):
        # There is nothing to lay end to end, as where the last minutes are judged.
        (only,) = slices
        free = full ^ only.measured
        if not free:
            return Line(full, full, only.down)
        return Line(only.measured, *_carried(only.reach, only.measured, only.down, free))
    count = full.bit_length()
    if sum(one.measured.bit_count() for one in slices if one.length == length) == count:
        # Nothing is missing, as in most windows: there is nothing to carry on.
        down = _laid([(one, one.down) for one in slices if one.down], start, length, count, stretched)
        return Line(full, full, down)
    by_reach: dict[int, list[Slices]] = {}
    for one in slices:
        by_reach.setdefault(one.reach * (one.length // length), []).append(one)
    own, parts = 0, []
    for reach, mine in by_reach.items():
        measured = _laid([(one, one.measured) for one in mine], start, length, count, stretched)
        down = _laid([(one, one.down) for one in mine if one.down], start, length, count, stretched)
        own |= measured
        parts.append((reach, measured, down))
    seen = fallen = 0
    for reach, measured, down in parts:
        carried, lost = _carried(reach, measured, down, full & ~own)
        seen |= carried
        fallen |= lost
    fresh = own
    if any(one.length != length for one in slices):
        fresh = _laid([(one, one.measured) for one in slices], start, length, count, spread)
    return Line(fresh, seen, fallen)


def _carried(reach: int, measured: int, down: int, free: int) -> tuple[int, int]:
    """Let samples speak for up to ``reach`` further slices that hold no measurement of their own."""
    new = measured
    for _ in range(reach if free else 0):
        new = new << 1 & free
        if not new:
            break
        free ^= new
        down |= down << 1 & new
        measured |= new
    return measured, down


def _laid(
    parts: Sequence[tuple[Slices, int]],
    start: int,
    length: int,
    count: int,
    finer: Callable[[int, int], int],
) -> int:
    """Sets of several periods end to end on one grid, those of longer slices made ``finer``."""
    if not parts:
        return 0
    data = bytearray(-(-count // 8))
    rest = 0
    for slices, mask in parts:
        place, places = (slices.start - start) // length, slices.period // length
        if slices.length != length:
            mask = finer(mask, slices.length // length)
        if place % 8 or places % 8:
            rest |= mask << place
        else:
            data[place // 8 : (place + places) // 8] = mask.to_bytes(places // 8, "little")
    return int.from_bytes(data, "little") | rest
