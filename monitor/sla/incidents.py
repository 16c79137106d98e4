"""Incidents: a state machine as a table. Looks go in, transitions come out; storage applies them.

A transition says which state it expects. Storage changes the row only where it finds that one (compare and
set), so that two judges that look at the same slice do no harm: the second one finds that it came too late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class IncidentKind(StrEnum):
    """What is wrong in an incident."""

    OUTAGE = "outage"  # a quorum of the regions sees the page down
    ADVISORY = "advisory"  # one region does
    SILENCE = "silence"  # nobody measures
    LATENCY = "latency"  # a target is missed in a sustained way
    CERTIFICATE = "certificate"  # it expires soon
    HTTP3 = "http3"  # it is advertised, and fails
    TRACKING = "tracking"  # parameters of an advertising channel get lost


class State(StrEnum):
    """Where an incident stands."""

    NONE = "none"
    SUSPECTED = "suspected"
    OPEN = "open"
    WORSENED = "worsened"
    RECOVERING = "recovering"
    CLOSED = "closed"


class Look(StrEnum):
    """What one look at the matter of an incident gave."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"  # it was not measured: neither better nor worse


@dataclass(frozen=True, slots=True)
class Patience:
    """How many looks in a row it takes to open an incident, and to close it."""

    bad: int
    good: int


PATIENCE = MappingProxyType(
    {
        IncidentKind.OUTAGE: Patience(1, 2),
        IncidentKind.ADVISORY: Patience(2, 2),
        IncidentKind.SILENCE: Patience(1, 1),
        IncidentKind.LATENCY: Patience(5, 5),
        IncidentKind.CERTIFICATE: Patience(1, 1),
        IncidentKind.HTTP3: Patience(3, 2),
        IncidentKind.TRACKING: Patience(2, 2),
    }
)
"""A quorum is a confirmation already, one region is none, and what is not down must last."""


class Event(StrEnum):
    """What a look is for an incident that stands where it stands."""

    GOOD = "good"
    BAD = "bad"
    ENOUGH_GOOD = "enough good"
    ENOUGH_BAD = "enough bad"
    MORE_REGIONS = "more regions"


TABLE = MappingProxyType(
    {
        (State.NONE, Event.BAD): State.SUSPECTED,
        (State.NONE, Event.ENOUGH_BAD): State.OPEN,
        (State.SUSPECTED, Event.BAD): State.SUSPECTED,
        (State.SUSPECTED, Event.ENOUGH_BAD): State.OPEN,
        (State.SUSPECTED, Event.GOOD): State.NONE,
        (State.SUSPECTED, Event.ENOUGH_GOOD): State.NONE,
        (State.OPEN, Event.BAD): State.OPEN,
        (State.OPEN, Event.ENOUGH_BAD): State.OPEN,
        (State.OPEN, Event.MORE_REGIONS): State.WORSENED,
        (State.OPEN, Event.GOOD): State.RECOVERING,
        (State.OPEN, Event.ENOUGH_GOOD): State.CLOSED,
        (State.WORSENED, Event.BAD): State.WORSENED,
        (State.WORSENED, Event.ENOUGH_BAD): State.WORSENED,
        (State.WORSENED, Event.MORE_REGIONS): State.WORSENED,
        (State.WORSENED, Event.GOOD): State.RECOVERING,
        (State.WORSENED, Event.ENOUGH_GOOD): State.CLOSED,
        (State.RECOVERING, Event.GOOD): State.RECOVERING,
        (State.RECOVERING, Event.ENOUGH_GOOD): State.CLOSED,
        (State.RECOVERING, Event.BAD): State.OPEN,
        (State.RECOVERING, Event.ENOUGH_BAD): State.OPEN,
        (State.RECOVERING, Event.MORE_REGIONS): State.WORSENED,
    }
)
"""Where each event leads. What is not in it stays as it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One look, with what an incident keeps of it."""

    at: datetime
    look: Look
    reason: str = ""
    """What is wrong: a fault, or a figure in words."""
    regions: tuple[str, ...] = ()
    sample: str | None = None
    """The id of the sample that says so."""
    severity: float = 0.0
    """How bad it is, to choose the worst sample by: seconds that it took, or a figure."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of time in which something is wrong with a page."""

    kind: IncidentKind
    vendor: str
    page: str
    subject: str = ""
    """What of the page: a region, an objective, a certificate's host."""
    state: State = State.NONE
    since: datetime | None = None
    """When the first bad look was."""
    until: datetime | None = None
    """When the first of the good looks was that closed it."""
    seen: datetime | None = None
    """When it was last looked at: earlier looks that come late change nothing."""
    reason: str = ""
    regions: tuple[str, ...] = ()
    worst_sample: str | None = None
    severity: float = 0.0
    opened_by: str | None = None
    closed_by: str | None = None
    streak: int = 0
    """How many looks in a row were alike: bad until it is open, then good."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an incident's row, to be made only where the row still is as expected."""

    expected_state: State
    expected_seen: datetime | None
    new_state: State
    incident: Incident
    """The row as it is to be."""

    @property
    def tells(self) -> bool:
        """Whether a person should hear of it: it opened, got worse or closed."""
        return self.new_state is not self.expected_state and (
            self.new_state in (State.WORSENED, State.CLOSED)
            or (self.new_state is State.OPEN and self.expected_state in (State.NONE, State.SUSPECTED))
        )


