"""Who tells of a drill: to a person, with a line of live state on a terminal, or as JSON lines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
from rich.console import Console, RenderableType
from rich.live import Live

from monitor.cli.drill_words import began, over, state, summary, summary_plain
from monitor.drill import Drill
from monitor.drill_outage import DrillOutage, Look
from monitor.drill_watch import Watcher
from monitor.sla.verdict import Finding
from probes.sample import Sample

DRAWING = 0.25
"""Seconds between two drawings of the live state."""
_PIPED_WIDTH = 140


class Teller(Protocol):
    """What is told of a drill while it lasts, and at its end."""

    def take(self, look: Look) -> None:
        """Take one more visit into the drill, and tell what it changed."""

    def telling(self, watcher: Watcher) -> Any:
        """A context for as long as the drill lasts."""

    def sum_up(self, watcher: Watcher) -> Finding:
        """Finish the drill, tell what it came to, and say what it proves."""


class Scene:
    """Tells a person."""

    def __init__(self, drill: Drill, console: Console | None = None) -> None:
        self._drill = drill
        self._last: Sample | None = None
        self._console = console or _console()

    def take(self, look: Look) -> None:
        """Take one more visit into the drill, and print the outage that it begins or ends."""
        changed = self._drill.add(look)
        self._last = look.sample
        if changed is not None:
            self._tell(changed)

    @contextmanager
    def telling(self, watcher: Watcher) -> Iterator[None]:
        """Draw the state of the moment, where there is a terminal to draw on."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            drawing = asyncio.create_task(self._draw(live, watcher), name="drawing")
            try:
                yield
            finally:
                drawing.cancel()

    def sum_up(self, watcher: Watcher) -> Finding:
        """Finish the drill, print what it came to, and say what it proves."""
        last = self._drill.finish()
        if last is not None:
            self._print(over(last, self._drill.at_most))
        self._print(summary(self._drill, watcher))
        return self._drill.verdict()[0]

    async def _draw(self, live: Live, watcher: Watcher) -> None:
        while True:
            live.update(state(self._last, self._drill, watcher), refresh=True)
            await asyncio.sleep(DRAWING)

    def _tell(self, outage: DrillOutage) -> None:
        is_over = outage.first_good is not None
        self._print(over(outage, self._drill.at_most) if is_over else began(outage))

    def _print(self, what: RenderableType) -> None:
        self._console.print(what)


class Lines:
    """Tells a program: a JSON object a line, with every visit's sample."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill

    def take(self, look: Look) -> None:
        """Take one more visit into the drill, and print it with the outage that it begins or ends."""
        changed = self._drill.add(look)
        _print_line({"event": "visit", "sample": look.sample})
        if changed is not None:
            _print_line({"event": "over" if changed.first_good else "began", "outage": changed.plain()})

    @contextmanager
    def telling(self, watcher: Watcher) -> Iterator[None]:
        """Nothing is told beside the visits."""
        yield

    def sum_up(self, watcher: Watcher) -> Finding:
        """Finish the drill, print what it came to, and say what it proves."""
        last = self._drill.finish()
        if last is not None:
            _print_line({"event": "lasting", "outage": last.plain()})
        _print_line({"event": "summary", "summary": summary_plain(self._drill, watcher)})
        return self._drill.verdict()[0]


def _print_line(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(what, option=orjson.OPT_UTC_Z) + b"\n")
    sys.stdout.buffer.flush()


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPED_WIDTH)
