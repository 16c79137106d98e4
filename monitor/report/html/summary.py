"""What a report comes to, in sentences for somebody who reads nothing else. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

from monitor.report.history import Course
from monitor.report.html.anchors import anchor
from monitor.report.report import Judgement, Report
from monitor.report.words import figure, number
from monitor.sla.slices import DAY, HOUR
from monitor.sla.verdict import Finding, seconds
from probes.units import format_duration

MOST_BROKEN = 12
"""Broken promises that are told at the top; all of them are further down."""
_VERBS = MappingProxyType({Finding.BREACHED: "broken", Finding.UNPROVEN: "not proven", Finding.MET: "kept"})
_PIECES = MappingProxyType({HOUR: "hours", DAY: "days"})
_KINDS = MappingProxyType({"recovery": "up to"})


class Broken(NamedTuple):
    """A promise that was broken."""

    anchor: str
    vendor: str
    page: str
    objective: str
    words: str


class Count(NamedTuple):
    """How many promises were found to be what."""

    finding: Finding
    verb: str
    number: int
    percent: float


class Summary(NamedTuple):
    """The top of a report."""

    headline: str
    counts: Sequence[Count]
    broken: Sequence[Broken]
    more: int
    """Broken promises that are not told here."""


def summary(report: Report) -> Summary:
    """What a report comes to, the broken promises first."""
    found = report.findings
    whole = max(1, found.total())
    counts = [
        Count(finding, verb, found[finding], 100.0 * found[finding] / whole)
        for finding, verb in _VERBS.items()
    ]
    broken = [
        Broken(anchor(number), page.vendor, page.page, one.objective.name, broken_words(one))
        for number, page in enumerate(report.pages, 1)
        for one in page.judgements
        if one.verdict.finding is Finding.BREACHED
    ]
    return Summary(_headline(report), counts, broken[:MOST_BROKEN], max(0, len(broken) - MOST_BROKEN))


def _headline(report: Report) -> str:
    found = report.findings
    whole = found.total()
    if not whole:
        return "Nothing was promised about these pages in this time."
    breached, unproven = found[Finding.BREACHED], found[Finding.UNPROVEN]
    if breached == unproven == 0:
        return "The promise was kept." if whole == 1 else f"All {whole:,} promises were kept."
    parts = [
        f"{count:,} {'was' if count == 1 else 'were'} {_VERBS[finding]}"
        for finding, count in ((each, found[each]) for each in _VERBS)
        if count
    ]
    of = "1 promise" if whole == 1 else f"{whole:,} promises"
    return f"Of {of}, {_joined(parts)}."


def _joined(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def broken_words(one: Judgement) -> str:
    """What was measured, what was promised, and for how long it was not so."""
    verdict, objective = one.verdict, one.objective
    promise = verdict.promise
    value, target = figure(objective, verdict.value), objective.show(objective.target)
    side = "at most" if promise.lower_is_better else "at least"
    kind = "" if promise.aggregate == "share" else f"{_KINDS.get(promise.indicator, promise.aggregate)} "
    words = f"{kind}{value}, where {side} {target} was promised"
    if promise.indicator == "recovery":
        long = _bad_outages(one)
    elif promise.indicator == "availability":
        long = _bad_time(one)
    else:
        long = _bad_pieces(one)
    return f"{words}; {long}" if long else words


def _bad_outages(one: Judgement) -> str:
    noun = "outage" if one.verdict.bad == 1 else "outages"
    return f"{one.verdict.bad:,.0f} {noun} lasted longer, each as one region saw it"


def _bad_time(one: Judgement) -> str:
    verdict = one.verdict
    if verdict.bad_seconds is None:
        return ""
    words = f"bad for {seconds(verdict.bad_seconds)}"
    left = verdict.budget_left
    return (
        words if left is None or left >= 0 else f"{words}, {number(1.0 - left)} times as long as that allows"
    )


def _bad_pieces(one: Judgement) -> str:
    """In how many of the hours or days it was on the wrong side."""
    course = one.history
    if not isinstance(course, Course) or len(course.page) < 2:
        return ""
    wrong = sum(not one.objective.met_by(point.value) for point in course.page)
    names = _PIECES.get(course.step, f"pieces of {format_duration(course.step)}")
    side = "above" if one.verdict.promise.lower_is_better else "below"
    return f"{side} that in {wrong:,} of the {len(course.page):,} {names} that were measured"
