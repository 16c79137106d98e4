"""``landwatch edge``: by which networks, and from where, the stored visits to each page were answered."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.printable import printable
from monitor.cli.stored import moment, stored

if TYPE_CHECKING:
    from monitor.edge_summary import EdgeCounts

_PIPED_WIDTH = 200
_SHOWN = 6
"""Points of presence of a row of the table; JSON has all."""
_HEADINGS = (
    "vendor",
    "page",
    "region",
    "visits",
    "network",
    "points of presence",
    "continent",
    "cache",
    "far",
)


def command(
    since: Annotated[
        str,
        typer.Option(help="From when on: a duration back from now (1h, 7d), a time (RFC 3339), or `all`."),
    ] = "24h",
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's pages.")] = None,
    page: Annotated[str | None, typer.Option(help="Only this page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="The config that names the store (landwatch.yaml, where it is there).")
    ] = None,
    store: Annotated[str | None, typer.Option(help="The store's URL, in place of a config.")] = None,
) -> None:
    """Sum up from where pages were served to each region.

    A region that was served from another continent is flagged.
    """
    from monitor.edge_summary import EdgeSummary
    from storage.filters import SampleFilter

    wanted = SampleFilter(
        since=moment(since, "--since", datetime.now(UTC)), vendor=vendor, page=page, probe="http"
    )
    summary = EdgeSummary()
    with stored(store, config, wanted) as samples:
        summary.add(samples)
    rows = summary.rows()
    if as_json:
        _show_json(rows)
    elif rows:
        _show_table(rows)
    else:
        typer.echo("No stored sample says who answered.", err=True)


def _show_json(rows: list[EdgeCounts]) -> None:
    import orjson

    for row in rows:
        sys.stdout.buffer.write(orjson.dumps(row.plain()) + b"\n")


def _show_table(rows: list[EdgeCounts]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right" if heading == "visits" else "left", overflow="fold")
    for row in rows:
        cells = (
            row.vendor,
            row.page,
            row.region,
            f"{row.visits:,}",
            _counted(row.networks),
            _counted(row.pops),
            _counted(row.continents),
            _share(row.hit_ratio, "hits", row.cache.total()),
        )
        flag, style = ("! ", "bold red") if row.far else ("", "")
        far = Text(flag + _share(row.far_ratio, "far", row.placed), style=style)
        table.add_row(*(Text(printable(cell)) for cell in cells), far)
    console.print(table)


def _counted(counter: Counter[str]) -> str:
    """The most frequent with their counts; a single one needs none."""
    if len(counter) < 2:
        return next(iter(counter), "-")
    words = [f"{name} {count:,}" for name, count in counter.most_common(_SHOWN)]
    more = len(counter) - len(words)
    return ", ".join(words) + (f", {more:,} more" if more else "")


def _share(ratio: float | None, word: str, visits: int) -> str:
    if ratio is None:
        return "not known"
    # A share that is not all is not shown as all, nor a little as nothing.
    percent = "under 1" if 0 < ratio < 0.01 else "over 99" if 0.99 < ratio < 1 else f"{ratio * 100:.0f}"
    return f"{percent} % {word} (of {visits:,})"
