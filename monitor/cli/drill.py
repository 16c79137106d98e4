"""``landwatch drill``: watch one page in quick succession while its vendor shows how it fails over."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.page_url import page_url

if TYPE_CHECKING:
    from monitor.cli.drill_scene import Teller
    from monitor.sla.verdict import Finding
    from probes.target import Target

FASTEST = 0.1
"""Seconds: no page is visited more often."""


def command(
    url: Annotated[str, typer.Argument(metavar="URL", help="The page; https:// may be left out.")],
    length: Annotated[
        str | None, typer.Option("--for", help="For how long (30s, 10m); until Ctrl-C by default.")
    ] = None,
    every: Annotated[str, typer.Option(help="The time between the starts of two visits.")] = "250ms",
    timeout: Annotated[str, typer.Option(help="How long one visit may take.")] = "2s",
    at_most: Annotated[str, typer.Option(help="Within which time an outage was promised to be over.")] = "3s",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print visits, outages and the summary as JSON lines.")
    ] = False,
    ca: Annotated[
        Path | None,
        typer.Option(help="A file of roots to trust beside Mozilla's.", exists=True, dir_okay=False),
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Take any certificate.")] = False,
    resolve: Annotated[
        list[str] | None, typer.Option(metavar="HOST:PORT:ADDR", help="An address in place of a look-up.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any option of the http probe, as in a config."),
    ] = None,
) -> None:
    """Watch one page in quick succession, and tell each outage with its bounds.

    Exit code 0: each outage was over in time. 1: one was not. 2: wrong usage. 3: unproven, or nothing failed.
    """
    from monitor.cli.drill_scene import Lines, Scene
    from monitor.cli.verdict_exit import EXIT_CODES
    from monitor.drill import Drill

    options: dict[str, object] = {"ca": ca, "insecure": insecure or None, "resolve": resolve or None}
    given = {name: value for name, value in options.items() if value is not None}
    pace = _seconds(every, "--every", FASTEST)
    target = _target(url, _seconds(timeout, "--timeout"), given, settings or [])
    drill = Drill(pace, _seconds(at_most, "--at-most"))
    teller = Lines(drill) if as_json else Scene(drill)
    seconds = None if length is None else _seconds(length, "--for")
    raise typer.Exit(EXIT_CODES[asyncio.run(_drill(target, teller, pace, seconds))])


def _seconds(text: str, option: str, least: float = 0.001) -> float:
    from probes.units import format_duration, parse_duration

    try:
        found = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    if found < least:
        raise typer.BadParameter(f"must be at least {format_duration(least)}", param_hint=option)
    return found


def _target(url: str, timeout: float, given: dict[str, object], settings: list[str]) -> Target:
    from monitor.cli.settings import options_from
    from probes import http
    from probes.target import Target

    page = page_url(url)
    options = options_from(http.Options, settings, given, hint="--set" if settings else "options")
    return Target(page.host, page.path, str(page), "here", "http", options, timeout)


async def _drill(target: Target, teller: Teller, every: float, length: float | None) -> Finding:
    """Visit the page by the runner and the probe that the daemon uses, and let ``teller`` tell of it."""
    from monitor.drill_watch import Watcher
    from monitor.health import open_health
    from monitor.runner import Runner
    from probes import http
    from probes.sample import Attempt

    async with open_health() as health, http.open_probe() as probe:
        runner = Runner({"http": probe}, health)
        # Bursts look at nothing beside the visit, and would enter no average if they were kept.
        watcher = Watcher(lambda: runner.run(target, Attempt.BURST), teller.take, every=every)
        with _asked_to_end() as ended, teller.telling(watcher):
            await watcher.watch(length, ended)
        return teller.sum_up(watcher)


@contextmanager
def _asked_to_end() -> Iterator[asyncio.Event]:
    """An event that the first signal to end sets; the second one does what it always does."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    asking = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        ended.set()
        for number in asking:
            loop.remove_signal_handler(number)

    for number in asking:
        loop.add_signal_handler(number, end)
    try:
        yield ended
    finally:
        for number in asking:
            loop.remove_signal_handler(number)
