"""``landwatch samples``: print what is stored, as a table for people, JSON lines or CSV, in order of time.

Samples are printed as they are read, so that any number of them takes no more memory than a few. What came
from the network is printed without characters that could command a terminal or a spreadsheet.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.printable import printable
from monitor.cli.stored import moment, stored
from probes.sample import PHASES, Attempt, Outcome, Sample
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
_PLAIN = (
    "id",
    "at",
    "vendor",
    "page",
    "url",
    "region",
    "probe",
    "variant",
    "attempt",
    "outcome",
    "fault",
    "detail",
    "clock",
)
_FIGURES = ("duration", "ttfb", "client", "protocol", "status", "bytes")


def command(
    since: Annotated[
        str,
        typer.Option(help="From when on: a duration back from now (1h, 7d), a time (RFC 3339), or `all`."),
    ] = "1h",
    until: Annotated[str | None, typer.Option(help="Up to when, written as for --since.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's pages.")] = None,
    page: Annotated[str | None, typer.Option(help="Only this page.")] = None,
    region: Annotated[str | None, typer.Option(help="Only from this region.")] = None,
    probe: Annotated[str | None, typer.Option(help="Only by this kind of probe.")] = None,
    variant: Annotated[
        str | None, typer.Option(help="Only of this variant, such as an advertising channel.")
    ] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only with this outcome.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV; phases are those of the last hop.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="The config that names the store (landwatch.yaml, where it is there).")
    ] = None,
    store: Annotated[str | None, typer.Option(help="The store's URL, in place of a config.")] = None,
) -> None:
    """Print stored samples, the oldest first."""
    from storage.filters import SampleFilter

    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    now = datetime.now(UTC)
    wanted = SampleFilter(
        since=moment(since, "--since", now),
        until=moment(until, "--until", now) if until else None,
        vendor=vendor,
        page=page,
        region=region,
        probe=probe,
        variant=variant,
        outcome=outcome,
    )
    show = _show_json if as_json else _show_csv if as_csv else _show_table
    with stored(store, config, wanted) as samples:
        show(samples)


def _show_json(samples: Iterable[Sample]) -> None:
    out = sys.stdout.buffer
    for sample in samples:
        out.write(sample.to_json())
        out.write(b"\n")


def _show_csv(samples: Iterable[Sample]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*_PLAIN, "tainted", *_FIGURES, "hops", *PHASES])
    for sample in samples:
        last = sample.hops[-1] if sample.hops else None
        row: list[object] = [getattr(sample, name) for name in _PLAIN]
        row[_PLAIN.index("at")] = sample.at.isoformat().replace("+00:00", "Z")
        row.append(" ".join(sample.tainted))
        row += [getattr(sample, name) for name in _FIGURES]
        row.append(len(sample.hops))
        row += [getattr(last, phase, None) for phase in PHASES]
        writer.writerow(map(_cell, row))


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula: text that looks like one gets a quote before it."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _show_table(samples: Iterable[Sample]) -> None:
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
