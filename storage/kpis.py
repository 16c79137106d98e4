"""KPIs as rows: one figure of the business for each vendor, KPI and day, with the file that it came from.

They can't be measured again, so nothing here deletes them; a later import of the same day takes its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.encoding import clean_text
from storage.tables import kpi_values

BATCH = 500
"""Rows that are written at a time, and held at once while values are read."""


@dataclass(frozen=True, slots=True)
class KpiValue:
    """What a KPI of a vendor was on a day."""

    vendor: str
    kpi: str
    day: date
    value: float
    """In the KPI's unit; a share from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where values came from."""

    imported_at: datetime
    file: str
    """The file's name."""
    sha256: str
    """Of the file's bytes, in hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class StoredKpi:
    """A value that is kept, and where it came from."""

    value: KpiValue
    source: Source


@dataclass(frozen=True, slots=True)
class Written:
    """What became of values that were offered."""

    added: int
    replaced: int
    """Of days that had another value."""
    unchanged: int
    """Of days that had the same value; where that came from stays as it was."""


@dataclass(frozen=True, slots=True)
class KpiSummary:
    """What there is of one KPI of one vendor."""

    vendor: str
    kpi: str
    days: int
    first: date
    last: date
    latest: float
    """The value of the last day."""


_WIDTH = len(fields(KpiValue))
_COLUMNS = [kpi_values.c[each.name] for model in (KpiValue, Source) for each in fields(model)]
_KEY = (kpi_values.c.vendor, kpi_values.c.kpi, kpi_values.c.day)


def write_kpis(connection: Connection, values: Iterable[KpiValue], source: Source) -> Written:
    """Keep values in the caller's transaction: all of them, or none where it fails.

    Each day may stand in ``values`` once.
    """
    added = replaced = unchanged = 0
    for batch in _batches(values):
        held = _held(connection, batch)
        changed = []
        for one in batch:
            before = held.get(_key(one))
            if before == one.value:
                unchanged += 1
                continue
            added += before is None
            replaced += before is not None
            changed.append(one)
        _upsert(connection, changed, source)
    return Written(added, replaced, unchanged)


def read_kpis(
    connection: Connection,
    *,
    vendor: str | None = None,
    kpi: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Iterator[StoredKpi]:
    """The values that match, by vendor, KPI and day, streamed. ``until`` is outside the span."""
    query = select(*_COLUMNS).order_by(*_KEY)
    query = _chosen(query, vendor, kpi)
    if since is not None:
        query = query.where(kpi_values.c.day >= since)
    if until is not None:
        query = query.where(kpi_values.c.day < until)
    with connection.execution_options(yield_per=BATCH).execute(query) as rows:
        for row in rows:
            yield StoredKpi(KpiValue(*row[:_WIDTH]), Source(*row[_WIDTH:]))


def summaries(
    connection: Connection, *, vendor: str | None = None, kpi: str | None = None
) -> list[KpiSummary]:
    """What there is of each KPI of each vendor, by their names."""
    names = _KEY[:2]
    totals = _chosen(
        select(
            *names,
            func.count().label("days"),
            func.min(kpi_values.c.day).label("first"),
            func.max(kpi_values.c.day).label("last"),
        ).group_by(*names),
        vendor,
        kpi,
    ).subquery()
    newest = and_(
        kpi_values.c.vendor == totals.c.vendor,
        kpi_values.c.kpi == totals.c.kpi,
        kpi_values.c.day == totals.c.last,
    )
    query = select(*totals.c, kpi_values.c.value.label("latest")).join(kpi_values, newest)
    rows = connection.execute(query.order_by(totals.c.vendor, totals.c.kpi))
    return [KpiSummary(**row._mapping) for row in rows]


def _chosen(query: Select[Any], vendor: str | None, kpi: str | None) -> Select[Any]:
    for column, wanted in ((kpi_values.c.vendor, vendor), (kpi_values.c.kpi, kpi)):
        if wanted is not None:
            query = query.where(column == clean_text(wanted))
    return query


def _batches(values: Iterable[KpiValue]) -> Iterator[list[KpiValue]]:
    rest = iter(values)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _held(connection: Connection, batch: Sequence[KpiValue]) -> dict[tuple[str, str, date], float]:
    """What is kept of the days of a batch: of each of its vendors and KPIs, so at times a little more."""
    keys = [_key(one) for one in batch]
    wanted = (column.in_({key[place] for key in keys}) for place, column in enumerate(_KEY))
    rows = connection.execute(select(*_KEY, kpi_values.c.value).where(*wanted))
    return {(vendor, kpi, day): value for vendor, kpi, day, value in rows}


def _key(one: KpiValue) -> tuple[str, str, date]:
    return clean_text(one.vendor), clean_text(one.kpi), one.day


def _upsert(connection: Connection, values: Sequence[KpiValue], source: Source) -> None:
    if not values:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(kpi_values)
    new = {each.name: statement.excluded[each.name] for each in (*fields(Source), fields(KpiValue)[-1])}
    rows = [
        {
            "vendor": clean_text(one.vendor),
            "kpi": clean_text(one.kpi),
            "day": one.day,
            "value": one.value,
            "imported_at": source.imported_at,
            "file": clean_text(source.file),
            "sha256": source.sha256,
        }
        for one in values
    ]
    connection.execute(
        statement.on_conflict_do_update(index_elements=[column.name for column in _KEY], set_=new), rows
    )
