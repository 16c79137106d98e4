"""Availability: how long, or how often, a page was there, in each of the ways in which contracts count it.

Time is counted in whole slices. What was not measured is neither up nor down and stands beside the figure;
what was excluded leaves both sides of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.sla.evidence import PageData
from monitor.sla.masks import between, ones, runs
from monitor.sla.promise import Accounting
from monitor.sla.quorum import ANY, PageSlices, Quorum, page_slices
from monitor.sla.timeline import Grid, Line
from monitor.sla.windows import Interval, Span, clip, outside, slices_in


@dataclass(slots=True)
class Account:
    """What a window's time came to, in seconds and in slices."""

    good: float = 0.0
    bad: float = 0.0
    unknown: float = 0.0
    excluded: float = 0.0
    known_slices: float = 0.0
    bad_slices: float = 0.0
    looks: float = 0.0
    """How many slices hold a measurement of their own, of the region that measured most."""
    wide: float = 1.0
    """How many of the slices that were measured are one of those that were agreed on."""
    page: PageSlices | None = None
    """The slices that it is made of, without what was excluded and without outages too short to count."""

    @property
    def runs(self) -> list[Interval]:
        """The stretches of bad slices that count."""
        page = self.page
        if page is None or not page.bad:
            return []
        return [
            (page.start + first * page.length, page.start + last * page.length)
            for first, last in runs(page.bad)
        ]

    @property
    def doubt(self) -> float:
        """How many slices may have been bad, seen as the mean of the regions (:func:`page_slices`)."""
        return 0.0 if self.page is None else self.page.worth(self.page.known) / self.wide

    @property
    def known(self) -> float:
        """Seconds that are good or bad."""
        return self.good + self.bad

    @property
    def value(self) -> float | None:
        """The share of the known time that was good."""
        return self.good / self.known if self.known else None

    @property
    def eligible(self) -> float:
        """Seconds that were not excluded."""
        return self.known + self.unknown

    @property
    def coverage(self) -> float:
        """The share of the time that is known, of that which was not excluded."""
        return self.known / self.eligible if self.eligible else 0.0

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The availability if all unknown time was down, and if all of it was up."""
        if not self.eligible:
            return None
        return self.good / self.eligible, (self.good + self.unknown) / self.eligible

    @property
    def trials(self) -> int:
        """How many looks the account is made of: no more than slices are known, nor than were measured."""
        return math.floor(min(self.known_slices, self.looks))


def exclusions(
    data: PageData, span: Span, accounting: Accounting, *, maintenance: bool = True, late: bool = False
) -> list[Interval]:
    """The time that does not count: outside the hours of service, and of maintenance declared in time.

    With ``late``, that of maintenance which was declared too late too.
    """
    found: list[Interval] = []
    if accounting.hours is not None:
        found += outside(accounting.hours.within(span.start, span.closes), span.start, span.closes)
    if maintenance and accounting.maintenance_excluded:
        found += [
            one.interval
            for one in data.maintenance
            if (late or one.in_time) and one.concerns(data.vendor, data.page)
        ]
    return clip(found, span.start, span.closes)


def by_time(data: PageData, span: Span, accounting: Accounting, excluded: Sequence[Interval]) -> Account:
    """The account of a page by time: a quorum of its regions decides over each slice."""
    quorum = accounting.quorum
    key = "by time", span, quorum, accounting.length, accounting.consecutive, tuple(excluded)
    return data.once(key, lambda: _count(_cut(data, span), span, accounting, quorum, excluded))


def by_region(
    data: PageData, span: Span, accounting: Accounting, excluded: Sequence[Interval]
) -> dict[str, Account]:
    """The account of each region by its own slices."""

    def count() -> dict[str, Account]:
        grid = _cut(data, span)
        return {name: _count(grid.only(name), span, accounting, ANY, excluded) for name in grid.lines}

    key = "by region", span, accounting.length, accounting.consecutive, tuple(excluded)
    return data.once(key, count)


def _cut(data: PageData, span: Span) -> Grid:
    """The slices of a window; their numbers are long, and asked for by several accounts."""
    return data.once(("cut", span), lambda: data.grid.cut(span.start, span.end))


def _count(
    grid: Grid, span: Span, accounting: Accounting, quorum: Quorum, excluded: Sequence[Interval]
) -> Account:
    page = page_slices(grid, quorum, accounting.length)
    left_out = slices_in(excluded, grid.start, grid.length, grid.count) if excluded else 0
    if left_out:
        page = replace(page, known=page.known & ~left_out, bad=page.bad & ~left_out)
    if page.bad and accounting.consecutive > 1:
        page = replace(page, bad=_long_enough(page.bad, accounting, grid.length))
    wide = max(grid.length, accounting.length) / grid.length
    # To compare is far quicker than to count, and of most windows all is known.
    slices = grid.count if page.known == ones(grid.count) else page.known.bit_count()
    bad = page.bad.bit_count()
    account = Account(
        good=float((slices - bad) * grid.length),
        bad=float(bad * grid.length),
        known_slices=slices / wide,
        bad_slices=bad / wide,
        looks=max((_looks(line, left_out) for line in grid.lines.values()), default=0) / wide,
        wide=wide,
        page=page,
    )
    account.excluded = float(sum(stop - begin for begin, stop in clip(excluded, span.start, span.end)))
    account.unknown = max(0.0, span.end - span.start - account.excluded - account.known)
    return account


def _looks(line: Line, left_out: int) -> int:
    return (line.fresh & ~left_out if left_out else line.fresh).bit_count()


def _long_enough(bad: int, accounting: Accounting, length: int) -> int:
    """The bad slices without those of runs that are shorter than was agreed on."""
    least = accounting.consecutive * max(1, accounting.length // length)
    kept = 0
    for first, last in runs(bad):
        if last - first >= least:
            kept |= between(first, last)
    return kept


def mean_of(accounts: Mapping[str, Account]) -> float | None:
    """The mean of the regions' availability, of those that measured."""
    values = [one.value for one in accounts.values() if one.value is not None]
    return sum(values) / len(values) if values else None
