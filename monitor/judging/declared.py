"""Maintenance as it was declared, held against when this program first read of it.

Whoever adds an entry for a time that has passed can write any date as that of its declaration. So a daemon
notes in the store when it first read each entry, and what it read of too late counts as any other time.
Entries that were there when this began are taken at their word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from monitor.sla.windows import Maintenance
from storage.marks import first_marked, marks_named

BEGAN = "maintenance"
"""The mark of when entries were first noted."""
PREFIX = "maintenance: "


def is_noted(connection: Connection, entries: Sequence[Maintenance]) -> bool:
    """Whether all entries were noted, and whether that has begun at all."""
    return marks_named(connection, BEGAN).keys() >= {BEGAN, *map(_name, entries)}


def note_maintenance(connection: Connection, entries: Sequence[Maintenance], now: datetime) -> None:
    """Note the entries that were not read before, in the transaction of ``connection``."""
    known = marks_named(connection, BEGAN)
    for one in entries:
        name = _name(one)
        if name not in known:
            first_marked(connection, name, now if BEGAN in known else min(one.declared, now))
    if BEGAN not in known:
        first_marked(connection, BEGAN, now)


def as_known(connection: Connection, entries: Sequence[Maintenance], now: datetime) -> list[Maintenance]:
    """The entries, each declared at the earliest when it was first read; one that no daemon read, now."""
    known = marks_named(connection, BEGAN) if entries else {}
    if BEGAN not in known:
        return list(entries)
    return [replace(one, declared=max(one.declared, known.get(_name(one), now))) for one in entries]


def _name(one: Maintenance) -> str:
    """The mark of an entry: what it is about, without what it says of its declaration."""
    parts = (one.start.timestamp(), one.end.timestamp(), sorted(one.vendors), sorted(one.pages))
    return PREFIX + sha256(repr(parts).encode()).hexdigest()[:32]
