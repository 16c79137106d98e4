"""Rollups as rows: written whole, never in the place of one that knows more, and read a window at a time.

Rows go to and from the driver as they are: half a year of a hundred pages in seven regions are 126,000.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from storage.tables import rollups, series

STREAMED = 1000
"""Rows that are held at once while rollups are read."""


class RollupRow(NamedTuple):
    """One row: what a series was in one period. Sets and figures as :mod:`storage.packing` has them."""

    series: int
    """The number of its series."""
    period: int
    """Seconds: an hour or a day."""
    start: int
    """Seconds since 1970."""
    length: int
    """Seconds of a slice."""
    reach: int
    """How many further slices a sample speaks for."""
    measured: bytes
    down: bytes
    visits_up: int
    visits_down: int
    visits_blocked: int
    visits_unknown: int
    visits_tainted: int
    newest: int
    """When the newest sample in it began, in microseconds since 1970."""
    figures: bytes

    @property
    def visits(self) -> tuple[int, ...]:
        """How many visits there were of each kind."""
        return self.visits_up, self.visits_down, self.visits_blocked, self.visits_unknown, self.visits_tainted

    def slices_alone(self) -> RollupRow:
        """The same without visits and figures."""
        return self._replace(
            visits_up=0, visits_down=0, visits_blocked=0, visits_unknown=0, visits_tainted=0, figures=b""
        )


_COLUMNS = ", ".join(RollupRow._fields)
_VISITS = tuple(name for name in RollupRow._fields if name.startswith("visits_"))
_KEY = ("series", "period", "start")


def write_rollups(connection: Connection, rows: Sequence[RollupRow]) -> int:
    """Put rows in the place of those of the same series and period, and say how many were taken.

    A row that holds fewer visits of any kind than the one that is there knows less than that (its samples
    were deleted, or have not arrived yet), and is not taken.
    """
    if not rows:
        return 0
    statement = _upsert("%s" if connection.dialect.name == "postgresql" else "?")
    return connection.exec_driver_sql(statement, [tuple(row) for row in rows]).rowcount


def _upsert(place: str) -> str:
    """The driver's own SQL; nothing but names from the table stands in it."""
    values = [name for name in RollupRow._fields if name not in _KEY]
    changes = ", ".join(f"{name} = excluded.{name}" for name in values)
    knows = " AND ".join(f"excluded.{name} >= rollups.{name}" for name in _VISITS)
    places = ", ".join([place] * len(RollupRow._fields))
    return (
        f"INSERT INTO rollups ({_COLUMNS}) VALUES ({places}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {changes} WHERE {knows}"
    )


_row = partial(tuple.__new__, RollupRow)
"""A row of ours from one of the driver's: its names are made in C, which counts among so many."""


def read_rollups(
    connection: Connection, numbers: Collection[int], period: int, start: int, end: int
) -> Iterator[RollupRow]:
    """The rows of some series that begin between two moments, in no order, streamed."""
    if not numbers:
        return
    if connection.dialect.name == "postgresql":
        yield from _from_postgresql(connection, (period, start, end, list(numbers)))
        return
    statement = (
        f"SELECT {_COLUMNS} FROM rollups WHERE period = ? AND start >= ? AND start < ? "  # noqa: S608
        "AND series IN (SELECT value FROM json_each(?))"
    )
    wanted = orjson.dumps(list(numbers)).decode()
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, (period, start, end, wanted))
        while rows := cursor.fetchmany(STREAMED):
            yield from map(_row, rows)
    finally:
        cursor.close()


def _from_postgresql(connection: Connection, wanted: tuple[object, ...]) -> Iterator[RollupRow]:
    """The same from a cursor of the server's, and in its own format: as text, bytes are twice as long."""
    statement = (
        f"SELECT {_COLUMNS} FROM rollups WHERE period = %s AND start >= %s AND start < %s "  # noqa: S608
        "AND series = ANY(%s)"
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor(name="landwatch_rollups") as cursor:
        cursor.execute(statement, wanted, binary=True)
        while rows := cursor.fetchmany(STREAMED):
            yield from map(_row, rows)


def series_with_rollups(connection: Connection, numbers: Collection[int], start: int, end: int) -> list[int]:
    """Those of some series that have a rollup which begins between two moments."""
    some = select(rollups.c.series).where(rollups.c.start >= start, rollups.c.start < end)
    return [
        number
        for number in numbers
        if connection.execute(some.where(rollups.c.series == number).limit(1)).first() is not None
    ]


def count_rollups(connection: Connection) -> list[tuple[str, int, int, int, int]]:
    """How many rows there are: region, period, number, and the start of the oldest and the newest."""
    counts = (func.count(), func.min(rollups.c.start), func.max(rollups.c.start))
    query = select(series.c.region, rollups.c.period, *counts).join(series, series.c.id == rollups.c.series)
    rows = connection.execute(query.group_by(series.c.region, rollups.c.period))
    return [(region, period, number, first, last) for region, period, number, first, last in rows]
