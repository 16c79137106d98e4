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

    from monitor.daemon import Daemon


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
    from monitor.process import prepare, settle
    from monitor.service import serve

    logs.configure()
    prepare()
    show = sys.stdout.isatty() if live is None else live
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            raise typer.Exit(runner.run(serve(config, before=settle, beside=_live if show else None)))
    except StartFailed as error:
        typer.echo(f"landwatch run: {error}", err=True)
        raise typer.Exit(1) from error


def _loop_factory() -> Callable[[], AbstractEventLoop] | None:
    """uvloop's, where it is there."""
    try:
        import uvloop
    except ImportError:  # pragma: no cover  # it is there wherever the tests run
        return None
    factory: Callable[[], AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _live(daemon: Daemon) -> None:
    """The live table on standard output, until cancelled."""
    from rich.console import Console

    from monitor.view import view

    await view(daemon, Console())
