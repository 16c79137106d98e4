"""A scorecard for a person at a terminal. Pure, for any width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.columns import Columns
from rich.console import Group as Stack
from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from monitor.scorecard.scorecard import Card, Group, Line, Result, Scorecard
from monitor.scorecard.words import RESULT_GLYPHS, RESULT_STYLES, result_words

_SIDE_BY_SIDE = ((Group.SHORT_TERM, "Short term"), (Group.LONG_TERM, "Long term"))
_CELL = 17
"""Columns of a terminal that an objective or KPI takes in the comparison; narrow ones get several tables."""
_NAMES = 36
"""What vendors and their results take."""


def render_scorecard(scorecard: Scorecard, width: int, *, brief: bool = False) -> RenderableType:
    """The whole scorecard, for a terminal of so many columns; ``brief``: only the vendors compared."""
    parts: list[RenderableType] = [Text(), _headline(scorecard)]
    if brief or len(scorecard.cards) > 1:
        parts += _comparison(scorecard, max(1, (width - _NAMES) // _CELL))
    if not brief:
        parts += [part for card in scorecard.cards for part in _card(card)]
    return Stack(*parts)


def _headline(scorecard: Scorecard) -> Text:
    text = Text.assemble(("Scorecard: ", "bold"), scorecard.over, "\n")
    return text.append_text(_result(scorecard.result))


def _result(result: Result | None) -> Text:
    return Text(result_words(result), "dim" if result is None else RESULT_STYLES[result])


def _comparison(scorecard: Scorecard, fitting: int) -> Iterator[Table]:
    """The vendors against the same promises, a row for each; in several tables where not all fit."""
    columns = scorecard.columns
    for start in range(0, len(columns), fitting):
        part = slice(start, start + fitting)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("vendor", overflow="fold")
        for column in columns[part]:
            table.add_column(
                Text(f"{_title(column.name)}\n{column.target_words}"), overflow="fold", max_width=_CELL + 5
            )
        table.add_column("in all", no_wrap=True)
        for row in scorecard.comparison:
            cells = (_cell(line) for line in row.cells[part])
            table.add_row(Text(row.vendor, "bold"), *cells, _result(row.result))
        yield table


def _cell(line: Line | None) -> Text:
    if line is None:
        return Text("-", "dim")
    if line.result is None:
        return Text(line.value_words)
    glyph = Text(f"{RESULT_GLYPHS[line.result]}\N{NO-BREAK SPACE}", RESULT_STYLES[line.result])
    return glyph.append(line.value_words.replace(" ", "\N{NO-BREAK SPACE}"), "default")


def _card(card: Card) -> Iterator[RenderableType]:
    yield Text()
    yield Rule(Text(f"{card.vendor}: {result_words(card.result)}", "bold"), align="left", style="dim")
    yield _judged([line for line in card.lines if line.judged])
    yield Columns([_group(title, card.group(group)) for group, title in _SIDE_BY_SIDE], padding=(0, 4))
    yield from _basis(card.lines)


def _judged(lines: Sequence[Line]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("result", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("asked", overflow="fold")
    table.add_column("figure", justify="right", overflow="fold")
    table.add_column("days", justify="right", no_wrap=True)
    table.add_column("in words", overflow="fold")
    for line in lines:
        name = Text(_title(line.name), "bold")
        figure = Text(line.value_words)
        table.add_row(
            _result(line.result), name, Text(line.target_words), figure, Text(_days(line)), Text(line.words)
        )
    return table


def _group(title: str, lines: Sequence[Line]) -> Table:
    """What hangs together, whether anything is asked of it or not."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
    table.add_column("kpi", overflow="fold")
    table.add_column("figure", justify="right", no_wrap=True)
    table.add_column("days", justify="right", no_wrap=True)
    table.add_column("result", no_wrap=True)
    for line in lines:
        table.add_row(
            Text(_title(line.name)), Text(line.value_words), Text(_days(line)), _result(line.result)
        )
    return table


def _basis(lines: Sequence[Line]) -> Iterator[RenderableType]:
    """What is to be known about figures, and how to get at what they rest on."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", overflow="fold")
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        title = _title(line.name)
        for heading, words in _particulars(line):
            table.add_row(Text(title), heading, words)
            title = ""
    if table.row_count:
        yield table


def _particulars(line: Line) -> Iterator[tuple[str, Text]]:
    for words in () if line.words == "; ".join(line.missing) else line.missing:
        yield "missing", Text(words, "yellow" if line.result is Result.NOT_ENOUGH else "")
    for words in line.notes:
        yield "note", Text(words)
    for words in line.sources:
        yield "from", Text(words)
    if line.judged:
        for words in line.evidence:
            yield "evidence", Text(words, "cyan")


def _title(name: str) -> str:
    return name.replace("_", " ")


def _days(line: Line) -> str:
    return "" if line.days is None else f"{line.days} of {line.of}"
