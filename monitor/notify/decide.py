"""What is noted for a channel: of each change whether it is told, silenced, or too old to be told. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.notify.events import Change, Event, change_of
from monitor.notify.plan import ChannelPlan
from monitor.notify.words import line, when
from storage.incidents import IncidentRow
from storage.notifications import (
    EARLIER,
    GIVEN_UP,
    PASSED,
    SILENCED,
    WAITING,
    ChangeRow,
    NotificationRow,
)

TOO_OLD = timedelta(hours=6)
"""How long after it happened nobody is told any more."""

AFTER = ":after"
"""How the event of an incident ends that is told because it outlasted maintenance."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under which a change is noted."""

    now: datetime
    watched: bool = True
    """Whether this agent has looked of late: what it finds then is new, whenever it happened."""
    first: bool = False
    """Whether the channel is a new one: what was there before it is none of its business."""


def events_of(changes: Iterable[ChangeRow]) -> Iterator[Event]:
    """The changes that a person hears of."""
    for one in changes:
        change = change_of(one.from_state, one.to_state)
        if change is not None:
            yield Event(one.event, change, one.at, one.incident)


def decided(
    plan: ChannelPlan,
    events: Iterable[Event],
    known: Mapping[str, Collection[str]],
    around: Circumstances,
) -> list[NotificationRow]:
    """The rows of what a channel is told or could have been told, in the order of the events.

    ``known`` are the states of the rows that there are of the incidents.
    """
    states = {incident: set(each) for incident, each in known.items()}
    rows = []
    for event in events:
        if not plan.takes(event) and not plan.knows(event.incident):
            continue  # another agent may know the labels of this page
        before = states.setdefault(event.incident.id, set())
        row = _row(plan, event, before, around)
        before.add(row.state)
        rows.append(row)
    return rows


def outlasted(plan: ChannelPlan, incidents: Iterable[IncidentRow], now: datetime) -> list[NotificationRow]:
    """The rows of incidents that were silenced, and are open still now that the maintenance is over."""
    rows = []
    for one in incidents:
        event = Event(f"{one.id}{AFTER}", Change.OPENED, one.since or now, one, after_maintenance=True)
        if plan.takes(event) and plan.silence(one, now) is None:
            rows.append(_made(plan, event, WAITING, now))
    return rows


def _row(plan: ChannelPlan, event: Event, before: set[str], around: Circumstances) -> NotificationRow:
    now = around.now
    if around.first:
        return _made(plan, event, EARLIER, now, "it was before the channel was there")
    if not plan.takes(event):
        return _made(plan, event, PASSED, now)
    if event.change is Change.CLOSED:
        if before - {PASSED} == {SILENCED}:
            return _made(plan, event, SILENCED, now, "nobody was told that it opened")
        if before == {PASSED} and _all_in_maintenance(plan, event):
            return _made(plan, event, SILENCED, now, "it was over before the maintenance was")
    else:
        maintenance = plan.silence(event.incident, event.at)
        if maintenance is not None:
            return _made(plan, event, SILENCED, now, f"maintenance until {when(maintenance.end)}")
    if not around.watched and event.at < now - TOO_OLD:
        return _made(plan, event, GIVEN_UP, now, "it was found too late")
    return _made(plan, event, WAITING, now)


def _all_in_maintenance(plan: ChannelPlan, event: Event) -> bool:
    """Whether an incident that has ended began in the same maintenance."""
    maintenance = plan.silence(event.incident, event.at)
    since = event.incident.since
    return maintenance is not None and since is not None and maintenance.start <= since


def _made(
    plan: ChannelPlan, event: Event, state: str, now: datetime, why: str | None = None
) -> NotificationRow:
    return NotificationRow(
        channel=plan.name,
        event=event.name,
        incident=event.incident.id,
        transition=event.change,
        at=event.at,
        noted=now,
        state=state,
        due=now,
        ended=None if state == WAITING else now,
        error=why,
        words=line(event),
    )
