"""Notifications as rows: for each channel, what it is to be told, and what became of that.

A row is noted once, by whoever is first (its channel and event are its key), and is then in one of a few
states. Whoever wants to send takes the rows that wait, with a lease: where the taker died, another takes them
when the lease is over. So each is sent once, and again only where a sender died after it sent and before it
said so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.encoding import clean_text
from storage.incidents import INCIDENT_COLUMNS, IncidentRow, incident_of
from storage.store import Store
from storage.tables import incident_transitions, incidents, notifications

WAITING = "waiting"
"""It is to be sent."""
SENDING = "sending"
"""Somebody has taken it to send it."""
SENT = "sent"
SILENCED = "silenced"
"""It came in maintenance: nobody is told."""
EARLIER = "earlier"
"""It was before the channel was there: nobody is told."""
PASSED = "passed"
"""It is not for this channel."""
GIVEN_UP = "given up"
"""It could not be sent for so long that it is of no use any more."""
REPORT = "report"
"""The transition of what is no change of an incident, but a report."""
OPEN = ("open", "worsened", "recovering")
"""The states of an incident that a person was told of, and that is not over."""
CHUNK = 400
"""Rows that one statement writes, and names that one is asked with."""
BATCH = 2000
"""Rows deleted at a time, so that no writer waits for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRow:
    """One thing that one channel is told."""

    channel: str
    event: str
    """What it is about; the same for every agent."""
    incident: str | None = None
    transition: str
    at: datetime
    """When it happened."""
    noted: datetime
    """When it was first seen that it is to be told."""
    state: str = WAITING
    due: datetime
    """From when on it may be taken; where it is being sent, when the lease of who does that is over."""
    holder: str | None = None
    message: str | None = None
    """The message that it was last put in."""
    attempts: int = 0
    ended: datetime | None = None
    """When it was sent, silenced or given up."""
    error: str | None = None
    """Why the last attempt failed, without any part of an address."""
    words: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change of an incident that a channel has no row of, with the incident as it is now."""

    event: str
    from_state: str
    to_state: str
    at: datetime
    incident: IncidentRow


_Item = TypeVar("_Item")

_COLUMNS = [notifications.c[each.name] for each in fields(NotificationRow)]
_CHANGES = incident_transitions.c
_EVENT: ColumnElement[str] = (
    cast(_CHANGES.incident, Text)
    + literal(":")
    + cast(_CHANGES.version, Text)
    + literal(":")
    + cast(_CHANGES.place, Text)
)
_LIVE = notifications.c.state.in_((WAITING, SENDING))


def unnoted(connection: Connection, channel: str, since: datetime) -> list[ChangeRow]:
    """The changes since a moment that this channel has no row of, in the order in which they came."""
    noted = exists().where(notifications.c.channel == clean_text(channel), notifications.c.event == _EVENT)
    told = _CHANGES.to_state.in_(("open", "worsened", "closed"))
    query = (
        select(_EVENT, _CHANGES.from_state, _CHANGES.to_state, _CHANGES.at, *INCIDENT_COLUMNS)
        .join(incidents, incidents.c.id == _CHANGES.incident)
        .where(_CHANGES.at >= since, told, ~noted)
        .order_by(_CHANGES.at, incidents.c.id, _CHANGES.version, _CHANGES.place)
    )
    found = []
    for event, before, after, at, *incident in connection.execute(query):
        found.append(ChangeRow(event, before, after, at, incident_of(incident)))
    return found


def silenced_and_open(connection: Connection, channel: str) -> list[IncidentRow]:
    """The open incidents of which this channel was told nothing but that it was silenced."""
    mine = notifications.c.channel == clean_text(channel)
    of_it = notifications.c.incident == cast(incidents.c.id, Text)
    silenced = exists().where(mine, of_it, notifications.c.state == SILENCED)
    told = exists().where(mine, of_it, notifications.c.state.not_in((SILENCED, PASSED)))
    query = select(*INCIDENT_COLUMNS).where(incidents.c.state.in_(OPEN), silenced, ~told)
    return [incident_of(row) for row in connection.execute(query)]


def states_of(connection: Connection, channel: str, names: Collection[str]) -> dict[str, set[str]]:
    """What became of all that this channel was to be told of these incidents, by incident."""
    found: dict[str, set[str]] = {}
    for part in _parts(sorted(names)):
        query = select(notifications.c.incident, notifications.c.state).where(
            notifications.c.channel == clean_text(channel), notifications.c.incident.in_(part)
        )
        for incident, state in connection.execute(query):
            found.setdefault(incident, set()).add(state)
    return found


def incidents_of(connection: Connection, names: Collection[str]) -> dict[str, IncidentRow]:
    """Incidents by their ids."""
    found = {}
    for part in _parts(sorted(names)):
        for row in connection.execute(select(*INCIDENT_COLUMNS).where(incidents.c.id.in_(part))):
            one = incident_of(row)
            found[one.id] = one
    return found


def note(connection: Connection, rows: Iterable[NotificationRow]) -> list[NotificationRow]:
    """Keep rows, and return those that nobody had noted before."""
    made = []
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    clean = [_cleaned(one) for one in rows]
    for part in _parts(clean):
        statement = insert_into(notifications).values([asdict(one) for one in part])
        taken = statement.on_conflict_do_nothing(index_elements=["channel", "event"])
        key = (notifications.c.channel, notifications.c.event)
        names = {(channel, event) for channel, event in connection.execute(taken.returning(*key))}
        made += [one for one in part if (one.channel, one.event) in names]
    return made


def pending(connection: Connection, channel: str) -> list[NotificationRow]:
    """What this channel is to be told and has not been, the oldest first."""
    query = select(*_COLUMNS).where(notifications.c.channel == clean_text(channel), _LIVE)
    return _rows(connection, query.order_by(notifications.c.at, notifications.c.event))


def sent_since(connection: Connection, channel: str, since: datetime) -> list[datetime]:
    """When this channel was sent messages since a moment, reports left out, in order."""
    columns = notifications.c
    mine = and_(columns.channel == clean_text(channel), columns.state == SENT, columns.transition != REPORT)
    last = func.max(columns.ended)
    query = select(last).where(mine, columns.ended >= since)
    return sorted(at for at in connection.execute(query.group_by(columns.message)).scalars() if at)


def claim(
    connection: Connection,
    channel: str,
    *,
    holder: str,
    message: str,
    now: datetime,
    lease: datetime,
    reports: bool = False,
) -> list[NotificationRow]:
    """Take all that waits for this channel, and what another one took and did not send within its lease."""
    columns = notifications.c
    kind = columns.transition == REPORT if reports else columns.transition != REPORT
    free = or_(columns.state == WAITING, and_(columns.state == SENDING, columns.due <= now))
    taken = (
        update(notifications)
        .where(columns.channel == clean_text(channel), kind, free)
        .values(state=SENDING, holder=holder, message=message, due=lease, attempts=columns.attempts + 1)
        .returning(*_COLUMNS)
    )
    return sorted(_rows(connection, taken), key=lambda one: (one.at, one.event))


def settle(
    connection: Connection,
    *,
    holder: str,
    message: str,
    state: str,
    now: datetime,
    due: datetime | None = None,
    error: str | None = None,
) -> int:
    """Say what became of a message; of how many rows that is true still."""
    columns = notifications.c
    mine = and_(columns.message == message, columns.holder == holder, columns.state == SENDING)
    ended = None if state == WAITING else now
    values = {"state": state, "ended": ended, "holder": None, "due": due or now}
    done = update(notifications).where(mine).values(**values, error=_text(error))
    return connection.execute(done).rowcount


def give_up(connection: Connection, channel: str, before: datetime, now: datetime) -> list[NotificationRow]:
    """End what has waited since before a moment, or was being sent by one whose lease is over."""
    columns = notifications.c
    free = or_(columns.state == WAITING, and_(columns.state == SENDING, columns.due <= now))
    old = and_(columns.channel == clean_text(channel), free, columns.noted < before)
    why = case((columns.error.is_(None), "it was not sent in time"), else_=columns.error)
    ended = update(notifications).where(old).values(state=GIVEN_UP, ended=now, holder=None, error=why)
    return _rows(connection, ended.returning(*_COLUMNS))


def notifications_between(
    connection: Connection, since: datetime, until: datetime, channel: str | None = None
) -> list[NotificationRow]:
    """What was to be told between two moments, in the order in which it was noted."""
    columns = notifications.c
    query = select(*_COLUMNS).where(columns.noted >= since, columns.noted < until)
    if channel is not None:
        query = query.where(columns.channel == clean_text(channel))
    return _rows(connection, query.order_by(columns.noted, columns.channel, columns.at, columns.event))


def purge_notifications(store: Store, before: datetime) -> int:
    """Delete what was noted before a moment; how many rows that were. It blocks."""
    columns = notifications.c
    key = (columns.channel, columns.event)
    old = tuple_(*key).in_(select(*key).where(columns.noted < before).limit(BATCH))
    deleted = 0
    while True:
        with store.writing() as connection:
            number = connection.execute(delete(notifications).where(old)).rowcount
        deleted += number
        if number < BATCH:
            return deleted


def _cleaned(row: NotificationRow) -> NotificationRow:
    """The row with texts that every database takes."""
    return replace(
        row,
        channel=clean_text(row.channel),
        event=clean_text(row.event),
        error=_text(row.error),
        words=clean_text(row.words),
    )


def _text(text: str | None) -> str | None:
    return None if text is None else clean_text(text)


def _parts(items: Sequence[_Item]) -> list[Sequence[_Item]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]


def _rows(connection: Connection, query: Any) -> list[NotificationRow]:
    return [NotificationRow(**row._mapping) for row in connection.execute(query)]
