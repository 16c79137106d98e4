"""The time axis of charts: a few round moments, in UTC, and where they stand. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Span, moment

MOST_TICKS = 5
_STEPS = (60, 300, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR)
_DAYS = (1, 2, 5, 7, 10, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 600, 1200)


class Frame(NamedTuple):
    """What part of a chart is seen: from the first moment of a window to its last, in pieces."""

    left: float
    width: float


class Tick(NamedTuple):
    """A moment on the axis."""

    at: int
    """Seconds since 1970."""
    place: float
    """Percent of the chart's width."""
    words: str


def frame(span: Span, start: int, step: int) -> Frame:
    """The part of a chart, whose pieces begin with ``start``, that lies in a window."""
    return Frame(round((span.start - start) / step, 3), round((span.end - span.start) / step, 3))


def ticks(start: int, end: int) -> list[Tick]:
    """The moments between two, at most :data:`MOST_TICKS` of them."""
    for found in _choices(start, end):
        if len(found) <= MOST_TICKS:
            break
    long, years = end - start > 2 * DAY, moment(start).year != moment(end - 1).year
    return [Tick(at, round((at - start) / (end - start) * 100, 2), _words(at, long, years)) for at in found]


def _choices(start: int, end: int) -> Iterator[list[int]]:
    """The ticks of ever longer steps. The last has none."""
    for step in _STEPS:
        if (end - start) / step <= 2 * MOST_TICKS:
            yield list(range(start + -start % step, end, step))
    for days in _DAYS:
        if (end - start) / DAY / days <= 2 * MOST_TICKS:
            yield list(range(start + -start % DAY, end, days * DAY))
    for months in _MONTHS:
        yield list(_firsts(start, end, months))
    yield []


def _firsts(start: int, end: int, every: int) -> Iterator[int]:
    """The first days of every so manyth month."""
    day = moment(start).date().replace(day=1)
    for number in range(day.year * 12 + day.month - 1, 9999 * 12):
        first = date(number // 12, number % 12 + 1, 1)
        at = round(datetime(first.year, first.month, 1, tzinfo=moment(0).tzinfo).timestamp())
        if at >= end:
            return
        if at >= start and number % every == 0:
            yield at


def _words(at: int, long: bool, years: bool) -> str:
    when = moment(at)
    if not long and at % DAY:
        return f"{when:%H:%M}"
    return f"{when.day} {when:%b} {when:%Y}" if years else f"{when.day} {when:%b}"
