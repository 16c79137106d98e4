"""The show: starts the demo's processes, draws what they find, and sums up before they end."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from monitor.config import load
from monitor.demo.agents import agent_config_path
from monitor.demo.caddy import caddy_binary
from monitor.demo.findings import Lines, findings, newest
from monitor.demo.layout import Layout, lay_out
from monitor.demo.opening import invitation, opening
from monitor.demo.preparation import alone, prepare
from monitor.demo.processes import processes
from monitor.demo.summary import fetch_runs, progress, summary, totals
from monitor.demo.supervisor import Supervisor
from monitor.live import live_table
from monitor.scoreboard import Series, series_of
from probes.chromium.find import Missing, find
from storage.filters import SampleFilter
from storage.standing import Standing
from storage.store import Store, StoreUnavailable

WINDOW = timedelta(minutes=15)
"""What the live table looks back on."""

WINDOW_WORDS = "last 15 min"

DRAWING = 1.0
"""Seconds between two drawings of the live table."""

LINES = 10.0
"""Seconds between two lines, where the output is no terminal."""


async def show(
    state: Path, port: int, seconds: float | None, console: Console, *, browse: bool = True
) -> None:
    """Run the demo until a signal asks for its end, or for ``seconds``.

    With ``browse``, a browser looks at first screens, where this machine has one.

    Raises:
        DemoTrouble: it can't run here, and why.
    """
    caddy = caddy_binary()
    with alone(state / "demo"), _asked_to_end() as ended:
        layout = replace(
            lay_out(state, time.time(), port), browser=await asyncio.to_thread(_browser) if browse else None
        )
        await asyncio.to_thread(prepare, layout)
        scene = Scene(layout, console, ended, paces(layout))
        try:
            async with processes(layout, caddy, scene.say, ended) as supervisor:
                console.print(opening(layout, port), highlight=False)
                console.print(invitation(layout), highlight=False, markup=False, soft_wrap=True)
                await scene.play(seconds)
                await scene.sum_up(supervisor)
        finally:
            scene.close()


def _browser() -> str | None:
    """The browser of this machine, by kind and version."""
    try:
        found = find()
    except Missing:
        return None
    return f"{found.kind} {found.version}"


def paces(layout: Layout) -> dict[Series, float]:
    """How often the agents watch what, in seconds."""
    configs = [load(agent_config_path(layout, region)) for region in layout.regions]
    return {series_of(watch.target): watch.every for config in configs for watch in config.watches()}


class Scene:
    """What the console shows while the processes run."""

    def __init__(
        self,
        layout: Layout,
        console: Console,
        ended: asyncio.Event,
        every: Mapping[Series, float] | None = None,
    ) -> None:
        self._layout = layout
        self._console = console
        self._ended = ended
        self._store = Store(layout.store_url)
        self._started = datetime.fromtimestamp(layout.started, UTC)
        self._rows: list[Standing] = []
        self._every = every or {}

    def say(self, words: str) -> None:
        """Print a word on what happened."""
        self._console.print(words, style="yellow", markup=False, soft_wrap=True)

    async def play(self, seconds: float | None, lines: float = LINES) -> None:
        """Show how it goes until the end, or for ``seconds``: a live table, or a line now and then."""
        self._ends = float("inf") if seconds is None else time.monotonic() + seconds
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                while await self._goes_on(DRAWING):
                    now = datetime.now(UTC)
                    rows = await asyncio.to_thread(self._standing, max(self._started, now - WINDOW))
                    width = self._console.width
                    table = live_table(rows, now, every=self._every, window=WINDOW_WORDS, width=width)
                    live.update(table, refresh=True)
        else:
            while await self._goes_on(lines):
                rows = await asyncio.to_thread(self._standing, self._started)
                self._console.print(progress(rows, time.time() - self._layout.started), soft_wrap=True)

    async def sum_up(self, supervisor: Supervisor) -> None:
        """Ask the agents what they did, let them end, and print what came of it."""
        runs = await fetch_runs(self._layout)
        await supervisor.stop([region.name for region in self._layout.regions])
        rows = await asyncio.to_thread(self._standing, self._started)
        found = await asyncio.to_thread(self._findings)
        self._console.print()
        self._console.print(found)
        self._console.print(summary(rows, runs))
        self._console.print(totals(rows, runs), highlight=False)
        for name, times in supervisor.restarts.items():
            often = "once" if times == 1 else f"{times} times"
            self.say(f"{name} was started again {often}: its runs count from the last start.")

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    async def _goes_on(self, pause: float) -> bool:
        """Wait, and say whether the end has not come."""
        rest = self._ends - time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), max(0.0, min(pause, rest)))
        return not self._ended.is_set() and time.monotonic() < self._ends

    def _findings(self) -> Table:
        """What the first region's agent found beside times, as far as the store can be read. It blocks."""
        region = self._layout.regions[0].name
        found: dict[Series, dict[str, Lines]] = {}
        with suppress(StoreUnavailable):
            found = newest(self._store.samples(SampleFilter(since=self._started, region=region)))
        return findings(found, region)

    def _standing(self, since: datetime) -> list[Standing]:
        """What stands in the store; what stood there last, while it can't be read. It blocks."""
        with suppress(StoreUnavailable):
            self._rows = self._store.standing(since)
        return self._rows


@contextmanager
def _asked_to_end() -> Iterator[asyncio.Event]:
    """An event that is set by the signals which ask a process to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    asking = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in asking:
        loop.add_signal_handler(number, ended.set)
    try:
        yield ended
    finally:
        for number in asking:
            loop.remove_signal_handler(number)
