"""Stored samples as a table for people, laid out as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING

import typer

from monitor.cli.printable import printable
from probes.sample import Attempt, Outcome, Sample
from probes.target import page_title

if TYPE_CHECKING:
    from rich.console import Console

_CHUNK = 200
"""Rows of a table that are laid out together."""
_PIPED_WIDTH = 200
_HEADINGS = (
    "at (UTC)", "vendor", "page", "region", "probe", "outcome", "ttfb", "status", "protocol", "notes",
)  # fmt: skip
_SPARE = ("protocol", "probe", "status", "ttfb")
"""Columns that a narrow terminal goes without, the first one first."""
_WIDEST = 32
_NARROWEST_NOTES = 12
_GAP = 2
_COLOURS = {Outcome.UP: "green", Outcome.DOWN: "red", Outcome.BLOCKED: "yellow", Outcome.UNKNOWN: "dim"}


def show_table(samples: Iterable[Sample]) -> None:
    """Print a row for each sample; characters that could command a terminal are replaced."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    rows = map(_row, samples)
    first = list(islice(rows, _CHUNK))
    if not first:
        typer.echo("No stored sample matches.", err=True)
        return
    # Later rows keep the widths of the first ones, so that they can be printed before the last is known.
    widths = _widths(first, console.width)
    _print_rows(console, first, widths, show_header=True)
    while chunk := list(islice(rows, _CHUNK)):
        _print_rows(console, chunk, widths)


def _widths(rows: list[tuple[str, ...]], room: int) -> dict[str, int]:
    """The columns that fit into ``room``, with their widths: the notes get what the others leave."""
    columns = zip(_HEADINGS, *rows, strict=True)
    widths = {column[0]: min(_WIDEST, max(map(len, column))) for column in columns}
    widths["notes"] = _NARROWEST_NOTES
    for heading in _SPARE:
        if sum(widths.values()) + _GAP * (len(widths) - 1) > room:
            del widths[heading]
    used = sum(widths.values()) - _NARROWEST_NOTES + _GAP * (len(widths) - 1)
    widths["notes"] = max(_NARROWEST_NOTES, room - used)
    return widths


def _print_rows(
    console: Console, rows: list[tuple[str, ...]], widths: dict[str, int], *, show_header: bool = False
) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, padding=(0, _GAP, 0, 0), pad_edge=False, show_header=show_header, header_style="bold"
    )
    for heading, width in widths.items():
        table.add_column(heading, width=width, no_wrap=True, overflow="ellipsis")
    outcome = _HEADINGS.index("outcome")
    for row in rows:
        cells = (Text(cell) for heading, cell in zip(_HEADINGS, row, strict=True) if heading in widths)
        table.add_row(*cells, style=_COLOURS[Outcome(row[outcome])])
    console.print(table)


def _row(sample: Sample) -> tuple[str, ...]:
    """A sample as the cells of the table."""
    return tuple(
        printable(cell)
        for cell in (
            sample.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            sample.vendor,
            page_title(sample.page, sample.variant),
            sample.region,
            sample.probe,
            sample.outcome.value,
            "" if sample.ttfb is None else f"{sample.ttfb * 1000:.0f} ms",
            "" if sample.status is None else str(sample.status),
            sample.protocol or "",
            ", ".join(_notes(sample)),
        )
    )


def _notes(sample: Sample) -> Iterator[str]:
    if sample.attempt is Attempt.BURST:
        yield "burst"
    yield from (f"tainted: {cause}" for cause in sample.tainted)
    if sample.fault is not None or sample.detail:
        yield ": ".join(filter(None, (sample.fault, sample.detail)))
