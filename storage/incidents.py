"""Incidents as rows, and each change of one as a row beside it.

A change is made only where the row still has the version that it was decided on (compare and set), and a new
incident is numbered after the last one of its kind and subject: two judges that decide the same thing ask for
the same number or version, and one of them gets it. So of each kind and subject one incident at most is open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from probes.ids import uuid7
from storage.encoding import clean_text
from storage.store import Store
from storage.tables import incident_transitions, incidents

LIVE = ("suspected", "open", "worsened", "recovering")
"""The states of an incident that is not over."""
NONE = "none"
"""The state of a row whose suspicion came to nothing: it only keeps what was looked at."""
CLOSED = "closed"
CHUNK = 400
"""Names that one query is asked with."""
BATCH = 2000
"""Rows deleted at a time, so that no writer waits for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident. Its words are the judge's."""

    id: str = ""
    """Given when it is first kept."""
    kind: str
    vendor: str
    page: str
    subject: str
    """What of the page: a region or an objective; empty where it is all of it."""
    number: int = 0
    """How many there were of this kind and subject, with this one; 0: it is not kept yet."""
    version: int = 0
    """How often it was changed."""
    state: str
    since: datetime | None
    until: datetime | None
    seen: datetime | None
    """When it was last looked at."""
    reason: str
    regions: tuple[str, ...]
    worst_sample: str | None
    severity: float
    opened_by: str | None
    """The id of the sample that opened it."""
    closed_by: str | None
    streak: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is about."""
        return self.kind, self.vendor, self.page, self.subject


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """One change of an incident's state."""

    from_state: str
    to_state: str
    at: datetime
    """Of the look that led to it."""
    by: str
    """The region of the judge that made it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an incident is to become, from what it was when that was decided."""

    before: IncidentRow
    """As it was read; one that is not kept yet has the number of the one before it."""
    after: IncidentRow
    transitions: tuple[TransitionRow, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether it begins an incident."""
        return self.before.version == 0


INCIDENT_COLUMNS = [incidents.c[each.name] for each in fields(IncidentRow)]
"""The columns of an incident, in the order in which :func:`incident_of` takes them."""
_NAMES = [each.name for each in fields(IncidentRow)]
_KEY = (incidents.c.kind, incidents.c.vendor, incidents.c.page, incidents.c.subject)


def incident_of(values: Iterable[Any]) -> IncidentRow:
    """The incident of a row that has :data:`INCIDENT_COLUMNS`."""
    found = dict(zip(_NAMES, values, strict=True))
    return IncidentRow(**found | {"regions": tuple(found["regions"])})


def live_incidents(connection: Connection) -> list[IncidentRow]:
    """The incidents that are not over, suspicions too."""
    query = select(*INCIDENT_COLUMNS).where(incidents.c.state.in_(LIVE))
    return _rows(connection, query.order_by(incidents.c.since, incidents.c.id))


def last_incidents(connection: Connection, pages: Collection[str]) -> list[IncidentRow]:
    """The last incident of each kind and subject of these pages, whatever became of it."""
    found: list[IncidentRow] = []
    names = sorted(set(map(clean_text, pages)))
    for start in range(0, len(names), CHUNK):
        wanted = incidents.c.page.in_(names[start : start + CHUNK])
        last = select(*_KEY, func.max(incidents.c.number).label("last")).where(wanted).group_by(*_KEY)
        newest = last.subquery()
        same = and_(*(column == newest.c[column.name] for column in _KEY))
        query = select(*INCIDENT_COLUMNS).join(newest, and_(same, incidents.c.number == newest.c.last))
        found += _rows(connection, query)
    return found


def incidents_between(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    vendor: str | None = None,
    page: str | None = None,
) -> list[IncidentRow]:
    """The incidents that lasted at any moment between two, the oldest first."""
    overlaps = or_(incidents.c.until.is_(None), incidents.c.until >= since)
    query = select(*INCIDENT_COLUMNS).where(incidents.c.state != NONE, incidents.c.since < until, overlaps)
    for column, wanted in ((incidents.c.vendor, vendor), (incidents.c.page, page)):
        if wanted is not None:
            query = query.where(column == wanted)
    return _rows(connection, query.order_by(incidents.c.since, incidents.c.id))


def transitions_of(connection: Connection, identifier: str) -> list[TransitionRow]:
    """How an incident became what it is, in order."""
    columns = incident_transitions.c
    query = select(*(columns[each.name] for each in fields(TransitionRow)))
    query = query.where(columns.incident == identifier).order_by(columns.version, columns.place)
    return [TransitionRow(*row) for row in connection.execute(query)]


def apply_changes(connection: Connection, changes: Iterable[Change], now: datetime) -> list[IncidentRow]:
    """Make changes, each where nobody made another one meanwhile, and return the incidents as they became.

    What another judge was faster with is left out. Changes are made in one order, so that two judges do not
    wait for each other for ever.
    """
    made = []
    for change in sorted(changes, key=lambda one: one.before.key):
        row = _begin(connection, change, now) if change.is_new else _continue(connection, change)
        if row is not None:
            _record(connection, row, change.transitions)
            made.append(row)
    return made


def purge_incidents(store: Store, before: datetime) -> int:
    """Delete incidents that were over before a moment; how many that were. It blocks."""
    deleted = 0
    while True:
        with store.writing() as connection:
            number = _purge_batch(connection, before)
        deleted += number
        if number < BATCH:
            return deleted


def _purge_batch(connection: Connection, before: datetime) -> int:
    old = or_(
        and_(incidents.c.state == CLOSED, incidents.c.until < before),
        and_(incidents.c.state == NONE, incidents.c.seen < before),
    )
    gone = connection.execute(
        delete(incidents)
        .where(incidents.c.id.in_(select(incidents.c.id).where(old).limit(BATCH)))
        .returning(incidents.c.id)
    )
    names = [name for (name,) in gone]
    for start in range(0, len(names), CHUNK):
        chosen = incident_transitions.c.incident.in_(names[start : start + CHUNK])
        connection.execute(delete(incident_transitions).where(chosen))
    return len(names)


def _begin(connection: Connection, change: Change, now: datetime) -> IncidentRow | None:
    """Keep a new incident, unless its number is taken."""
    identifier = uuid7(now.timestamp())
    row = replace(_cleaned(change.after), id=identifier, number=change.before.number + 1, version=1)
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert_into(incidents).values(**_values(row))
    names = [*(column.name for column in _KEY), "number"]
    statement = statement.on_conflict_do_nothing(index_elements=names)
    made = connection.execute(statement.returning(incidents.c.id)).first()
    return row if made is not None else None


def _continue(connection: Connection, change: Change) -> IncidentRow | None:
    """Change an incident that is kept, unless somebody else did."""
    before = change.before
    row = replace(_cleaned(change.after), id=before.id, number=before.number, version=before.version + 1)
    as_it_was = (incidents.c.id == before.id, incidents.c.version == before.version)
    statement = update(incidents).where(*as_it_was, incidents.c.state == before.state).values(**_values(row))
    return row if connection.execute(statement).rowcount == 1 else None


def _record(connection: Connection, row: IncidentRow, transitions: Sequence[TransitionRow]) -> None:
    columns = incident_transitions.c
    if row.state == NONE:  # a suspicion that came to nothing leaves nothing behind
        connection.execute(delete(incident_transitions).where(columns.incident == row.id))
        return
    values = [
        {"incident": row.id, "version": row.version, "place": place, **asdict(one)}
        for place, one in enumerate(transitions)
    ]
    if values:
        connection.execute(insert(incident_transitions), values)


def _cleaned(row: IncidentRow) -> IncidentRow:
    """The row with texts that every database takes."""
    return replace(
        row,
        vendor=clean_text(row.vendor),
        page=clean_text(row.page),
        subject=clean_text(row.subject),
        reason=clean_text(row.reason),
        regions=tuple(map(clean_text, row.regions)),
    )


def _values(row: IncidentRow) -> dict[str, Any]:
    return asdict(row) | {"regions": list(row.regions)}


def _rows(connection: Connection, query: Select[Any]) -> list[IncidentRow]:
    return [incident_of(row) for row in connection.execute(query)]
