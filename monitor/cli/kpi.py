"""``landwatch kpi``: figures of the business, imported from files and shown again."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from monitor.cli.config import DEFAULT_CONFIG
from monitor.cli.printable import printable
from monitor.cli.stored import opened
from monitor.scorecard.notation import DecimalSign

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.scorecard.csv_file import FileRefused, KpiFile

command = typer.Typer(no_args_is_help=True, help="Import KPIs of the business, and show what is there.")

_PIPED_WIDTH = 140
_ConfigOption = Annotated[
    Path, typer.Option(help="The config that names vendors, KPIs of your own and the store.")
]
_StoreOption = Annotated[str | None, typer.Option(help="The store's URL, in place of the config's.")]


@command.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file: date, vendor, kpi, value.")],
    decimal: Annotated[
        DecimalSign | None,
        typer.Option(help="What stands before fractions: a point where cells are divided by commas."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file; import nothing.")] = False,
    config: _ConfigOption = DEFAULT_CONFIG,
    store: _StoreOption = None,
) -> None:
    """Import a file of KPIs: all of its rows, or none where anything in it is wrong.

    A day that is imported again takes the place of what was there.
    """
    from monitor.config import load
    from monitor.scorecard.csv_file import FileRefused
    from storage.kpis import Source, write_kpis

    held = load(config, reveal=False)
    now = datetime.now(UTC)
    try:
        found = _read(file, held, now, decimal)
    except FileRefused as error:
        _show_refusal(file, error)
        raise typer.Exit(2) from error
    typer.echo(f"{printable(file.name)} is right: {_summary(found)}.")
    if dry_run:
        typer.echo("Nothing was imported.")
        return
    with opened(store or held.store_url) as held_in, held_in.writing() as connection:
        written = write_kpis(connection, found.values, Source(now, file.name, found.sha256))
    typer.echo(f"{written.added} new, {written.replaced} replaced, {written.unchanged} unchanged.")


@command.command("list")
def list_kpis(
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's.")] = None,
    kpi: Annotated[str | None, typer.Option(help="Only this KPI.")] = None,
    config: _ConfigOption = DEFAULT_CONFIG,
    store: _StoreOption = None,
) -> None:
    """Show of which KPIs there are values: of how many days, from when to when, and the latest."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.config import load
    from monitor.scorecard.words import show
    from storage.kpis import summaries

    held = load(config, reveal=False)
    registry, currency = held.scorecard.registry, held.scorecard.currency
    with opened(store or held.store_url) as held_in, held_in.reading() as connection:
        found = summaries(connection, vendor=vendor, kpi=kpi)
    if not found:
        typer.echo("The store holds no such values.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading in ("vendor", "kpi", "unit", "days", "first", "last", "missing", "latest"):
        right = heading in ("days", "missing", "latest")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for one in found:
        unit = registry[one.kpi].unit if one.kpi in registry else "not known any more"
        missing = (one.last - one.first).days + 1 - one.days
        words = (printable(one.vendor), printable(one.kpi), unit, f"{one.days:,}", str(one.first))
        ends = (str(one.last), f"{missing:,}" if missing else "", show(one.latest, unit, currency))
        table.add_row(*map(Text, (*words, *ends)))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    console.print(table)


@command.command("show")
def show_values(
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's.")] = None,
    kpi: Annotated[list[str] | None, typer.Option(help="Only this KPI. May be given several times.")] = None,
    since: Annotated[str | None, typer.Option(help="The first day, such as 2026-10-05.")] = None,
    until: Annotated[str | None, typer.Option(help="The last day.")] = None,
    config: _ConfigOption = DEFAULT_CONFIG,
    store: _StoreOption = None,
) -> None:
    """Print values as CSV, each with the file that it came from, its SHA-256, and when it was imported."""
    import csv
    from datetime import timedelta

    from monitor.config import load
    from monitor.export.flat import defused
    from monitor.scorecard.amounts import write_amount
    from storage.kpis import read_kpis

    held = load(config, reveal=False)
    registry = held.scorecard.registry
    first, last = _date(since, "--since"), _date(until, "--until")
    after = None if last is None else last + timedelta(days=1)
    out = csv.writer(sys.stdout, lineterminator="\n")
    with opened(store or held.store_url) as held_in, held_in.reading() as connection:
        out.writerow(("date", "vendor", "kpi", "value", "imported_at", "file", "sha256"))
        names: list[str | None] = [*kpi] if kpi else [None]
        for name in names:
            for one in read_kpis(connection, vendor=vendor, kpi=name, since=first, until=after):
                value, source = one.value, one.source
                unit = registry[value.kpi].unit if value.kpi in registry else "number"
                imported = f"{source.imported_at:%Y-%m-%dT%H:%M:%SZ}"
                amount = write_amount(value.value, unit)
                words = (
                    str(value.day),
                    value.vendor,
                    value.kpi,
                    amount,
                    imported,
                    source.file,
                    source.sha256,
                )
                out.writerow(defused(printable(each)) for each in words)


def _read(file: Path, config: Config, now: datetime, decimal: DecimalSign | None) -> KpiFile:
    from monitor.scorecard.csv_file import LARGEST, Expected, read_kpi_file
    from monitor.scorecard.notation import Notation

    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise typer.BadParameter(
            f"{file} can't be read: {error.strerror or error}", param_hint="FILE"
        ) from error
    settings = config.scorecard
    expected = Expected(
        [vendor.name for vendor in config.vendors],
        settings.registry,
        now.astimezone(ZoneInfo(settings.time_zone)).date(),
        Notation(decimal or DecimalSign.POINT, settings.currency),
    )
    return read_kpi_file(data, expected, decimal_said=decimal is not None)


def _show_refusal(file: Path, error: FileRefused) -> None:
    for mistake in error.mistakes:
        place = f"{file}:{mistake.line}" if mistake.line else str(file)
        typer.echo(printable(f"{place}: {mistake.words}"), err=True)
    left = error.number - len(error.mistakes)
    if left:
        typer.echo(f"and {left:,} more", err=True)
    mistakes = "1 mistake" if error.number == 1 else f"{error.number:,} mistakes"
    typer.echo(f"{mistakes}: nothing was imported", err=True)


def _summary(found: KpiFile) -> str:
    days = [one.day for one in found.values]
    vendors, kpis = ({getattr(one, name) for one in found.values} for name in ("vendor", "kpi"))
    return (
        f"{len(found.values):,} values of {len(kpis)} KPIs and {len(vendors)} vendors, "
        f"{min(days)} to {max(days)}"
    )


def _date(text: str | None, option: str) -> date | None:
    from monitor.config.moments import parse_date

    try:
        return None if text is None else parse_date(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
