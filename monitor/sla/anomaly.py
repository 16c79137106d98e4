"""Anomalies: a page that got worse than itself. An annotation, never a breach.

An hour's median is held against the medians of the same hour of the day in the weeks before, by the modified
z-score of Iglewicz and Hoaglin (1993): the distance from their median in units of their median absolute
deviation, which single odd hours can't bend. Day and night are not mixed up, and a page that always varied
may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from monitor.sla.rollups import Rollup
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import moment

HISTORY = 28 * DAY
"""Seconds of history that an hour is held against."""
LEAST_HOURS = 10
"""How many of them there must be."""
LEAST_SAMPLES = 5
"""How many figures an hour must have to count."""
SCORE = 4.0
"""How many deviations above its usual median an hour must lie."""
WORSE_BY = 0.2
"""By what share of it, at least: a page that is steady to the millisecond may be a millisecond slower."""
_NORMAL = 1.4826  # makes the median absolute deviation of normal noise its standard deviation


@dataclass(frozen=True, slots=True)
class Anomaly:
    """An hour in which a page was worse than it usually is at that time of day."""

    start: datetime
    region: str
    indicator: str
    value: float
    """The hour's median."""
    usual: float
    """The median of what that hour of the day was before."""
    score: float
    """How many deviations lie between the two."""


def anomalies(region: str, indicator: str, rows: Sequence[Rollup], since: int) -> list[Anomaly]:
    """The hours from ``since`` on in which a figure that is better the lower was out of its own range.

    ``rows`` are rollups of hours, those of the four weeks before ``since`` too. Hours that stand out are no
    part of what later ones are held against.
    """
    usual: dict[int, list[tuple[int, float]]] = {}
    found = []
    for row in sorted(rows, key=lambda one: one.start):
        value = _median(row, indicator)
        if value is None:
            continue
        before = usual.setdefault(row.start % DAY, [])
        anomaly = None
        if row.start >= since:
            recent = [one for at, one in before if at >= row.start - HISTORY]
            anomaly = _held_against(row.start, region, indicator, value, recent)
        if anomaly is None:
            before.append((row.start, value))
        else:
            found.append(anomaly)
    return found


def _median(row: Rollup, indicator: str) -> float | None:
    figures = row.figures.get(indicator)
    if row.slices.period != HOUR or figures is None or figures.count < LEAST_SAMPLES:
        return None
    return figures.opened.quantile(0.5)


def _held_against(
    start: int, region: str, indicator: str, value: float, before: Sequence[float]
) -> Anomaly | None:
    if len(before) < LEAST_HOURS:
        return None
    centre = median(before)
    # The sketch's own error is the least that figures may differ by.
    spread = max(_NORMAL * median(abs(one - centre) for one in before), 0.01 * abs(centre))
    if value <= centre * (1 + WORSE_BY) or spread <= 0:
        return None
    score = (value - centre) / spread
    if score <= SCORE:
        return None
    return Anomaly(moment(start), region, indicator, value, centre, score)
