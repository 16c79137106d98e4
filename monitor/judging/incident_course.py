"""The course of an incident: what the looks of the last minutes make of the row that the store has of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.sla.incidents import Finding, Incident, IncidentKind, State, advance
from storage.incidents import Change, IncidentRow, TransitionRow

REFRESH = timedelta(minutes=5)
"""How seldom a row is written that says nothing new: only so that it is seen to be looked at."""
LAPSE = timedelta(days=3)
"""How long after the last look an incident is over, because nobody watches the page or region any more."""


class Matter(NamedTuple):
    """What an incident is about."""

    kind: IncidentKind
    vendor: str
    page: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """When something began or ended by the samples, which know it better than slices do."""

    at: datetime
    sample: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, and what it takes to sharpen the edge that it makes; asked only where it does make one."""

    finding: Finding
    edge: Callable[[], Edge | None]


def follow(head: IncidentRow | None, matter: Matter, looks: Iterable[Seen], by: str) -> Change | None:
    """What ``looks``, in the order of their time, make of the last incident of a matter.

    At most one incident ends or begins in it: one that begins after another ended waits for the next time,
    when the end is in the store for all to see.
    """
    before, incident = _resume(head, matter)
    first, steps = incident, []
    for each in looks:
        transition = advance(incident, each.finding)
        if transition is None:
            continue
        changed = _sharpened(incident, transition.incident, each.edge)
        if transition.new_state is not incident.state:
            steps.append(TransitionRow(incident.state, transition.new_state, each.finding.at, by))
        incident = changed
        if incident.state is State.CLOSED:
            break
    if before.version == 0 and incident.state is State.NONE:
        return None
    if not steps and not _is_news(first, incident):
        return None
    return Change(before, _row(incident), tuple(steps))


def lapsed(row: IncidentRow, now: datetime, by: str) -> Change | None:
    """The end of an incident that nobody has looked at for long: when it was last seen."""
    if row.seen is None or now - row.seen < LAPSE:
        return None
    after = replace(row, state=State.CLOSED, until=row.until or row.seen)
    return Change(row, after, (TransitionRow(row.state, State.CLOSED, row.seen, by),))


def _resume(head: IncidentRow | None, matter: Matter) -> tuple[IncidentRow, Incident]:
    """The row that a change goes from, and the incident as it stands: a new one where the last is over."""
    blank = Incident(*matter)
    if head is None:
        return _row(blank), blank
    if head.state == State.CLOSED:
        fresh = replace(blank, seen=head.seen)
        return replace(_row(fresh), number=head.number), fresh
    incident = replace(
        blank,
        state=State(head.state),
        since=head.since,
        until=head.until,
        seen=head.seen,
        reason=head.reason,
        regions=head.regions,
        worst_sample=head.worst_sample,
        severity=head.severity,
        opened_by=head.opened_by,
        closed_by=head.closed_by,
        streak=head.streak,
    )
    return head, incident


def _sharpened(old: Incident, new: Incident, edge: Callable[[], Edge | None]) -> Incident:
    begins = old.since is None and new.since is not None
    ends = old.until is None and new.until is not None
    found = edge() if begins or ends else None
    if found is None:
        return new
    if begins:
        return replace(new, since=found.at, opened_by=found.sample or new.opened_by)
    return replace(new, until=found.at, closed_by=found.sample or new.closed_by)


def _is_news(first: Incident, last: Incident) -> bool:
    if replace(last, seen=first.seen) != first:
        return True
    return last.seen is not None and (first.seen is None or last.seen - first.seen >= REFRESH)


def _row(incident: Incident) -> IncidentRow:
    return IncidentRow(
        kind=incident.kind,
        vendor=incident.vendor,
        page=incident.page,
        subject=incident.subject,
        state=incident.state,
        since=incident.since,
        until=incident.until,
        seen=incident.seen,
        reason=incident.reason,
        regions=incident.regions,
        worst_sample=incident.worst_sample,
        severity=incident.severity,
        opened_by=incident.opened_by,
        closed_by=incident.closed_by,
        streak=incident.streak,
    )
