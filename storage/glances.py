"""Glances: the last moments of all series, with only what says whether pages are up, as the driver has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from storage.series import Series
from storage.tables import rollups, series, to_microseconds

HOUR = 3600
DAY = 86_400
STREAMED = 2000
"""Rows that are held at once while they are read."""


class Glance(NamedTuple):
    """One sample."""

    vendor: str
    page: str
    region: str
    probe: str
    variant: str
    id: str
    at: int
    """When it began, in microseconds since 1970."""
    attempt: str
    outcome: str
    fault: str | None
    duration: float | None
    tainted: bool

    @property
    def series(self) -> Series:
        """What it belongs to."""
        return Series(*self[:5])


def glances(
    connection: Connection, since: datetime, until: datetime, pages: Collection[str] | None = None
) -> Iterator[Glance]:
    """The samples from one moment until another, of all pages or of those with these names, in no order."""
    if connection.dialect.name == "postgresql":
        bounds: tuple[object, ...] = since, until
        statement = _STATEMENT.format(
            at="(extract(epoch FROM at) * 1000000)::bigint",
            tainted="tainted <> '[]'::jsonb",
            identifier="id::text",
            place="%s",
        )
    else:
        bounds = to_microseconds(since), to_microseconds(until)
        statement = _STATEMENT.format(at="at", tainted="tainted <> '[]'", identifier="id", place="?")
    chosen, which = ("", ()) if pages is None else _among(connection, "page", pages)
    rows = connection.exec_driver_sql(statement + chosen, bounds + which)
    while batch := rows.fetchmany(STREAMED):
        yield from map(Glance._make, batch)


def _among(
    connection: Connection, column: str, values: Collection[str] | Collection[int]
) -> tuple[str, tuple[object, ...]]:
    """A condition that a column has one of these values, and its parameter."""
    if connection.dialect.name == "postgresql":
        return f" AND {column} = ANY(%s)", (list(values),)
    chosen = orjson.dumps(list(values)).decode()
    return f" AND {column} IN (SELECT value FROM json_each(?))", (chosen,)  # noqa: S608  # a name from below


class SliceRow(NamedTuple):
    """The slices of an hour's rollup."""

    series: int
    """The number of its series."""
    start: int
    """Seconds since 1970."""
    length: int
    """Seconds of a slice."""
    reach: int
    """How many further slices a sample speaks for."""
    measured: bytes
    """A set, as :mod:`storage.packing` has it."""
    down: bytes
    newest: int
    """When the newest sample in it began, in microseconds since 1970."""


def read_slices(
    connection: Connection, since: int, numbers: Collection[int] | None = None
) -> Iterator[SliceRow]:
    """The slices of all hours that begin at a moment or later, of all series or of some, in no order."""
    place = "%s" if connection.dialect.name == "postgresql" else "?"
    chosen, which = ("", ()) if numbers is None else _among(connection, "series", numbers)
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(SliceRow._fields)} FROM rollups "  # noqa: S608  # names from above
        f"WHERE period = {HOUR} AND start >= {place}{chosen}",
        (since, *which),
    )
    while batch := rows.fetchmany(STREAMED):
        yield from map(SliceRow._make, batch)


def newest_of_series(connection: Connection, since: int) -> list[tuple[Series, int]]:
    """The series that have a rollup of a period that begins at a moment or later.

    Beside each is when its newest sample began, in microseconds since 1970.
    """
    newest = func.max(rollups.c.newest)
    query = (
        select(*(series.c[name] for name in Series._fields), newest)
        .join(rollups, rollups.c.series == series.c.id)
        .where(rollups.c.period.in_((HOUR, DAY)), rollups.c.start >= since)
        .group_by(series.c.id, *(series.c[name] for name in Series._fields))
    )
    return [(Series(*names), at) for *names, at in connection.execute(query)]


_STATEMENT = (
    "SELECT vendor, page, region, probe, coalesce(variant, ''), {identifier}, {at}, attempt, outcome, fault, "
    "duration, {tainted} FROM samples WHERE at >= {place} AND at < {place}"
)
