"""Lines about measured objectives: the judge's verdicts about a vendor's pages, put together. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.config.objectives import Objective
from monitor.report.report import Judgement, PageReport
from monitor.report.words import figure, promised
from monitor.scorecard.scorecard import Group, Kind, Line, Result
from monitor.scorecard.words import FINDINGS
from monitor.sla.verdict import Finding
from monitor.sla.windows import moment


@dataclass(frozen=True, slots=True)
class _Judged:
    """One page's verdict."""

    page: str
    judgement: Judgement

    @property
    def badness(self) -> float:
        """The greater, the worse its figure."""
        value = self.judgement.verdict.value
        if value is None:
            return float("-inf")
        return value if self.judgement.verdict.promise.lower_is_better else -value


def objective_lines(
    vendor: str,
    pages: Sequence[PageReport],
    names: Sequence[str] | None,
    command: str,
    since: date | None = None,
) -> Iterator[Line]:
    """A line for each objective of a vendor's pages, or for those that are named.

    Args:
        vendor: the vendor.
        pages: what is reported about its pages.
        names: the objectives that are asked for; ``None`` for all that were judged.
        command: the command that shows the verdicts; the page is added to it.
        since: when the stage began; an objective that says another date is judged from that on.
    """
    of_name: dict[str, list[_Judged]] = {name: [] for name in names or ()}
    for page in pages:
        for one in page.judgements:
            if names is None or one.objective.name in of_name:
                of_name.setdefault(one.objective.name, []).append(_Judged(page.page, one))
    for name, judged in of_name.items():
        if judged:
            yield _line(vendor, name, judged, command, since)
        else:
            yield _unjudged(vendor, name, command)


def _line(vendor: str, name: str, judged: Sequence[_Judged], command: str, since: date | None) -> Line:
    result = _result(one.judgement for one in judged)
    telling = [one for one in judged if _finding(one) is FINDINGS[result]]
    worst = max(telling, key=lambda one: one.badness)
    objective, verdict = worst.judgement.objective, worst.judgement.verdict
    met = sum(_finding(one) is Finding.MET for one in judged)
    shown = figure(objective, verdict.value)
    told = "nothing measured" if verdict.value is None else shown
    among = "" if len(telling) == len(judged) else f" {FINDINGS[result]} one"
    where = f"{worst.page}, the worst{among} of {len(judged)} pages" if len(judged) > 1 else worst.page
    return Line(
        name=name,
        kind=Kind.OBJECTIVE,
        group=Group.MEASURED,
        unit=objective.unit.name.lower(),
        target=objective.target,
        target_words=promised(objective, verdict.promise),
        value=verdict.value,
        value_words=shown,
        result=result,
        words=f"{told} ({where}); met on {met} of {_pages(len(judged))}",
        missing=tuple(_missing(telling)) if result is not Result.FAIL else (),
        notes=(*verdict.notes, *_another_date(objective, since)),
        evidence=tuple(_evidence(vendor, worst, command)),
    )


def _result(judgements: Iterable[Judgement]) -> Result:
    """What the verdicts come to: nothing is judged a second time."""
    verdicts = [one.verdict for one in judgements]
    if any(one.finding is Finding.BREACHED for one in verdicts):
        return Result.FAIL
    unproven = [one for one in verdicts if one.finding is Finding.UNPROVEN]
    if not unproven:
        return Result.PASS
    return Result.NOT_ENOUGH if any(one.span.over for one in unproven) else Result.RUNNING


def _finding(one: _Judged) -> Finding:
    return one.judgement.verdict.finding


def _missing(judged: Sequence[_Judged]) -> Iterator[str]:
    """What is missing, with the page where there are several."""
    for one in judged:
        for words in one.judgement.verdict.missing:
            yield f"{one.page}: {words}" if len(judged) > 1 else words


def _another_date(objective: Objective, since: date | None) -> Iterator[str]:
    if since is not None and objective.since not in (None, since):
        yield f"judged from {objective.since} on, as the objective says"


def _unjudged(vendor: str, name: str, command: str) -> Line:
    words = "no page of this vendor is judged by it in this stage"
    return Line(
        name=name,
        kind=Kind.OBJECTIVE,
        group=Group.MEASURED,
        unit="",
        target_words="met",
        result=Result.NOT_ENOUGH,
        words=words,
        missing=(words,),
        evidence=(f"{command} --vendor {shlex.quote(vendor)}",),
    )


def _evidence(vendor: str, worst: _Judged, command: str) -> Iterator[str]:
    """How to get at the verdict, and at the samples that it rests on."""
    verdict = worst.judgement.verdict
    names = f"--vendor {shlex.quote(vendor)} --page {shlex.quote(worst.page)}"
    yield f"{command} {names}"
    since, until = moment(verdict.span.start), moment(verdict.span.end)
    span = f"--since {since:%Y-%m-%dT%H:%M:%SZ} --until {until:%Y-%m-%dT%H:%M:%SZ}"
    yield f"landwatch samples {names} --probe {verdict.promise.measured_by} {span}"


def _pages(number: int) -> str:
    return "1 page" if number == 1 else f"{number} pages"
