"""``landwatch samples``: stored samples as a table for people, JSON lines, CSV or Parquet, in order of time.

Samples are printed as they are read, so that any number of them takes no more memory than a few. What came
from the network is printed without characters that could command a terminal or a spreadsheet.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.export_progress import ExportProgress
from monitor.cli.sample_table import show_table
from monitor.cli.stored import moment, stored
from probes.sample import Outcome, Sample


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
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a Parquet file, in the place of one that is there."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The config that names the store (landwatch.yaml, where it is there).")
    ] = None,
    store: Annotated[str | None, typer.Option(help="The store's URL, in place of a config.")] = None,
) -> None:
    """Print stored samples, the oldest first, or write them into a file."""
    from storage.filters import SampleFilter

    if as_json + as_csv + (parquet is not None) > 1:
        raise typer.BadParameter("choose one of --json, --csv and --parquet")
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
    # A table or lines that run over the terminal show by themselves how far they are.
    silent = parquet is None and (sys.stdout.isatty() or not (as_json or as_csv))
    with (
        stored(store, config, wanted) as found,
        closing(ExportProgress(sys.stderr, silent=silent).over(found)) as samples,
    ):
        if parquet is not None:
            from monitor.cli.parquet_file import write_parquet_file

            write_parquet_file(samples, parquet)
        else:
            show = _show_json if as_json else _show_csv if as_csv else show_table
            show(samples)


def _show_json(samples: Iterable[Sample]) -> None:
    out = sys.stdout.buffer
    for sample in samples:
        out.write(sample.to_json())
        out.write(b"\n")


def _show_csv(samples: Iterable[Sample]) -> None:
    from monitor.export.flat import HEADINGS, flat_row

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEADINGS)
    writer.writerows(map(flat_row, samples))
