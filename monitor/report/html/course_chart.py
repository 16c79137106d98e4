"""A figure over time as a chart: a row for all regions together, and one for each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from monitor.report.history import Course, Point
from monitor.report.html.axis import Frame, Tick, frame, ticks
from monitor.report.html.drawing import HEIGHT, Place, ground, places, scale, staircase
from monitor.report.html.strip_chart import EVERYWHERE
from monitor.report.report import Judgement
from monitor.report.words import figure
from monitor.sla.indicators import Unit
from probes.units import format_duration

MOST_TARGETS = 3.0
"""How far above the target the scale may reach for the sake of 95th percentiles alone."""
_AGGREGATES: Mapping[str, str] = MappingProxyType(
    {"mean": "mean", "pooled": "mean of all samples", "min": "least", "max": "most", "share": "share"}
)


class CourseRow(NamedTuple):
    """A row of a course."""

    name: str
    line: str
    over: str
    """The parts of the line that are on the wrong side of the target."""
    ground: str
    value: str
    high: str | None
    samples: str


class CourseChart(NamedTuple):
    """What the template draws."""

    title: str
    about: str
    frame: Frame
    rows: Sequence[CourseRow]
    ticks: Sequence[Tick]
    target: int
    """How far below the top its line is."""
    target_words: str
    aggregate: str
    has_high: bool
    has_over: bool


def course_chart(one: Judgement, course: Course) -> CourseChart:
    """The chart of a promise about figures."""
    several = len(course.regions) > 1
    named = {EVERYWHERE: course.page, **course.regions} if several else dict(course.regions)
    top = _top(one, named)
    rows = [_row(one, course, name, points, top) for name, points in named.items()]
    return CourseChart(
        one.objective.name,
        _about(one, course, named, top),
        frame(course.span, course.start, course.step),
        rows,
        ticks(course.span.start, course.span.end),
        HEIGHT - round(min(one.objective.target / top, 1.0) * HEIGHT),
        one.objective.show(one.objective.target),
        aggregate_words(one),
        any(row.high is not None for row in rows),
        any(row.over for row in rows),
    )


def aggregate_words(one: Judgement) -> str:
    """How the figures of a piece become one."""
    name = one.verdict.promise.aggregate
    return _AGGREGATES.get(name, name)


def _top(one: Judgement, named: Mapping[str, Sequence[Point]]) -> float:
    """It holds every figure and the target, and the percentiles beside while it can still be read."""
    if one.objective.unit is Unit.SHARE:
        return 1.0
    target = one.objective.target
    values = max(point.value for points in named.values() for point in points)
    highs = max((point.high for points in named.values() for point in points if point.high), default=0.0)
    least = max(target, values)
    return scale(max(least, min(highs, max(MOST_TARGETS * target, least))) * 1.02)


def _row(one: Judgement, course: Course, name: str, points: Sequence[Point], top: float) -> CourseRow:
    line, high = places(points, course), places(points, course, high=True)
    over: list[Place] = [each for each in line if not one.objective.met_by(each[1])]
    if name == EVERYWHERE:
        value, count, whole = one.verdict.value, one.verdict.count, one.verdict.beside.get("p95")
    else:
        total = course.totals[name]
        value, count, whole = total.value, total.count, total.high
    return CourseRow(
        name,
        staircase(line, top),
        staircase(over, top),
        ground(high, top),
        figure(one.objective, value),
        figure(one.objective, whole) if high else None,
        f"{count:,}",
    )


def _about(one: Judgement, course: Course, named: Mapping[str, Sequence[Point]], top: float) -> str:
    words = (
        f"Each step is {format_duration(course.step)}; every row reaches from 0 to {_shown(one, top)}. "
        "Where there is no line, nothing was measured."
    )
    highs = [point.high for points in named.values() for point in points if point.high is not None]
    beyond = sum(high > top for high in highs)
    if beyond:
        words += f" Of {len(highs):,} 95th percentiles, {beyond:,} reach beyond the top."
    return words


def _shown(one: Judgement, top: float) -> str:
    return figure(one.objective, top) if one.objective.unit is not Unit.NUMBER else f"{top:g}"
