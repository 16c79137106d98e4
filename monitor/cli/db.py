"""``landwatch db``: the rollups and outages that the judge reads, and how they are made again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.config import DEFAULT_CONFIG
from monitor.cli.printable import printable
from monitor.cli.stored import moment, opened, store_of

if TYPE_CHECKING:
    from monitor.judging.status import Rows

command = typer.Typer(
    help="Look at the rollups in the store, and make them again.", no_args_is_help=True, add_completion=False
)

_Config = Annotated[Path, typer.Option(help="The config that names the store and the pages.")]


@command.command()
def recompute(
    since: Annotated[
        str, typer.Option(help="From when on: a duration back from now (7d), a time (RFC 3339), or `all`.")
    ] = "all",
    until: Annotated[str | None, typer.Option(help="Up to when, written as for --since.")] = None,
    all_there: Annotated[
        bool,
        typer.Option(
            "--all-there", help="Take it that no sample since --since was deleted; the store may not know."
        ),
    ] = False,
    config: _Config = DEFAULT_CONFIG,
) -> None:
    """Make rollups and outages again from the samples in the store.

    Where all samples are there, they come out the same. Hours from which samples were deleted are left alone.
    """
    from monitor.cli.progress import Progress
    from monitor.config import load
    from monitor.judging.every import Paces
    from monitor.judging.recompute import plan_of, take_as_whole
    from monitor.judging.recompute import recompute as make_again

    now = datetime.now(UTC)
    first = moment(since, "--since", now)
    last = moment(until, "--until", now) if until else None
    paces = Paces.of(load(config, reveal=False).watches())
    with opened(store_of(config)) as store, Progress("rolling up", sys.stderr) as progress:
        store.migrate()
        if all_there:
            take_as_whole(store, first)
        plan = plan_of(store, now, first, last)
        done = make_again(store, paces, plan, lambda part, whole: progress.tell(part / whole))
    typer.echo(f"{done.hours} hours looked at, {done.made} rollups made again")
    if done.kept:
        typer.echo(f"{done.kept} rollups kept as they are: they know of visits whose samples are gone")
    if done.left_alone:
        typer.echo(f"{done.left_alone} hours left alone: samples were deleted from them")


@command.command()
def status(
    config: Annotated[
        Path | None, typer.Option(help="The config that names the store (landwatch.yaml, where it is there).")
    ] = None,
    store: Annotated[str | None, typer.Option(help="The store's URL, in place of a config.")] = None,
) -> None:
    """Show how many rollups there are, from when to when, and what is not settled yet."""
    from rich.console import Console
    from rich.table import Table

    from monitor.judging.status import status_of

    with opened(store or store_of(config)) as source:
        found = status_of(source)
    if not found.regions:
        typer.echo("The store holds no rollups.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("region", "hours", "since (UTC)", "days", "since (UTC)", "not settled"):
        table.add_column(heading, justify="left" if heading in ("region", "since (UTC)") else "right")
    for name, one in sorted(found.regions.items()):
        table.add_row(printable(name), *_words(one.hours), *_words(one.days), str(one.unsettled or ""))
    console = Console(highlight=False)
    console.print(table)
    if found.whole is not None:
        typer.echo(
            f"All samples are there from {found.whole:%Y-%m-%d %H:%M} UTC on; before, some were deleted."
        )


def _words(rows: Rows) -> tuple[str, str]:
    return f"{rows.number:,}", "" if rows.first is None else f"{rows.first:%Y-%m-%d %H:%M}"
