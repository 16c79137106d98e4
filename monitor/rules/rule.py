"""Rules as nouns: what is recorded, what alerts, and how rules are grouped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """Whom an alert is for."""

    PAGE = "page"  # somebody is to look now
    TICKET = "ticket"  # somebody is to look in working hours
    INFO = "info"  # nobody has to do anything


@dataclass(frozen=True, slots=True)
class Recording:
    """A series that Prometheus works out again and again."""

    record: str
    expr: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that Prometheus fires."""

    name: str
    expr: str
    severity: Severity
    annotations: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels beside those of the expression and ``severity``. They are templates, as annotations are."""
    lasting: float = 0.0
    """Seconds that it must be so before the alert fires."""
    hold: float = 0.0
    """Seconds that the alert goes on after it was last so."""


Rule = Recording | Alert


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are worked out one after another, every so many seconds."""

    name: str
    every: float
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """What rules need to know that no config says."""

    regions: tuple[str, ...]
    """The regions in which agents with this config stand."""
    status: str
    """Where people find an agent's status page."""
    grafana: str = "http://127.0.0.1:3000"
    """Where people find Grafana."""
    job: str = "landwatch"
    """What Prometheus's scrape config calls the agents."""
    hold: float = 60.0
    """Seconds that an alert about an incident goes on after it was last open."""
