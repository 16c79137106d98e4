"""The pages of a report as the template takes them: words and charts, with a name to link each by. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from monitor.report.happening_words import (
    ADVISORIES,
    ANOMALIES,
    MOST,
    OUTAGES,
    AnomalyWords,
    HappeningWords,
    anomaly_words,
    happening_words,
    left_out,
    titled,
)
from monitor.report.history import Course, Strip
from monitor.report.html.anchors import anchor
from monitor.report.html.course_chart import CourseChart, course_chart
from monitor.report.html.strip_chart import StripChart, strip_chart
from monitor.report.particulars import Particular, particulars, window_words
from monitor.report.region_words import RegionWords, region_heading, region_words
from monitor.report.report import Judgement, PageReport, Report
from monitor.report.words import bounds, covered, figure, made_of, promised
from monitor.sla.indicators import Unit
from monitor.sla.verdict import Finding


class VerdictLine(NamedTuple):
    """A verdict in words."""

    name: str
    promised: str
    finding: Finding
    value: str
    bounds: str | None
    confidence: str
    covered: str
    short: bool
    made_of: str
    particulars: Sequence[tuple[str, Sequence[Particular]]]
    """What there is to say, by what it is about."""


class RegionTable(NamedTuple):
    """The regions side by side."""

    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[RegionWords | None]]]


class HappeningTable(NamedTuple):
    """Outages, or what too few regions saw."""

    title: str
    lines: Sequence[HappeningWords]
    caption: str | None


class PageSection(NamedTuple):
    """What the report says of a page."""

    anchor: str
    name: str
    window: str | None
    """Over which time all its promises were judged; ``None``: not all over the same."""
    verdicts: Sequence[VerdictLine]
    strips: Sequence[StripChart]
    courses: Sequence[CourseChart]
    regions: RegionTable | None
    happenings: Sequence[HappeningTable]
    anomalies: Sequence[AnomalyWords]
    anomalies_title: str
    anomalies_caption: str | None

    @property
    def counts(self) -> dict[Finding, int]:
        """How many of its promises were found to be what."""
        return {each: sum(one.finding is each for one in self.verdicts) for each in Finding}


class VendorSection(NamedTuple):
    """A vendor and its pages."""

    name: str
    pages: Sequence[PageSection]


def sections(report: Report) -> list[VendorSection]:
    """All pages, under their vendors."""
    numbered = list(enumerate(report.pages, 1))
    return [
        VendorSection(vendor, [_page(number, page) for number, page in group])
        for vendor, group in groupby(numbered, key=lambda each: each[1].vendor)
    ]


def _page(number: int, page: PageReport) -> PageSection:
    windows = {window_words(one) for one in page.judgements}
    return PageSection(
        anchor(number),
        page.page,
        windows.pop() if len(windows) == 1 else None,
        [_verdict(one, windowed=len(windows) > 1) for one in page.judgements],
        [strip_chart(one, one.history) for one in page.judgements if isinstance(one.history, Strip)],
        list(_courses(page.judgements)),
        _regions(page),
        list(_happenings(page)),
        [anomaly_words(one) for one in page.anomalies[-MOST:]],
        titled(ANOMALIES, len(page.anomalies)),
        left_out(len(page.anomalies)),
    )


def _verdict(one: Judgement, *, windowed: bool) -> VerdictLine:
    verdict = one.verdict
    accounting = verdict.promise.accounting
    pieces = particulars(one, windowed=windowed, bounded=False)
    return VerdictLine(
        one.objective.name,
        promised(one.objective, verdict.promise),
        verdict.finding,
        figure(one.objective, verdict.value),
        bounds(one.objective, verdict),
        covered(accounting.confidence),
        covered(verdict.coverage),
        verdict.coverage < accounting.coverage,
        made_of(verdict),
        [(name, list(some)) for name, some in groupby(pieces, lambda each: each.name)],
    )


def _courses(judgements: Sequence[Judgement]) -> Iterator[CourseChart]:
    """Of figures that have a size; a grade is told in words."""
    for one in judgements:
        if isinstance(one.history, Course) and one.objective.unit is not Unit.GRADE:
            yield course_chart(one, one.history)


def _regions(page: PageReport) -> RegionTable | None:
    judged = [one for one in page.judgements if one.verdict.regions]
    names = sorted({name for one in judged for name in one.verdict.regions})
    if not judged:
        return None
    rows = [(name, [region_words(one, name) for one in judged]) for name in names]
    return RegionTable([region_heading(one) for one in judged], rows)


def _happenings(page: PageReport) -> Iterator[HappeningTable]:
    for title, alone in ((OUTAGES, False), (ADVISORIES, True)):
        found = [one for one in page.happenings if one.alone is alone]
        if found:
            lines = [happening_words(one, page.zones) for one in found[-MOST:]]
            yield HappeningTable(titled(title, len(found), page.zones), lines, left_out(len(found)))
