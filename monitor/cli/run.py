"""``landwatch run``: the daemon, with a live table where a person looks on, and log lines elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.config import DEFAULT_CONFIG

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from rich.live import Live

    from monitor.daemon import Daemon

WINDOW = 15
"""Minutes that the live table looks back on."""

SHARE = 10
"""The live table rests this many times as long as drawing it took: it is no burden to the measurements."""


def command(
    config: Annotated[Path, typer.Option(help="The config.")] = DEFAULT_CONFIG,
    live: Annotated[
        bool | None,
        typer.Option("--live/--plain", help="A live table, or log lines; by default as it fits the output."),
    ] = None,
) -> None:
    """Watch the pages of a config until told to stop.

    SIGTERM or Ctrl-C ends it in an orderly way, a second one at once; SIGHUP or a changed file reads the
    config again. Serves /metrics, /healthz, /readyz and a status page.
    """
    import asyncio

    from monitor import logs
    from monitor.daemon import StartFailed
    from monitor.service import serve

    logs.configure()
    _tune()
    show = sys.stdout.isatty() if live is None else live
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            code = runner.run(serve(config, beside=_watch if show else None))
        except StartFailed as error:
            typer.echo(f"landwatch run: {error}", err=True)
            raise typer.Exit(1) from error
    raise typer.Exit(code)


def _loop_factory() -> Callable[[], AbstractEventLoop] | None:
    """uvloop's, where it is there."""
    try:
        import uvloop
    except ImportError:  # pragma: no cover  # it is there wherever the tests run
        return None
    factory: Callable[[], AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _tune() -> None:
    """Keep pauses short: no search for garbage in what was imported, and threads that hand over soon."""
    import gc

    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.001)


async def _watch(daemon: Daemon) -> None:
    """Draw the live table until cancelled."""
    import asyncio
    import time

    from rich.console import Console
    from rich.live import Live

    console = Console()
    console.print(_opening(daemon), highlight=False)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            began = time.monotonic()
            await asyncio.to_thread(_draw, live, daemon)
            await asyncio.sleep(max(1.0, SHARE * (time.monotonic() - began)))


def _opening(daemon: Daemon) -> str:
    """What runs, and where it is to be seen."""
    config = daemon.config
    pages = sum(len(vendor.pages) for vendor in config.vendors)
    return (
        f"landwatch {daemon.version} watches {pages} {'page' if pages == 1 else 'pages'} from "
        f"{config.region}. Ctrl-C ends it.\n"
        f"  status page  {daemon.url}\n"
        f"  metrics      {daemon.url}metrics\n"
        f"  state        {config.state}\n"
    )


def _draw(live: Live, daemon: Daemon) -> None:
    """Draw the table once; it blocks. While the store is away, what was drawn last stays."""
    from datetime import UTC, datetime, timedelta

    from monitor.live import live_table
    from storage.failure import StoreUnavailable

    now = datetime.now(UTC)
    facts = daemon.facts()
    try:
        rows = daemon.standing(now - timedelta(minutes=WINDOW))
    except StoreUnavailable:
        return
    table = live_table(rows, now, facts.promises, every=facts.every, window=f"last {WINDOW} min")
    live.update(table, refresh=True)
