"""The plan: by which probe, and in which of the agreed ways, each page is watched for incidents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from monitor.config import Config
from monitor.sla.availability import exclusions
from monitor.sla.evidence import PageData
from monitor.sla.promise import Accounting, Promise
from monitor.sla.windows import Interval, Maintenance, Span, clip
from monitor.watch import Watch

USUAL = "http"
"""The kind of probe that speaks for a page where no objective names another."""

PageKey = tuple[str, str]
"""Vendor and page."""


@dataclass(frozen=True)
class PagePlan:
    """How one page is watched for incidents."""

    vendor: str
    page: str
    probe: str
    """The kind of probe whose samples say whether the page is up."""
    every: float
    """Seconds between two of its runs."""
    timeout: float
    """Seconds that one of them may take."""
    accounting: Accounting
    """As the page's first availability objective has it."""
    regions: tuple[str, ...]
    """The regions whose word counts in that; empty for all."""
    promises: tuple[Promise, ...]
    """All that was promised of the page."""
    paces: dict[str, float]
    """Seconds between two runs, by kind of probe."""
    maintenance: tuple[Maintenance, ...]

    @property
    def key(self) -> PageKey:
        """What tells the page from others."""
        return self.vendor, self.page

    def muted(self, start: int, end: int) -> list[Interval]:
        """The declared maintenance between two moments: what is seen in it opens and closes nothing."""
        return clip((one.interval for one in self._announced), start, end)

    def uncounted(self, start: int, end: int) -> list[Interval]:
        """The time between two moments that has no part in confirmed seconds."""
        if not self.maintenance and self.accounting.hours is None:
            return []
        data = PageData(self.vendor, self.page, self.probe, (), maintenance=self.maintenance)
        return exclusions(data, Span(start, end, end), self.accounting)

    @cached_property
    def _announced(self) -> list[Maintenance]:
        return [one for one in self.maintenance if one.in_time and one.concerns(self.vendor, self.page)]


def plans_of(config: Config) -> list[PagePlan]:
    """The plan of every page of a config, in its order."""
    promises = [one.promise for one in config.objectives]
    maintenance = tuple(one.span() for one in config.maintenance)
    watches: dict[PageKey, dict[str, Watch]] = {}
    for watch in config.watches():
        of_page = watches.setdefault((watch.target.vendor, watch.target.page), {})
        of_page.setdefault(watch.target.probe, watch)  # its variants are watched alike
    plans = []
    for vendor in config.vendors:
        for page in vendor.pages:
            watched = watches.get((vendor.name, page.name), {})
            mine = tuple(
                one
                for one in promises
                if one.selector.takes(vendor.name, page.name, page.labels) and one.measured_by in watched
            )
            if watched:
                plans.append(_plan(vendor.name, page.name, watched, mine, maintenance))
    return plans


def _plan(
    vendor: str,
    page: str,
    watches: dict[str, Watch],
    promises: tuple[Promise, ...],
    maintenance: tuple[Maintenance, ...],
) -> PagePlan:
    availability = next((one for one in promises if one.indicator == "availability"), None)
    probe = USUAL if USUAL in watches else next(iter(watches))
    accounting = Accounting()
    regions: tuple[str, ...] = ()
    if availability is not None:
        probe, accounting = availability.measured_by, availability.accounting
        regions = availability.selector.regions
    return PagePlan(
        vendor,
        page,
        probe,
        watches[probe].every,
        watches[probe].target.timeout,
        accounting,
        regions,
        promises,
        {kind: watch.every for kind, watch in watches.items()},
        maintenance,
    )
