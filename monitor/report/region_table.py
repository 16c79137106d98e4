"""The regions of a page side by side: for each promise the region's own figure, count and coverage. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.report.report import Judgement, PageReport
from monitor.report.words import covered, figure

_CELL = 18
"""Columns that a promise takes; a narrow terminal gets several tables."""
_NAME = 16
_CAPTION = "Below each figure: how many it is made of, and the share of the time that was measured."
_OWN = ("mean", "pooled", "share")


def region_tables(page: PageReport, width: int) -> Iterator[RenderableType]:
    """A row for each region, a column for each promise; as many tables as the width asks for."""
    judged = [one for one in page.judgements if one.verdict.regions]
    fitting = max(1, (width - _NAME) // _CELL)
    for start in range(0, len(judged), fitting):
        yield _table(judged[start : start + fitting])
    if judged:
        yield Text(_CAPTION, "dim italic")


def _table(judged: Sequence[Judgement]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("region", overflow="fold")
    for one in judged:
        table.add_column(_heading(one), overflow="fold")
    for region in sorted({name for one in judged for name in one.verdict.regions}):
        table.add_row(region, *(_cell(one, region) for one in judged))
    return table


def _heading(one: Judgement) -> str:
    """What is promised of all regions together is shown by the mean of each."""
    return one.objective.name if _compares(one) else f"{one.objective.name} (mean)"


def _compares(one: Judgement) -> bool:
    """Whether the region's own figure can be held against the target."""
    return one.verdict.promise.indicator == "recovery" or one.verdict.promise.aggregate in _OWN


def _cell(one: Judgement, region: str) -> Text:
    found = one.verdict.regions.get(region)
    if found is None:
        return Text("-", "dim")
    value = figure(one.objective, found.value)
    wrong = found.value is not None and _compares(one) and not one.objective.met_by(found.value)
    text = Text(value, "red" if wrong else "")
    short = found.coverage < one.verdict.promise.accounting.coverage
    text.append(f"\n{found.count:,}, ", "dim")
    text.append(covered(found.coverage), "yellow" if short else "dim")
    return text
