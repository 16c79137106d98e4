"""The page's own slices: what its regions saw, held together by a quorum.

A slice is bad where enough of the regions that measured it saw the page down: more than half where nothing
else was agreed, and at least two where the page has two. It is good where at least one region measured it
and it is not bad. Where fewer regions measured it than a quorum needs and one of them saw the page down,
nobody can tell, and it is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.sla.masks import Tally, alone, grouped, ones, union
from monitor.sla.timeline import Grid


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many of the regions that measured a slice must have seen the page down for it to be bad."""

    more_than: float = 0.5
    """A share of them."""
    alone: bool = False
    """Whether one region is enough where the page has others."""

    def needs(self, measured: int, known: int) -> int:
        """How many of ``measured`` regions, of the ``known`` ones that the page has."""
        if self.alone:
            return 1
        # A share such as 0.18 of 50 must not become 9.000000000000002.
        return max(math.floor(round(measured * self.more_than, 9)) + 1, min(2, known))


MAJORITY = Quorum()
"""More than half."""
ANY = Quorum(0.0, alone=True)
"""One region is enough."""
ALL = Quorum(1 - 1e-6)
"""All that measured it."""


@dataclass(frozen=True, slots=True)
class PageSlices:
    """The slices of a page, as sets over a grid."""

    start: int
    length: int
    count: int
    known: int
    """Those that are good or bad."""
    bad: int
    doubtful: tuple[int, ...]
    """For each region those in which it alone, or too few with it, saw the page down for one slice: an outage
    of all regions that is shorter than a slice looks like this, and so does a single visit that went
    wrong."""


def page_slices(grid: Grid, quorum: Quorum, length: int = 0) -> PageSlices:
    """The page's slices, from those of all its regions.

    ``length`` is that of the slices that were agreed on, where it is longer than those that were measured:
    a region saw the page down in one of these where it did in any part.
    """
    full, factor = ones(grid.count), max(1, length // grid.length)
    seen = [grouped(line.measured, factor, grid.count) for line in grid.lines.values()]
    down = [grouped(line.down, factor, grid.count) for line in grid.lines.values()]
    known = union(seen)
    if not any(down):
        return PageSlices(grid.start, grid.length, grid.count, known, 0, ())
    bad, undecided = _bad(seen, down, full, quorum)
    doubtful: tuple[int, ...] = ()
    if not quorum.alone:
        doubtful = tuple(alone(one) & ~bad & ~undecided for one in down)
    return PageSlices(grid.start, grid.length, grid.count, known & ~undecided, bad, doubtful)


def _bad(seen: Sequence[int], down: Sequence[int], full: int, quorum: Quorum) -> tuple[int, int]:
    """The bad slices, and those that too few regions measured to tell."""
    if len(seen) == 1:
        return down[0], 0
    measured, fallen, anywhere = Tally(seen, full), Tally(down, full), union(down)
    bad = undecided = 0
    for regions in range(1, len(seen) + 1):
        here = measured.exactly(regions) & anywhere
        if not here:
            continue
        needs = quorum.needs(regions, len(seen))
        if needs > regions:
            undecided |= here
        else:
            bad |= here & fallen.at_least(needs)
    return bad, undecided
