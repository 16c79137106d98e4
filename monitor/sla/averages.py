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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from monitor.sla.evidence import PageData
from monitor.sla.promise import Accounting
from monitor.sla.rollups import BILLIONTH, Figures, Rollup
from monitor.sla.sketch import Sketch
from monitor.sla.windows import Span

LEAST_BLOCKS = 8
"""With fewer blocks, how much they differ is not known well enough to prove anything."""


@dataclass(slots=True)
class Total:
    """What the figures of one region come to."""

    count: int = 0
    total: int = 0
    least: float | None = None
    most: float | None = None

    def take(self, figures: Figures) -> None:
        """Take in those of one more block."""
        self.count += figures.count
        self.total += figures.total
        if figures.least is not None and (self.least is None or figures.least < self.least):
            self.least = figures.least
        if figures.most is not None and (self.most is None or figures.most > self.most):
            self.most = figures.most

    @property
    def mean(self) -> float | None:
        """The mean; ``None`` of nothing."""
        return self.total / BILLIONTH / self.count if self.count else None


@dataclass(slots=True)
class Measured:
    """The figures of one indicator over a window, by region and by block."""

    regions: dict[str, Total] = field(default_factory=dict)
    blocks: dict[int, dict[str, Figures]] = field(default_factory=dict)
    """By their beginning, and then by region."""
    failed: int = 0
    """Scheduled visits that were down, and so have no part in a figure."""
    left_out: int = 0
    """Those that were blocked, unknown or tainted."""

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

    def sketch(self) -> Sketch:
        """The sketch of all figures."""
        return Sketch.sum(one.sketch for each in self.blocks.values() for one in each.values())


def measured(data: PageData, span: Span, accounting: Accounting, indicator: str) -> Measured:
    """The figures of an indicator from the rollups that begin in a window, and in an hour of service."""
    hours = accounting.hours.within(span.start, span.end) if accounting.hours else None
    found = Measured()
    for region in sorted(data.regions, key=lambda one: (one.region, one.variant or "")):
        found.regions.setdefault(region.region, Total())
        for row in region.rows:
            if span.start <= row.start < span.end and (
                hours is None or any(begin <= row.start < end for begin, end in hours)
            ):
                _take(found, region.region, row, indicator)
    return found


def _take(found: Measured, region: str, row: Rollup, indicator: str) -> None:
    visits = row.visits
    found.failed += visits.down
    found.left_out += visits.blocked + visits.unknown + visits.tainted
    figures = row.figures.get(indicator)
    if figures is None or not figures.count:
        return
    found.regions[region].take(figures)
    block = found.blocks.setdefault(row.start, {})
    if region in block:  # another variant of the page
        both = Figures()
        both.merge(block[region])
        both.merge(figures)
        figures = both
    block[region] = figures


def error_of_mean(found: Measured) -> tuple[float, int] | None:
    """The standard error of the mean of the regions' means, and the number of blocks; ``None``: too few."""
    counts = {name: one.count for name, one in found.regions.items() if one.count}
    means, share = found.means, len(counts)
    rests = [
        sum(
            (one.total / BILLIONTH - means[name] * one.count) / counts[name] / share
            for name, one in found.blocks[start].items()
        )
        for start in sorted(found.blocks)
    ]
    return error_of_sum(rests)


def error_of_pooled(found: Measured) -> tuple[float, int] | None:
    """The standard error of the pooled mean, and the number of blocks; ``None``: too few."""
    count = found.count
    mean = sum(one.total for one in found.regions.values()) / BILLIONTH / count
    rests = [
        sum((one.total / BILLIONTH - mean * one.count) / count for one in found.blocks[start].values())
        for start in sorted(found.blocks)
    ]
    return error_of_sum(rests)


def error_of_share(blocks: Mapping[int, Iterable[tuple[int, int]]], share: float) -> tuple[float, int] | None:
    """The standard error of a share, from how many of how many there were in each block."""
    sums = [tuple(map(sum, zip(*blocks[start], strict=True))) for start in sorted(blocks)]
    whole = sum(of for _, of in sums)
    return error_of_sum([(some - share * of) / whole for some, of in sums])


def error_of_sum(rests: Sequence[float]) -> tuple[float, int] | None:
    """The standard error of a sum of rests that follow each other in time, and how many there are."""
    count = len(rests)
    if count < LEAST_BLOCKS:
        return None
    squares = math.fsum((late - early) ** 2 for early, late in pairwise(rests))
    return math.sqrt(squares / 2 * count / (count - 1)), count
