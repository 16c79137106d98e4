"""What the judge says, in words for the status page: open incidents, and promises with verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from monitor.judging.judged import Judged, Ruling
from monitor.report.words import bounds, covered, figure, made_of, moment_words, number, promised
from monitor.scoreboard import Figure, Mark, ago
from monitor.sla.verdict import Finding
from storage.incidents import IncidentRow

_MARKS = MappingProxyType(
    {Finding.MET: Mark.GOOD, Finding.BREACHED: Mark.BAD, Finding.UNPROVEN: Mark.UNKNOWN}
)


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """One open incident."""

    title: str
    kind: Figure
    since: Figure
    seen_by: Figure


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """One promise about one page."""

    title: str
    promise: Figure
    verdict: Figure
    value: Figure
    measured: Figure


def incident_lines(judged: Judged, now: datetime) -> Iterator[IncidentLine]:
    """The open incidents, the oldest first."""
    for row in judged.outlook.open:
        state = row.state if row.state != "open" else ""
        since = row.since or now
        yield IncidentLine(
            f"{row.vendor} / {row.page}",
            Figure(row.kind, state, Mark.BAD if row.kind == "outage" else Mark.UNKNOWN),
            Figure(f"{moment_words(since)} UTC", ago((now - since).total_seconds())),
            Figure(_subject(row), row.reason),
        )


def _subject(row: IncidentRow) -> str:
    return row.subject or ", ".join(row.regions) or "-"


def verdict_lines(judged: Judged) -> Iterator[VerdictLine]:
    """Every promise, in the order of pages and objectives; one that was not judged yet says so."""
    for vendor, page, objective in judged.promised:
        ruling = judged.rulings.get((vendor, page, objective.name))
        promise = Figure(
            objective.name, f"{promised(objective, objective.promise)}, {objective.window_words}"
        )
        title = f"{vendor} / {page}"
        if ruling is None:
            nothing = Figure("-", mark=Mark.UNKNOWN)
            yield VerdictLine(title, promise, Figure("not judged yet", mark=Mark.UNKNOWN), nothing, nothing)
        else:
            yield _verdict_line(title, promise, ruling)


def _verdict_line(title: str, promise: Figure, ruling: Ruling) -> VerdictLine:
    objective, verdict = ruling.objective, ruling.verdict
    budget = ""
    if verdict.budget_left is not None:
        budget = f"{number(verdict.budget_left * 100)} % of the error budget left"
    certain = bounds(objective, verdict)
    return VerdictLine(
        title,
        promise,
        Figure(verdict.finding.value, "; ".join(verdict.missing[:2]), _MARKS[verdict.finding]),
        Figure(figure(objective, verdict.value), "; ".join(filter(None, (certain, budget)))),
        Figure(covered(verdict.coverage), made_of(verdict)),
    )
