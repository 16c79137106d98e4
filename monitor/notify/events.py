"""What people are told of: incidents that opened, got worse or closed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from monitor.sla.incidents import IncidentKind, State
from storage.incidents import IncidentRow


class Change(StrEnum):
    """What became of an incident."""

    OPENED = "opened"
    WORSENED = "worsened"
    CLOSED = "closed"


class Severity(StrEnum):
    """Whom an incident is for, the gravest first; the words of the rules for Prometheus."""

    PAGE = "page"  # somebody is to look now
    TICKET = "ticket"  # somebody is to look in working hours


SEVERITIES = MappingProxyType(
    {
        IncidentKind.OUTAGE: Severity.PAGE,
        IncidentKind.ADVISORY: Severity.TICKET,
        IncidentKind.SILENCE: Severity.TICKET,
        IncidentKind.LATENCY: Severity.TICKET,
        IncidentKind.CERTIFICATE: Severity.TICKET,
        IncidentKind.HTTP3: Severity.TICKET,
        IncidentKind.TRACKING: Severity.TICKET,
    }
)
"""A page that is down cannot wait; what one region sees, or what is only slow, can."""

_KNOWN = (State.OPEN, State.WORSENED, State.RECOVERING)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of an incident, with the incident as it is now."""

    name: str
    """The same for every agent."""
    change: Change
    at: datetime
    incident: IncidentRow
    after_maintenance: bool = False
    """Whether it opened in maintenance, and is told because it outlasted that."""

    @property
    def kind(self) -> IncidentKind:
        """What is wrong."""
        return IncidentKind(self.incident.kind)

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return SEVERITIES[self.kind]


def change_of(before: str, after: str) -> Change | None:
    """What a person hears of a step from one state to another; ``None``: nothing.

    A relapse of an incident that was recovering is no news: nobody was told that it was over.
    """
    known = before in _KNOWN
    if after == State.CLOSED:
        return Change.CLOSED if known else None
    if after == State.WORSENED and before != State.WORSENED:
        return Change.WORSENED
    return Change.OPENED if after == State.OPEN and not known else None
