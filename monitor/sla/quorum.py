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

from monitor.sla.masks import Tally, grouped, near, ones, short, union
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
    doubtful: tuple[tuple[int, float], ...] = ()
    """What may be outages of all regions that the quorum did not see whole, as sets and what each slice of
    them weighs: see :func:`page_slices`."""

    def worth(self, among: int) -> float:
        """How many slices the page was down for as its regions saw it on average, of those ``among``."""
        return sum((one & among).bit_count() * weight for one, weight in self.doubtful)


def page_slices(grid: Grid, quorum: Quorum, length: int = 0) -> PageSlices:
    """The page's slices, from those of all its regions.

    ``length`` is that of the slices that were agreed on, where it is longer than those that were measured:
    a region saw the page down in one of these where it did in any part.

    Regions look at different moments of a slice, so an outage of all of them that is not much longer than a
    slice may never have a quorum. What each region saw on average is right even then. So a slice in which
    some region saw the page down is doubtful, with the share of regions that did, where it is next to a bad
    one, or where the region saw it down for two slices at most: for longer, a quorum would have formed in the
    middle.
    """
    full, factor = ones(grid.count), max(1, length // grid.length)
    seen = [grouped(line.measured, factor, grid.count) for line in grid.lines.values()]
    down = [grouped(line.down, factor, grid.count) for line in grid.lines.values()]
    known = union(seen)
    if not any(down):
        return PageSlices(grid.start, grid.length, grid.count, known, 0)
    if len(seen) == 1:
        return PageSlices(grid.start, grid.length, grid.count, known, down[0], ((down[0], 1.0),))
    alike = _alike(seen, union(down), full)
    bad, undecided = _bad(alike, down, full, quorum)
    beside = near(bad)
    doubts = [one & (beside | short(one)) for one in down]
    if undecided:  # as a rule there is none, and each of these sums is over a long number
        known &= ~undecided
        doubts = [one & ~undecided for one in doubts]
    anywhere = union(doubts)
    doubtful = [
        (one & here, 1.0 / regions)
        for regions, measured in alike
        if (here := measured & anywhere)
        for one in doubts
    ]
    return PageSlices(grid.start, grid.length, grid.count, known, bad, tuple(doubtful))


def _alike(seen: Sequence[int], among: int, full: int) -> list[tuple[int, int]]:
    """Some slices by how many regions measured them: these, and which slices. As a rule it is all regions."""
    measured, found = Tally(seen, full), []
    for regions in range(len(seen), 0, -1):
        if not among:
            break
        if here := measured.exactly(regions) & among:
            found.append((regions, here))
            among ^= here
    return found[::-1]


def _bad(alike: Sequence[tuple[int, int]], down: Sequence[int], full: int, quorum: Quorum) -> tuple[int, int]:
    """The bad slices, and those that too few regions measured to tell."""
    fallen = Tally(down, full)
    bad = undecided = 0
    for regions, here in alike:
        needs = quorum.needs(regions, len(down))
        if needs > regions:
            undecided |= here
        else:
            bad |= here & fallen.at_least(needs)
    return bad, undecided
