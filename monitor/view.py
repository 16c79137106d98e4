"""The live view: what runs, and below it the live table, drawn again and again in a thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from rich.console import Console
from rich.live import Live

from monitor.config import Config
from monitor.live import live_table
from monitor.web.board import Facts
from storage.failure import StoreUnavailable
from storage.standing import Standing

WINDOW = 15
"""Minutes that the table looks back on."""
PAUSE = 1.0
"""Seconds between two drawings, at least."""
SHARE = 10
"""It rests this many times as long as a drawing took: it must not burden the measurements."""


class Viewed(Protocol):
    """What is viewed: the daemon."""

    version: str
    url: str
    config: Config

    def standing(self, since: datetime, /) -> Sequence[Standing]:
        """How each series has done since then; it blocks."""

    def facts(self) -> Facts:
        """What was promised, and how often each series is measured."""


async def view(daemon: Viewed, console: Console, *, pause: float = PAUSE) -> None:
    """Show ``daemon`` until cancelled."""
    console.print(opening(daemon), highlight=False, markup=False)
    with Live(console=console, auto_refresh=False) as live:
        while True:
            began = time.monotonic()
            await asyncio.to_thread(_draw, live, daemon)
            await asyncio.sleep(max(pause, SHARE * (time.monotonic() - began)))


def opening(daemon: Viewed) -> str:
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


def _draw(live: Live, daemon: Viewed) -> None:
    """Draw the table once. While the store is away, what was drawn last stays."""
    now = datetime.now(UTC)
    facts = daemon.facts()
    try:
        rows = daemon.standing(now - timedelta(minutes=WINDOW))
    except StoreUnavailable:
        return
    words = f"last {WINDOW} min"
    width = live.console.width
    table = live_table(rows, now, facts.promises, every=facts.every, window=words, width=width)
    live.update(table, refresh=True)
