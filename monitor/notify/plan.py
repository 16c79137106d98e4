"""The plan of a channel: of which pages and changes it is told, and when it is silent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from monitor.config import Config, Objective
from monitor.config.notify import NotifyChannel
from monitor.notify.events import Event
from monitor.report.words import promised
from monitor.sla.incidents import IncidentKind
from monitor.sla.promise import Selector
from monitor.sla.windows import Maintenance
from storage.incidents import IncidentRow

PageKey = tuple[str, str]
"""Vendor and page."""

_INDICATORS = MappingProxyType(
    {
        IncidentKind.OUTAGE: "availability",
        IncidentKind.CERTIFICATE: "tls_expiry_days",
        IncidentKind.HTTP3: "http3",
        IncidentKind.TRACKING: "tracking",
    }
)
"""What the promise is about that an incident breaks, by kind; that of a latency is its subject."""


@dataclass(frozen=True)
class ChannelPlan:
    """What one channel is told, by one config."""

    settings: NotifyChannel
    config: Config
    labels: Mapping[PageKey, Mapping[str, str]]
    """Of every page that this agent watches."""
    maintenance: tuple[Maintenance, ...]
    """What was declared before it began."""
    link: str
    """Where the status page is."""

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.settings.name

    def knows(self, incident: IncidentRow) -> bool:
        """Whether this agent watches the page, and so knows its labels."""
        return (incident.vendor, incident.page) in self.labels

    def takes_page(self, vendor: str, page: str) -> bool:
        """Whether it is told of a page at all."""
        chosen = self.settings
        selector = Selector(tuple(chosen.vendors), tuple(chosen.pages), labels=dict(chosen.labels))
        return selector.takes(vendor, page, self.labels.get((vendor, page), {}))

    def takes(self, event: Event) -> bool:
        """Whether it is told of a change."""
        chosen, incident = self.settings, event.incident
        return (
            event.change in chosen.transitions
            and (not chosen.kinds or event.kind in chosen.kinds)
            and (not chosen.severities or event.severity in chosen.severities)
            and self.takes_page(incident.vendor, incident.page)
        )

    def silence(self, incident: IncidentRow, at: datetime) -> Maintenance | None:
        """The maintenance in which nobody is told of an incident of this page."""
        for one in self.maintenance:
            if one.start <= at < one.end and one.concerns(incident.vendor, incident.page):
                return one
        return None

    def target(self, incident: IncidentRow) -> str | None:
        """What was promised, in words, where the incident breaks a promise."""
        objective = next((one for one in self.config.objectives if self._about(one, incident)), None)
        if objective is None:
            return None
        return f"{objective.name}: {promised(objective, objective.promise)} over {objective.window_words}"

    def _about(self, objective: Objective, incident: IncidentRow) -> bool:
        key = incident.vendor, incident.page
        if incident.kind == IncidentKind.LATENCY:
            breaks = objective.name == incident.subject
        else:
            breaks = objective.indicator == _INDICATORS.get(IncidentKind(incident.kind))
        return breaks and objective.promise.selector.takes(*key, self.labels.get(key, {}))


def plans_of(config: Config, link: str) -> list[ChannelPlan]:
    """The plan of every channel; ``link`` leads to the status page where a channel has no link of its own."""
    labels = {
        (vendor.name, page.name): dict(page.labels) for vendor in config.vendors for page in vendor.pages
    }
    maintenance = tuple(one for one in (each.span() for each in config.maintenance) if one.in_time)
    return [ChannelPlan(one, config, labels, maintenance, one.link or link) for one in config.notify]
