"""A report for a person at a terminal: verdicts first, then what they rest on. Pure, for any width."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from monitor.report.details import details
from monitor.report.happening_table import anomaly_table, happening_table
from monitor.report.region_table import region_tables
from monitor.report.report import Judgement, PageReport, Report
from monitor.report.words import (
    FINDING_STYLES,
    bounds,
    covered,
    figure,
    finding_words,
    made_of,
    moment_words,
    promised,
)
from monitor.sla.verdict import Finding

WIDE = 104
"""Columns of a terminal from which bounds stand in the table of verdicts."""


def render(report: Report, width: int, *, brief: bool = False) -> RenderableType:
    """The whole report, for a terminal of so many columns."""
    parts: list[RenderableType] = [_headline(report)]
    if len(report.pages) > 1 or brief:
        parts.append(_overview(report))
    if not brief:
        parts += [part for page in report.pages for part in _page(page, report, width)]
    return Group(*parts)


def _headline(report: Report) -> Text:
    text = Text()
    found = report.findings
    pages = "1 page" if len(report.pages) == 1 else f"{len(report.pages):,} pages"
    text.append(f"{moment_words(report.made_at)} UTC, {pages}, {report.over}\n", "dim")
    for number, finding in enumerate(Finding):
        text.append(", " if number else "")
        text.append(
            f"{found[finding]:,} {finding.value}", FINDING_STYLES[finding] if found[finding] else "dim"
        )
    return text


def _overview(report: Report) -> Table:
    """All pages in one table: a row for each, with its verdicts."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("page", overflow="fold")
    table.add_column("verdicts", overflow="fold")
    for page in report.pages:
        cell = Text()
        for number, one in enumerate(page.judgements):
            verdict = one.verdict
            cell.append("   " if number else "")
            glyph = finding_words(verdict.finding).partition(" ")[0]
            cell.append(f"{glyph}\N{NO-BREAK SPACE}", FINDING_STYLES[verdict.finding])
            words = f"{one.objective.name} {figure(one.objective, verdict.value)}"
            cell.append(words.replace(" ", "\N{NO-BREAK SPACE}"))
        table.add_row(f"{page.vendor}/{page.page}", cell)
    return table


def _page(page: PageReport, report: Report, width: int) -> Iterator[RenderableType]:
    yield Text()
    yield Rule(Text(f"{page.vendor}/{page.page}", "bold"), align="left", style="dim")
    if not page.judgements:
        yield Text("Nothing was promised about this page in this window.", "dim")
    else:
        yield _verdicts(page, width)
        yield details(page, wide=width >= WIDE)
        yield from region_tables(page, width)
    yield from happening_table(page)
    if report.looked_for_anomalies:
        yield from anomaly_table(page)


def _verdicts(page: PageReport, width: int) -> Table:
    wide = width >= WIDE
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("verdict", no_wrap=True)
    table.add_column("promise", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    if wide:
        table.add_column("bounds", no_wrap=True)
    table.add_column("coverage", justify="right", no_wrap=True)
    table.add_column("made of", overflow="fold")
    for one in page.judgements:
        table.add_row(*_cells(one, wide=wide))
    return table


def _cells(one: Judgement, *, wide: bool) -> Iterator[Text]:
    verdict = one.verdict
    style = FINDING_STYLES[verdict.finding]
    yield Text(finding_words(verdict.finding), style)
    promise = Text(f"{one.objective.name}: ", "bold")
    promise.append(promised(one.objective, verdict.promise), "default")
    yield promise
    yield Text(figure(one.objective, verdict.value), style if verdict.finding is not Finding.UNPROVEN else "")
    if wide:
        yield Text(bounds(one.objective, verdict) or "-")
    yield Text(covered(verdict.coverage))
    yield Text(made_of(verdict))
