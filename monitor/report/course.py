"""A figure over a window, piece by piece, from the blocks that its verdict is made of. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.report.history import Course, Point, origin_of, step_of
from monitor.sla.averages import measured
from monitor.sla.evidence import PageData
from monitor.sla.indicators import INDICATORS, Unit
from monitor.sla.judge_figures import PERCENTILES
from monitor.sla.promise import Promise
from monitor.sla.rollups import BILLIONTH, Figures
from monitor.sla.sketch import Sketch
from monitor.sla.slices import HOUR
from monitor.sla.windows import Span

_HIGH = 0.95


@dataclass(frozen=True, slots=True)
class _Way:
    """How figures of a piece become one, as was promised."""

    aggregate: str
    above: bool
    """Whether a 95th percentile stands beside it."""

    @classmethod
    def of(cls, promise: Promise) -> _Way:
        share = PERCENTILES.get(promise.aggregate, 0.0)
        plain = INDICATORS[promise.indicator].unit in (Unit.SECONDS, Unit.NUMBER)
        above = promise.lower_is_better and plain and share < _HIGH and promise.aggregate != "max"
        return cls(promise.aggregate, above)

    def point(self, start: int, some: Sequence[Figures]) -> Point:
        """Of one region."""
        count, total = sum(one.count for one in some), sum(one.total for one in some)
        return Point(start, count, self._value(some, total / BILLIONTH / count), self._high(some))

    def together(self, start: int, regions: Iterable[Sequence[Figures]]) -> Point:
        """Of several regions: as the judge does it, a mean is the mean of their means."""
        each = list(regions)
        every = [one for some in each for one in some]
        if self.aggregate != "mean":
            return self.point(start, every)
        means = [sum(one.total for one in some) / BILLIONTH / sum(one.count for one in some) for some in each]
        count = sum(one.count for one in every)
        return Point(start, count, math.fsum(means) / len(means), self._high(every))

    def _value(self, some: Sequence[Figures], mean: float) -> float:
        if self.aggregate in PERCENTILES:
            return _quantile(some, PERCENTILES[self.aggregate])
        if self.aggregate == "min":
            return min(one.least for one in some if one.least is not None)
        if self.aggregate == "max":
            return max(one.most for one in some if one.most is not None)
        return mean

    def _high(self, some: Sequence[Figures]) -> float | None:
        return _quantile(some, _HIGH) if self.above else None


def _quantile(some: Sequence[Figures], share: float) -> float:
    # What adds many up in no time takes a while to begin, and most pieces are a single block.
    whole = some[0].opened if len(some) == 1 else Sketch.sum(one.sketch for one in some)
    found = whole.quantile(share)
    assert found is not None  # there are figures
    return found


def course_of(promise: Promise, data: PageData, span: Span) -> Course | None:
    """The course of a promise about figures; ``None`` where nothing was measured that counts."""
    data = data.seen_from(promise.selector.regions)
    blocks = measured(data, span, promise.accounting, promise.indicator).blocks
    if not blocks:
        return None
    rows = (row for one in data.regions for row in one.rows if span.start <= row.start < span.end)
    # Without any, what there is was read from samples, and is less than an hour.
    step = step_of(span, max((row.slices.period for row in rows), default=HOUR))
    start = origin_of(span, step)
    pieces: dict[int, dict[str, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    totals: dict[str, list[Figures]] = defaultdict(list)
    for at, regions in sorted(blocks.items()):
        for region, figures in regions.items():
            pieces[at - (at - start) % step][region].append(figures)
            totals[region].append(figures)
    way = _Way.of(promise)
    names, whole = sorted(totals), sorted(pieces.items())
    return Course(
        span,
        start,
        step,
        [way.together(at, each.values()) for at, each in whole],
        {
            name: [way.point(at, pieces[at][name]) for at in sorted(pieces) if name in pieces[at]]
            for name in names
        },
        {name: way.point(span.start, totals[name]) for name in names},
    )
