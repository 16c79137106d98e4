"""The regions of a page side by side: for each promise the region's own figure, count and coverage. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.report.region_words import CAPTION, region_heading, region_words
from monitor.report.report import Judgement, PageReport

_CELL = 18
"""Columns that a promise takes; a narrow terminal gets several tables."""
_NAME = 16


def region_tables(page: PageReport, width: int) -> Iterator[RenderableType]:
    """A row for each region, a column for each promise; as many tables as the width asks for."""
    judged = [one for one in page.judgements if one.verdict.regions]
    fitting = max(1, (width - _NAME) // _CELL)
    for start in range(0, len(judged), fitting):
        yield _table(judged[start : start + fitting])
    if judged:
        yield Text(CAPTION, "dim italic")


def _table(judged: Sequence[Judgement]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("region", overflow="fold")
    for one in judged:
        table.add_column(region_heading(one), overflow="fold")
    for region in sorted({name for one in judged for name in one.verdict.regions}):
        table.add_row(region, *(_cell(one, region) for one in judged))
    return table


def _cell(one: Judgement, region: str) -> Text:
    words = region_words(one, region)
    if words is None:
        return Text("-", "dim")
    text = Text(words.value, "red" if words.wrong else "")
    text.append(f"\n{words.made_of}, ", "dim")
    text.append(words.covered, "yellow" if words.short else "dim")
    return text
