"""The live table: the scoreboard for a terminal. A pure function of rows, time and promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich import box
from rich.table import Table
from rich.text import Text

from monitor.scoreboard import USUAL, WHEN_GREEN, Figure, Line, Mark, Promises, Series, score
from storage.standing import Standing

LONGEST = 40
"""Lines that the table shows: a terminal has no room for more, and the web page shows them all."""

WIDE = 104
"""Columns of a terminal from which everything has room."""

_STYLES = {Mark.GOOD: "green", Mark.BAD: "bold red", Mark.UNKNOWN: "yellow", Mark.PLAIN: ""}


def live_table(
    rows: Sequence[Standing],
    now: datetime,
    promises: Promises = USUAL,
    *,
    every: Mapping[Series, float] | None = None,
    window: str = "",
    longest: int = LONGEST,
    width: int = WIDE,
) -> Table:
    """Pages against their targets. ``window`` says of which time: ``last 15 min``, say.

    ``width`` is the terminal's; in a narrow one all gives way but the figures and what they are made of.
    """
    lines = score(rows, now, promises, every=every)
    shown = sorted(lines, key=_urgency)[:longest] if len(lines) > longest else lines
    title = "Pages against their targets" + (f", {window}" if window else "")
    table = Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        title_style="bold",
        caption=_caption(promises, len(lines) - len(shown)),
        caption_justify="left",
        pad_edge=False,
    )
    table.add_column("page", overflow="fold")
    table.add_column("region")
    wide = width >= WIDE
    if wide:
        table.add_column("probe")
    table.add_column("now")
    for heading in ("TTFB", "availability"):
        table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("", style="dim")
    for line in shown:
        state = Text(line.state.text, style=_STYLES[line.state.mark])
        note = Text(f" {line.state.note}" if wide else "", style="dim")
        table.add_row(
            Text(f"{line.vendor}/{line.title}"),
            Text(line.region),
            *([Text(line.probe)] if wide else []),
            Text.assemble(state, note),
            *_cells(line.ttfb),
            *_cells(line.availability),
        )
    return table


def _cells(figure: Figure) -> tuple[Text, Text]:
    return Text(figure.text, style=_STYLES[figure.mark]), Text(figure.note)


def _urgency(line: Line) -> int:
    """What is wrong comes first, then what is not known."""
    marks = {line.state.mark, line.ttfb.mark, line.availability.mark}
    return 0 if Mark.BAD in marks else 1 if Mark.UNKNOWN in marks else 2


def _caption(promises: Promises, left_out: int) -> str:
    parts, lines = [], []
    if promises.ttfb is not None:
        parts.append(f"TTFB at most {promises.ttfb.show(promises.ttfb.target)}")
    if promises.availability is not None:
        parts.append(f"availability at least {promises.availability.show(promises.availability.target)}")
    if parts:
        lines.append(f"Promised, over a longer time than this: {', '.join(parts)}.")
    if promises.availability is not None:
        lines.append(WHEN_GREEN)
    if left_out > 0:
        lines.append(f"{left_out} more lines are on the web page.")
    return "\n".join(lines)
