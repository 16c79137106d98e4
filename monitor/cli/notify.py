"""``landwatch notify``: try the channels that are told of incidents, and list what they were told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.config import DEFAULT_CONFIG
from monitor.cli.printable import printable
from monitor.cli.stored import moment, opened, store_of

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.notify.plan import ChannelPlan
    from storage.notifications import NotificationRow

command = typer.Typer(
    help="Try the channels that are told of incidents, and list what they were told.",
    no_args_is_help=True,
    add_completion=False,
)

_PIPED_WIDTH = 140


@command.command("test")
def try_channels(
    channel: Annotated[str | None, typer.Argument(help="Only this channel; by default all of them.")] = None,
    config: Annotated[Path, typer.Option(help="The config that has the channels.")] = DEFAULT_CONFIG,
) -> None:
    """Send a test message through each channel, and say how that went.

    Exit code 0: all were taken. 1: one was not. 2: wrong usage.
    """
    from monitor.config import load
    from monitor.notify.plan import plans_of

    held = load(config, reveal=False)
    chosen = [one for one in plans_of(held, held.listen.url) if channel in (None, one.name)]
    if not chosen:
        raise typer.BadParameter(_none(held, channel), param_hint="CHANNEL")
    failed = [one for one in chosen if not _tried(one, held.region)]
    if failed:
        raise typer.Exit(1)


@command.command("log")
def list_told(
    since: Annotated[
        str, typer.Option(help="From when on: a duration back from now (7d), a time (RFC 3339), or `all`.")
    ] = "7d",
    channel: Annotated[str | None, typer.Option(help="Only this channel.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines, one for each change.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="The config that names the store (landwatch.yaml, where it is there).")
    ] = None,
    store: Annotated[str | None, typer.Option(help="The store's URL, in place of a config.")] = None,
) -> None:
    """List what channels were told, when, and what was silenced or given up."""
    now = datetime.now(UTC)
    rows = _read(store, config, moment(since, "--since", now), now, channel)
    if as_json:
        _print_json(rows)
    elif rows:
        _print_table(rows)
    else:
        typer.echo("Nothing was to be told in this time.")


def _none(config: Config, channel: str | None) -> str:
    names = ", ".join(one.name for one in config.notify)
    if not names:
        return "the config has no channels: see `notify` in docs/configuration.md"
    return f"no channel is called {channel!r}: there are {names}"


def _tried(plan: ChannelPlan, region: str) -> bool:
    """Whether a channel took a test message; how that went is said."""
    from monitor.notify.address import DeliveryFailed, problem_of
    from monitor.notify.delivery import Delivery
    from monitor.notify.message import trial

    began = datetime.now(UTC)
    try:
        url = plan.settings.url.reveal()
        problem = problem_of(url)
        if problem is not None:
            raise DeliveryFailed(problem)
        Delivery()(url, trial(plan, region, began))
    except (DeliveryFailed, ValueError) as error:
        typer.echo(f"{printable(plan.name)}: failed: {printable(str(error))}")
        return False
    took = (datetime.now(UTC) - began).total_seconds()
    typer.echo(f"{printable(plan.name)}: sent, taken after {took:.1f} s")
    return True


def _read(
    url: str | None, config: Path | None, since: datetime | None, now: datetime, channel: str | None
) -> list[NotificationRow]:
    from storage.notifications import EARLIER, PASSED, notifications_between
    from storage.tables import EPOCH

    with opened(url or store_of(config)) as source, source.reading() as connection:
        found = notifications_between(connection, since or EPOCH, now, channel)
    return [row for row in found if row.state not in (PASSED, EARLIER)]


def _print_json(rows: list[NotificationRow]) -> None:
    import orjson

    keys = ("channel", "transition", "incident", "at", "noted", "state", "message", "attempts", "ended")
    for row in rows:
        one = {key: getattr(row, key) for key in (*keys, "error", "words")}
        sys.stdout.buffer.write(orjson.dumps(one, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))


def _print_table(rows: list[NotificationRow]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    cells: dict[str, Callable[[NotificationRow], str]] = {
        "noted (UTC)": lambda row: f"{row.noted:%Y-%m-%d %H:%M:%S}",
        "channel": lambda row: row.channel,
        "change": lambda row: row.words,
        "what became of it": _outcome,
    }
    for heading in cells:
        table.add_column(heading, overflow="fold", no_wrap=heading.startswith("noted"))
    for row in rows:
        table.add_row(*(Text(printable(cell(row))) for cell in cells.values()))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    console.print(table)


def _outcome(row: NotificationRow) -> str:
    words = row.state
    if row.state == "sent" and row.ended is not None:
        words = f"sent {row.ended:%H:%M:%S}"
    if row.attempts > 1:
        words += f", {row.attempts} attempts"
    return f"{words}: {row.error}" if row.error else words
