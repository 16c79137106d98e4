"""How far a command is, on one line of the terminal, from a second on."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

PATIENCE = 1.0
"""Seconds after which somebody wants to know."""
EVERY = 0.1
"""Seconds between two drawings."""
_WIDTH = 30
_CLEAR = "\r\x1b[K"


class Progress:
    """A bar on ``out``, where that is a terminal, for as long as the context lasts."""

    def __init__(self, what: str, out: TextIO, *, mono: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._out = out
        self._mono = mono
        self._shown = False

    def __enter__(self) -> Self:
        """Begin to wait."""
        self._due = self._mono() + PATIENCE
        return self

    def tell(self, share: float) -> None:
        """Take note of which share is done."""
        now = self._mono()
        if now < self._due or not self._out.isatty():
            return
        self._due = now + EVERY
        self._shown = True
        done = round(_WIDTH * min(max(share, 0.0), 1.0))
        bar = "━" * done + " " * (_WIDTH - done)
        self._out.write(f"{_CLEAR}{self._what} {bar} {share:4.0%}")
        self._out.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._shown:
            self._out.write(_CLEAR)
            self._out.flush()
