"""Averages, and the figures beside them: what regions measured, how sure a mean is, and any percentile.

How sure: visits that follow each other are alike, so their number says too much. The rollups of a window are
its blocks, and the error of the mean is taken from how much each block differs from the one before (von
Neumann 1941; Wolter's successive differences for systematic samples). A slow change, such as that between day
and night, hardly adds to it, as it must not: the window did have it, and all of it was measured. What is
alike for longer than a block is taken for a change of the page, not for chance. All regions of a block are
taken together, for what they share shows in all of them at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise
from typing import Self

import numpy as np

from monitor.sla.columns import (
    Choice,
    Exact,
    FigureColumns,
    Ints,
    OpenRows,
    Rows,
    begin_in,
    columns_of,
    total_of,
)
from monitor.sla.evidence import PageData
from monitor.sla.promise import Accounting
from monitor.sla.rollups import BILLIONTH, Figures
from monitor.sla.sketch import Sketch
from monitor.sla.windows import Interval, ServiceHours, Span

LEAST_BLOCKS = 8
"""With fewer blocks, how much they differ is not known well enough to prove anything."""


@dataclass(slots=True)
class Total:
    """What the figures of one region come to."""

    count: int = 0
    total: int = 0
    least: float | None = None
    most: float | None = None

    @classmethod
    def of(cls, figures: FigureColumns) -> Self:
        """What these come to."""
        if not len(figures.counts):
            return cls()
        least, most = float(figures.least.min()), float(figures.most.max())
        return cls(int(figures.counts.sum()), total_of(figures.totals), least, most)

    @property
    def mean(self) -> float | None:
        """The mean; ``None`` of nothing."""
        return self.total / BILLIONTH / self.count if self.count else None


@dataclass
class Measured:
    """The figures of one indicator over a window, by region and by block (an hour or a day)."""

    figures: dict[str, FigureColumns] = field(default_factory=dict)
    """By region; of a page with variants, those of a block stand side by side."""
    regions: dict[str, Total] = field(default_factory=dict)
    failed: int = 0
    """Scheduled visits that were down, and so have no part in a figure."""
    left_out: int = 0
    """Those that were blocked, unknown or tainted."""
    starts: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """When each block begins, in order."""

    @property
    def blocks(self) -> dict[int, dict[str, Figures]]:
        """The figures of each block by its beginning, and then by region."""
        found: dict[int, dict[str, Figures]] = {}
        for name, one in self.figures.items():
            each = (one.starts, one.counts, one.totals, one.least, one.most)
            for start, *rest in zip(*(column.tolist() for column in each), one.sketches, strict=True):
                block = found.setdefault(start, {})
                if name in block:  # another variant of the page
                    both = Figures()
                    both.merge(block[name])
                    both.merge(Figures(*rest))
                    block[name] = both
                else:
                    block[name] = Figures(*rest)
        return found

    @property
    def count(self) -> int:
        """How many figures there are."""
        return sum(one.count for one in self.regions.values())

    @property
    def busiest(self) -> int:
        """How many the region has that has most."""
        return max((one.count for one in self.regions.values()), default=0)

    @property
    def means(self) -> dict[str, float]:
        """The mean of each region."""
        return {name: one.mean for name, one in sorted(self.regions.items()) if one.mean is not None}

    @property
    def mean(self) -> float | None:
        """The mean of the regions' means."""
        means = self.means
        return math.fsum(means.values()) / len(means) if means else None

    @property
    def pooled(self) -> float | None:
        """The mean of all figures."""
        total = sum(one.total for one in self.regions.values())
        return total / BILLIONTH / self.count if self.count else None

    @property
    def least(self) -> float | None:
        """The smallest figure."""
        return min((one.least for one in self.regions.values() if one.least is not None), default=None)

    @property
    def most(self) -> float | None:
        """The largest figure."""
        return max((one.most for one in self.regions.values() if one.most is not None), default=None)

    @cached_property
    def sketch(self) -> Sketch:
        """The sketch of all figures."""
        return Sketch.sum(chain.from_iterable(one.sketches for one in self.figures.values()))

    def by_block(self, name: str, numbers: Exact) -> Exact:
        """Numbers that stand beside the figures of a region, added up to one for each block."""
        found = np.zeros(len(self.starts), numbers.dtype)
        np.add.at(found, np.searchsorted(self.starts, self.figures[name].starts), numbers)
        return found


