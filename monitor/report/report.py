"""What a report holds, whatever it is shown as: verdicts, outages and anomalies, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.config.objectives import Objective
from monitor.report.history import History
from monitor.scorecard.scorecard import Scorecard
from monitor.sla.anomaly import Anomaly
from monitor.sla.outages import Outage
from monitor.sla.verdict import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """An objective, and the verdict about it."""

    objective: Objective
    verdict: Verdict
    history: History | None = None
    """How it went over the window, where that was asked for and there is something to tell."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An outage, as a report tells of it."""

    probe: str
    """The kind of probe that saw it."""
    outage: Outage
    alone: bool
    """Whether too few regions saw it for a quorum: an advisory."""
    excluded: bool
    """Whether it began in maintenance, or outside the hours of service."""


@dataclass(frozen=True, slots=True)
class PageReport:
    """What is reported about one page."""

    vendor: str
    page: str
    judgements: Sequence[Judgement]
    happenings: Sequence[Happening] = ()
    """Outages and advisories, in order of time."""
    anomalies: Sequence[Anomaly] = ()

    @property
    def zones(self) -> list[str]:
        """The time zones of its promises, without UTC."""
        return sorted({one.objective.time_zone for one in self.judgements} - {"UTC"})


@dataclass(frozen=True, slots=True)
class Report:
    """A report."""

    made_at: datetime
    over: str
    """Over which time, in words."""
    pages: Sequence[PageReport]
    looked_for_anomalies: bool = False
    scorecard: Scorecard | None = None
    """Of a stage: what it comes to."""

    @property
    def judgements(self) -> Iterator[Judgement]:
        """All of them."""
        return (one for page in self.pages for one in page.judgements)

    @property
    def findings(self) -> Counter[Finding]:
        """How many promises were found to be what."""
        return Counter(one.verdict.finding for one in self.judgements)
