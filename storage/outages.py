"""Outages as rows: what each series saw, replaced a stretch at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from storage.tables import outages


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRow:
    """One outage of a series, by its number."""

    series: int
    first_bad: datetime
    last_bad: datetime
    last_good: datetime | None
    first_good: datetime | None
    all_good: datetime | None
    blind: float
    """Seconds in which nobody looked."""
    samples: int
    faults: dict[str, int]
    opened_by: str
    closed_by: str | None
    worst: str
    longest: float
    """Seconds that the worst sample took."""


_COLUMNS = [outages.c[each.name] for each in fields(OutageRow)]


def replace_outages(
    connection: Connection,
    number: int,
    after: datetime,
    until: datetime | None,
    rows: Sequence[OutageRow],
) -> None:
    """Put ``rows`` in the place of all outages of a series that began after one moment and before another."""
    gone = delete(outages).where(outages.c.series == number, outages.c.first_bad > after)
    if until is not None:
        gone = gone.where(outages.c.first_bad < until)
    connection.execute(gone)
    if rows:
        connection.execute(insert(outages), [asdict(row) for row in rows])


def read_outages(
    connection: Connection, numbers: Collection[int], start: datetime, end: datetime
) -> list[OutageRow]:
    """The outages of some series that overlap a window, in order of time; those without an end do."""
    query = select(*_COLUMNS).where(outages.c.first_bad < end, outages.c.last_bad >= start)
    rows = connection.execute(query.order_by(outages.c.first_bad))
    wanted = set(numbers)
    return [OutageRow(**row._mapping) for row in rows if row.series in wanted]


def open_outages(connection: Connection, numbers: Collection[int]) -> list[OutageRow]:
    """The outages of some series that were not seen to end."""
    rows = connection.execute(select(*_COLUMNS).where(outages.c.first_good.is_(None)))
    wanted = set(numbers)
    return [OutageRow(**row._mapping) for row in rows if row.series in wanted]


def outage_at(connection: Connection, number: int, at: datetime) -> OutageRow | None:
    """The last outage of a series that began before a moment."""
    query = select(*_COLUMNS).where(outages.c.series == number, outages.c.first_bad < at)
    row = connection.execute(query.order_by(outages.c.first_bad.desc()).limit(1)).first()
    return OutageRow(**row._mapping) if row is not None else None
