"""Marks: moments that a store remembers by name."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import marks, samples

WHOLE = "whole"
"""From when on every sample is still there: none that began at it or later was deleted."""


def mark(connection: Connection, name: str) -> datetime | None:
    """The moment of that name."""
    at: datetime | None = connection.execute(select(marks.c.at).where(marks.c.name == name)).scalar()
    return at


def marks_named(connection: Connection, prefix: str) -> dict[str, datetime]:
    """The moments whose names begin so."""
    query = select(marks.c.name, marks.c.at).where(marks.c.name.startswith(prefix, autoescape=True))
    return {row.name: row.at for row in connection.execute(query)}


def first_marked(connection: Connection, name: str, at: datetime) -> datetime:
    """The moment of that name; ``at``, and from now on, where there was none."""
    _upsert(connection, name, at, later=False)
    return mark(connection, name) or at


def raise_mark(connection: Connection, name: str, at: datetime) -> None:
    """Set a moment, unless a later one is set."""
    _upsert(connection, name, at, later=True)


def lower_mark(connection: Connection, name: str, at: datetime) -> None:
    """Set a moment back, where a later one is set."""
    connection.execute(update(marks).where(marks.c.name == name, marks.c.at > at).values(at=at))


def note_deletion(connection: Connection, outcome: str, edge: datetime) -> None:
    """Note that samples of an outcome which are older than ``edge`` are about to be deleted."""
    newest = select(func.max(samples.c.at)).where(samples.c.outcome == outcome, samples.c.at < edge)
    at: datetime | None = connection.execute(newest).scalar()
    if at is not None:
        raise_mark(connection, WHOLE, at + timedelta(microseconds=1))


def _upsert(connection: Connection, name: str, at: datetime, *, later: bool) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(marks).values(name=name, at=at)
    if not later:
        connection.execute(statement.on_conflict_do_nothing())
        return
    new = statement.excluded.at
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"at": new}, where=new > marks.c.at)
    )
