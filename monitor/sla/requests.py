"""Availability by requests: the share of scheduled visits that found the page up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.sla.columns import columns_of, touch
from monitor.sla.evidence import PageData, RegionData
from monitor.sla.masks import between, grouped, ones, runs
from monitor.sla.promise import Accounting
from monitor.sla.slices import Slices
from monitor.sla.windows import Interval, Span, slices_in


@dataclass(slots=True)
class Requests:
    """How many visits were up and down, and what share of them failed."""

    up: int = 0
    down: int = 0
    busiest: int = 0
    """The visits of the region that made most: regions share outages, so that no more than these prove
    anything."""
    windows: float = 0.0
    """How many windows with visits there were, where windows were agreed on."""
    failing: float = 0.0
    """The sum of the shares of visits that failed in each of them."""

    @property
    def failed(self) -> float | None:
        """The share that failed; of nothing, ``None``."""
        if self.windows:
            return self.failing / self.windows
        return self.down / (self.up + self.down) if self.up + self.down else None

    @property
    def value(self) -> float | None:
        """The share that did not."""
        return None if self.failed is None else 1.0 - self.failed


def by_request(data: PageData, span: Span, accounting: Accounting, excluded: Sequence[Interval]) -> Requests:
    """The visits of all regions in a window.

    Where a period lies half in an exclusion or over an edge of the window, slices stand for visits: a slice
    in which a visit failed is a failed one. With windows (a ``length``) that is so everywhere: the figure is
    the mean of the share of failed slices in each region's windows, those without a visit left out.
    """
    total = Requests()
    per_region: dict[str, int] = {}
    for region in sorted(data.regions, key=lambda one: (one.region, one.variant or "")):
        before = total.up + total.down
        _add(total, region, span, accounting, excluded)
        made = total.up + total.down - before
        per_region[region.region] = per_region.get(region.region, 0) + made
    total.busiest = max(per_region.values(), default=0)
    return total


def _add(
    total: Requests, region: RegionData, span: Span, accounting: Accounting, excluded: Sequence[Interval]
) -> None:
    rows = columns_of(region.rows)
    ends = rows.starts + rows.periods
    inside = (rows.starts < span.end) & (ends > span.start)
    whole = (span.start <= rows.starts) & (ends <= span.end) & ~touch(rows.starts, ends, excluded) & inside
    up, down = rows.visits[whole, :2].sum(axis=0).tolist()
    total.up += up
    total.down += down
    windows = inside & (accounting.length > rows.lengths)
    for place in np.flatnonzero(inside & (windows | ~whole)).tolist():
        slices = rows[place].slices
        counted = ones(slices.count) if whole[place] else _left(slices, span, excluded)
        if not whole[place]:
            down = (slices.down & counted).bit_count()
            total.up += (slices.measured & counted).bit_count() - down
            total.down += down
        if windows[place]:
            _add_windows(total, slices, counted, accounting.length // slices.length)


def _left(slices: Slices, span: Span, excluded: Sequence[Interval]) -> int:
    first = max(0, -(-(span.start - slices.start) // slices.length))
    last = min(slices.count, (span.end - slices.start) // slices.length)
    excluded = [one for one in excluded if one[0] < slices.end and one[1] > slices.start]
    return between(first, last) & ~slices_in(excluded, slices.start, slices.length, slices.count)


def _add_windows(total: Requests, slices: Slices, counted: int, width: int) -> None:
    measured, down = slices.measured & counted, slices.down & counted
    total.windows += grouped(measured, width, slices.count).bit_count() / width
    for first, last in runs(grouped(down, width, slices.count)):
        for at in range(first, last, width):
            one = between(at, at + width)
            total.failing += (down & one).bit_count() / (measured & one).bit_count()
