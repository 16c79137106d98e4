"""How promises went over their windows, from what the judge read, by the hour where a window is short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from monitor.judging.rows import rollup_of
from monitor.report.course import course_of
from monitor.report.history import MOST_CELLS, History
from monitor.report.strip import strip_of
from monitor.sla.evidence import PageData, RegionData
from monitor.sla.promise import Promise
from monitor.sla.rollups import Rollup, Visits
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Span
from storage.rollups import read_rollups
from storage.series import Series, series_of_page
from storage.store import Store


def history_of(store: Store, promise: Promise, data: PageData, span: Span) -> History | None:
    """How a promise went; ``None`` of recoveries, which outages tell, and where nothing was measured.

    It blocks, and raises ``StoreUnavailable``.
    """
    if promise.indicator == "recovery":
        return None
    if promise.indicator == "availability":
        return strip_of(promise, data, span)
    if (span.end - span.start) / HOUR <= MOST_CELLS:
        data = by_hours(store, promise, data, span)
    return course_of(promise, data, span)


def by_hours(store: Store, promise: Promise, data: PageData, span: Span) -> PageData:
    """The same data, with hours in the place of the days of a window.

    A day stays a day where its hours are not all there any more, or not all alike to it.
    """
    days = {
        row.start
        for one in data.regions
        for row in one.rows
        if row.slices.period == DAY and span.start <= row.start < span.end
    }
    if not days:
        return data
    with store.reading() as connection:
        numbers = series_of_page(connection, data.vendor, data.page)
        regions = [
            replace(one, rows=list(_finer(connection, numbers.get(_series(data, one)), one, days, promise)))
            for one in data.regions
        ]
    return replace(data, regions=regions)


def _series(data: PageData, region: RegionData) -> Series:
    return Series(data.vendor, data.page, region.region, data.probe, region.variant or "")


def _finer(
    connection: Connection, number: int | None, region: RegionData, days: set[int], promise: Promise
) -> Iterator[Rollup]:
    hours: dict[int, list[Rollup]] = defaultdict(list)
    if number is not None:
        wanted = (promise.indicator.encode(),)
        for row in read_rollups(connection, [number], HOUR, min(days), max(days) + DAY):
            hours[row.start - row.start % DAY].append(rollup_of(row, wanted))
    for one in region.rows:
        found = hours.get(one.start, [])
        if one.slices.period == DAY and one.start in days and _same(one, found, promise.indicator):
            yield from sorted(found, key=lambda each: each.start)
        else:
            yield one


def _same(day: Rollup, hours: Sequence[Rollup], indicator: str) -> bool:
    visits = Visits()
    for one in hours:
        visits += one.visits
    figures = [one.figures[indicator] for one in hours if indicator in one.figures]
    count, total = sum(one.count for one in figures), sum(one.total for one in figures)
    mine = day.figures.get(indicator)
    return visits == day.visits and (count, total) == ((mine.count, mine.total) if mine else (0, 0))