def measured(data: PageData, span: Span, accounting: Accounting, indicator: str) -> Measured:
    """The figures of an indicator from the rollups that begin in a window, and in an hour of service."""
    key = "measured", span, accounting.hours, indicator
    return data.once(key, lambda: _measured(data, span, accounting.hours, indicator))


def _measured(data: PageData, span: Span, service: ServiceHours | None, indicator: str) -> Measured:
    hours = service.within(span.start, span.end) if service else None
    found = Measured()
    for region in sorted(data.regions, key=lambda one: (one.region, one.variant or "")):
        edges = OpenRows(region.edges)
        pieces: list[tuple[Rows, Ints | None]] = [(columns_of(region.rows), edges.starts)]
        if edges:
            pieces.append((edges, None))
        for rows, instead in pieces:
            visits = rows.visits[_within(rows.starts, span, hours, instead)].sum(axis=0).tolist()
            found.failed += visits[1]
            found.left_out += sum(visits[2:])
            figures = rows.figures(indicator)
            figures = figures.chosen(_within(figures.starts, span, hours, instead))
            before = found.figures.get(region.region)
            found.figures[region.region] = before.beside(figures) if before else figures
    found.regions = {name: Total.of(one) for name, one in found.figures.items()}
    found.starts = np.unique(np.concatenate([found.starts, *(one.starts for one in found.figures.values())]))
    return found


def _within(starts: Ints, span: Span, hours: Sequence[Interval] | None, instead: Ints | None) -> Choice:
    """Which rollups count: those that begin in the window, but for those that have parts instead."""
    inside: Choice = (starts >= span.start) & (starts < span.end)
    if instead is not None and len(instead):
        inside &= ~np.isin(starts, instead)
    return inside if hours is None else inside & begin_in(starts, hours)


def error_of_mean(found: Measured) -> tuple[float, int] | None:
    """The standard error of the mean of the regions' means, and the number of blocks; ``None``: too few."""
    means = found.means
    return _error(
        found, {name: (mean, found.regions[name].count, len(means)) for name, mean in means.items()}
    )


def error_of_pooled(found: Measured) -> tuple[float, int] | None:
    """The standard error of the pooled mean, and the number of blocks; ``None``: too few."""
    count = found.count
    mean = sum(one.total for one in found.regions.values()) / BILLIONTH / count
    return _error(found, {name: (mean, count, 1) for name, one in found.regions.items() if one.count})


def _error(found: Measured, weights: Mapping[str, tuple[float, int, int]]) -> tuple[float, int] | None:
    """Of a sum over regions whose figures are held against a mean, and divided by two numbers."""
    rests = np.zeros(len(found.starts))
    for name, (mean, count, share) in weights.items():
        figures = found.figures[name]
        totals = found.by_block(name, figures.totals) / BILLIONTH
        rests += (totals.astype(np.float64) - mean * found.by_block(name, figures.counts)) / count / share
    return error_of_sum(rests.tolist())


def error_of_share(some: Ints, of: Ints, share: float) -> tuple[float, int] | None:
    """The standard error of a share, from how many of how many there were in each block."""
    return error_of_sum(((some - share * of) / int(of.sum())).tolist())


def error_of_sum(rests: Sequence[float]) -> tuple[float, int] | None:
    """The standard error of a sum of rests that follow each other in time, and how many there are."""
    count = len(rests)
    if count < LEAST_BLOCKS:
        return None
    squares = math.fsum((late - early) ** 2 for early, late in pairwise(rests))
    return math.sqrt(squares / 2 * count / (count - 1)), count
