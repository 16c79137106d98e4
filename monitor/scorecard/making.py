"""Makes a scorecard of what the judge found and what was imported. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from monitor.config.scorecard import ScorecardSettings, Steady
from monitor.report.period import Period, StagePeriod, StatePeriod
from monitor.report.report import Report
from monitor.scorecard.days import Days
from monitor.scorecard.history import History
from monitor.scorecard.kpi_lines import KpiLines
from monitor.scorecard.objective_lines import objective_lines
from monitor.scorecard.scorecard import Card, Line, Scorecard
from monitor.sla.windows import STAGES


@dataclass(frozen=True, slots=True)
class Occasion:
    """Of which stage a scorecard is, and when."""

    stage: str
    now: datetime
    """As of when it is made."""
    since: date | None = None
    """When the stage began; ``None`` for a state that lasts."""
    page: str | None = None
    """The one page that verdicts are about; ``None`` where they are about all."""
    region: str | None = None
    """The one region whose looks they are made of."""

    @classmethod
    def of(cls, period: Period, page: str | None = None, region: str | None = None) -> Self | None:
        """The occasion of a report; ``None`` where that is of no stage."""
        if isinstance(period, StagePeriod):
            return cls(period.name, period.now, period.since, page, region)
        return cls(period.name, period.now, None, page, region) if isinstance(period, StatePeriod) else None

    def days(self, settings: ScorecardSettings) -> Days:
        """The days whose KPIs count."""
        stage = settings.stage(self.stage)
        if isinstance(stage, Steady):
            return Days.last_of(stage.days, self.now, settings.time_zone)
        assert self.since is not None  # a stage begins
        after = self.since + timedelta(days=STAGES[self.stage])
        return Days.at(self.since, after, self.now, settings.time_zone)

    def command(self, *, over: bool) -> str:
        """The command that shows the verdicts of it; of a stage that is not ``over``, as they are now."""
        since = "" if self.since is None else f" --since {self.since}"
        region = "" if self.region is None else f" --region {shlex.quote(self.region)}"
        until = "" if over else f" --until {self.now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"landwatch report --stage {self.stage}{since}{until}{region}"

    @property
    def limits(self) -> str:
        """What its verdicts leave out, in words: a part of a promise may be kept where the whole is not."""
        words = [f"verdicts only about the page {self.page}"] * (self.page is not None)
        words += [f"verdicts as {self.region} alone saw it"] * (self.region is not None)
        return "".join(f"; {each}" for each in words)


def make_scorecard(
    report: Report, settings: ScorecardSettings, occasion: Occasion, history: History
) -> Scorecard:
    """The scorecard: a card for each vendor of the report, in its order."""
    days = occasion.days(settings)
    vendors = dict.fromkeys(page.vendor for page in report.pages)
    cards = tuple(
        Card(vendor, tuple(_lines(vendor, report, settings, occasion, history, days))) for vendor in vendors
    )
    return Scorecard(
        made_at=report.made_at,
        stage=occasion.stage,
        first=days.first,
        last=days.last,
        running=not days.over,
        over=_over(occasion, days, settings.time_zone),
        cards=cards,
    )


def _lines(
    vendor: str,
    report: Report,
    settings: ScorecardSettings,
    occasion: Occasion,
    history: History,
    days: Days,
) -> Iterator[Line]:
    pages = [page for page in report.pages if page.vendor == vendor]
    named = settings.stage(occasion.stage).objectives
    command = occasion.command(over=occasion.since is not None and days.over)
    yield from objective_lines(vendor, pages, named, command, occasion.since)
    yield from KpiLines(settings, occasion.stage, days, history, vendor, occasion.now).lines()


def _over(occasion: Occasion, days: Days, zone: str) -> str:
    if occasion.since is None:
        words = f"the state {occasion.stage}, KPIs of the {days.whole} days to {days.last} ({zone})"
        return f"{words}{occasion.limits}"
    words = f"the stage {occasion.stage}, {days.whole} days from {days.first} to {days.last} ({zone})"
    running = "" if days.over else f", running: {days.elapsed} days are over"
    return f"{words}{running}{occasion.limits}"