def advance(incident: Incident, finding: Finding) -> Transition | None:
    """What one more look makes of an incident; ``None``: nothing.

    A closed incident takes no more looks: begin a new one. Looks are given in the order of their time.
    """
    if incident.state is State.CLOSED or finding.look is Look.UNKNOWN:
        return None
    if incident.seen is not None and finding.at <= incident.seen:
        return _completed(incident, finding)
    event, streak = _event(incident, finding)
    state = TABLE.get((incident.state, event), incident.state)
    if state is incident.state is State.NONE:
        return None
    changed = replace(incident, state=state, streak=streak, seen=finding.at)
    changed = _worse(changed, finding) if finding.look is Look.BAD else _better(changed, finding)
    if state is State.NONE:  # a suspicion that came to nothing leaves nothing behind
        changed = Incident(incident.kind, incident.vendor, incident.page, incident.subject, seen=finding.at)
    return Transition(incident.state, incident.seen, state, changed)


def _completed(incident: Incident, finding: Finding) -> Transition | None:
    """A second look at the slice that opened an incident, which was looked at before it was over.

    The regions that saw it later in that slice were in it from the beginning: it got no worse.
    """
    begins = incident.state is State.OPEN and incident.since is not None and incident.since >= finding.at
    again = finding.look is Look.BAD and finding.at == incident.seen
    if not begins or not again or set(finding.regions) <= set(incident.regions):
        return None
    return Transition(incident.state, incident.seen, incident.state, _worse(incident, finding))


def _event(incident: Incident, finding: Finding) -> tuple[Event, int]:
    """What the look is, and how many in a row were alike with it."""
    patience = PATIENCE[incident.kind]
    bad = finding.look is Look.BAD
    goes_on = incident.state in ((State.NONE, State.SUSPECTED) if bad else (State.RECOVERING,))
    streak = incident.streak + 1 if goes_on else 1
    if not bad:
        return (Event.ENOUGH_GOOD if streak >= patience.good else Event.GOOD), streak
    is_open = incident.state in (State.OPEN, State.WORSENED, State.RECOVERING)
    if is_open and set(finding.regions) - set(incident.regions):
        return Event.MORE_REGIONS, streak
    return (Event.ENOUGH_BAD if streak >= patience.bad else Event.BAD), streak


def _worse(incident: Incident, finding: Finding) -> Incident:
    first = incident.since is None
    worst = incident.worst_sample is None or finding.severity > incident.severity
    return replace(
        incident,
        since=finding.at if first else incident.since,
        until=None,
        reason=finding.reason if first else incident.reason,
        regions=tuple(sorted({*incident.regions, *finding.regions})),
        worst_sample=finding.sample if worst else incident.worst_sample,
        severity=max(incident.severity, finding.severity),
        opened_by=finding.sample if first else incident.opened_by,
        closed_by=None,
    )


def _better(incident: Incident, finding: Finding) -> Incident:
    """The first good look is when it was over; the later ones only make sure."""
    if incident.until is not None:
        return incident
    return replace(incident, until=finding.at, closed_by=finding.sample)


def is_silent(last: datetime | None, now: datetime, every: float, watched_since: datetime) -> bool:
    """Whether a series should long have had a sample: for three intervals, and a minute at least."""
    since = watched_since if last is None else max(last, watched_since)
    return (now - since).total_seconds() > max(60.0, 3 * every)
