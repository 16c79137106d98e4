"""Looks: stored samples with only what the judge asks of them.

Evidence, most of a sample, stays unread, and of hops the last one is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    UnaryExpression,
    and_,
    case,
    cast,
    func,
    select,
)

from probes.sample import Attempt, Fault, Hop, Outcome, Sample
from storage.series import Series
from storage.tables import samples

STREAMED = 1000
"""Rows that are held at once while looks are read."""
KINDS = ("up", "down", "blocked", "unknown", "tainted")
"""What scheduled visits are counted by; tainted ones are apart, whatever their outcome."""

_SERIES = (samples.c.vendor, samples.c.page, samples.c.region, samples.c.probe, samples.c.variant)
_COLUMNS = (
    samples.c.id,
    samples.c.at,
    samples.c.attempt,
    samples.c.outcome,
    samples.c.fault,
    samples.c.tainted,
    samples.c.duration,
    samples.c.ttfb,
    samples.c.hops,
    samples.c.vitals,
)
_UNTAINTED = cast(samples.c.tainted, Text) == "[]"
_MEASURES = and_(samples.c.outcome.in_((Outcome.UP.value, Outcome.DOWN.value)), _UNTAINTED)


def series_of(sample: Sample) -> Series:
    """The series that a sample belongs to."""
    return Series(sample.vendor, sample.page, sample.region, sample.probe, sample.variant or "")


def looks(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    region: str | None = None,
    pages: Collection[str] | None = None,
) -> Iterator[Sample]:
    """The scheduled samples from one moment until another, in no order, streamed."""
    query = select(*_SERIES, *_COLUMNS).where(
        samples.c.at >= since, samples.c.at < until, samples.c.attempt == Attempt.SCHEDULED.value
    )
    if region is not None:
        query = query.where(samples.c.region == region)
    if pages is not None:
        query = query.where(samples.c.page.in_(pages))
    return _streamed(connection, query)


def measurements(connection: Connection, series: Series, since: datetime) -> Iterator[Sample]:
    """The samples of one series that say up or down, bursts included, from a moment on, oldest first."""
    query = select(*_SERIES, *_COLUMNS).where(*_of(series), _MEASURES, samples.c.at >= since)
    return _streamed(connection, query.order_by(samples.c.at, samples.c.id))


def good_before(connection: Connection, series: Series, at: datetime) -> datetime | None:
    """When the last sample of a series before a moment was taken that says up."""
    query = select(samples.c.at).where(
        *_of(series), samples.c.outcome == Outcome.UP.value, _UNTAINTED, samples.c.at < at
    )
    found: datetime | None = connection.execute(query.order_by(samples.c.at.desc()).limit(1)).scalar()
    return found


def tallies(
    connection: Connection, region: str, since: datetime, until: datetime
) -> dict[Series, tuple[tuple[int, ...], int]]:
    """How many samples each series of a region has: scheduled ones by :data:`KINDS`, and all bad ones."""
    scheduled = samples.c.attempt == Attempt.SCHEDULED.value
    counts = [_count(scheduled, _UNTAINTED, samples.c.outcome == kind) for kind in KINDS[:-1]]
    counts.append(_count(scheduled, ~_UNTAINTED))
    counts.append(_count(_UNTAINTED, samples.c.outcome == Outcome.DOWN.value))
    query = select(*_SERIES, *counts).where(
        samples.c.region == region, samples.c.at >= since, samples.c.at < until
    )
    found = {}
    for row in connection.execute(query.group_by(*_SERIES)):
        names, (*kinds, bad) = row[: len(_SERIES)], row[len(_SERIES) :]
        found[_named(names)] = tuple(kinds), bad
    return found


def how_many(connection: Connection) -> int:
    """How many samples there are. It counts through all of them."""
    return connection.execute(select(func.count()).select_from(samples)).scalar_one()


def oldest(connection: Connection, region: str) -> datetime | None:
    """When the oldest sample of a region was taken."""
    return _at_edge(connection, region, samples.c.at.asc())


def newest(connection: Connection, region: str) -> datetime | None:
    """When the newest sample of a region was taken."""
    return _at_edge(connection, region, samples.c.at.desc())


def _at_edge(connection: Connection, region: str, order: UnaryExpression[datetime]) -> datetime | None:
    query = select(samples.c.at).where(samples.c.region == region).order_by(order).limit(1)
    found: datetime | None = connection.execute(query).scalar()
    return found


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((and_(*conditions), 1)))


def _of(series: Series) -> tuple[ColumnElement[bool], ...]:
    names = zip(_SERIES[:-1], series[:-1], strict=True)
    return (*(column == name for column, name in names), _variant(series))


def _variant(series: Series) -> ColumnElement[bool]:
    column = samples.c.variant
    return column == series.variant if series.variant else column.is_(None) | (column == "")


def _named(names: Sequence[Any]) -> Series:
    vendor, page, region, probe, variant = names
    return Series(vendor, page, region, probe, variant or "")


def _streamed(connection: Connection, query: Select[Any]) -> Iterator[Sample]:
    rows = connection.execution_options(yield_per=STREAMED).execute(query)
    try:
        for row in rows:
            yield _sample(row)
    finally:
        rows.close()


def _sample(row: Sequence[Any]) -> Sample:
    vendor, page, region, probe, variant, identifier, at, attempt, outcome, fault, tainted, *rest = row
    duration, ttfb, hops, vitals = rest
    return Sample(
        id=identifier,
        at=at,
        vendor=vendor,
        page=page,
        url="",
        region=region,
        probe=probe,
        variant=variant or None,
        attempt=Attempt(attempt),
        outcome=Outcome(outcome),
        fault=Fault(fault) if fault is not None else None,
        tainted=tainted,
        duration=duration,
        ttfb=ttfb,
        hops=[Hop(**hops[-1])] if hops else [],
        vitals=vitals,
    )
