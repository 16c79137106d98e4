"""How far an export is, on one line of the terminal that is written over."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from datetime import UTC
from typing import TextIO

from probes.sample import Sample

PATIENCE = 1.0
"""Seconds after which somebody wants to know."""
EVERY = 0.25
_LOOKED_AT = 100
"""Samples between two looks at the clock."""
_CLEAR = "\r\x1b[K"


class ExportProgress:
    """Counts samples on their way, and shows it on ``out`` where that is a terminal."""

    def __init__(
        self, out: TextIO, *, silent: bool = False, mono: Callable[[], float] = time.monotonic
    ) -> None:
        self._out = out
        self._shown = not silent and out.isatty()
        self._mono = mono

    def over(self, samples: Iterable[Sample]) -> Generator[Sample, None, None]:
        """The same samples. The line is gone when they end, or when the generator is closed."""
        if not self._shown:
            yield from samples
            return
        started = self._mono()
        due = started + PATIENCE
        number = 0
        try:
            for number, sample in enumerate(samples, 1):
                if number % _LOOKED_AT == 0 and (now := self._mono()) >= due:
                    self._show(number, sample, now - started)
                    due = now + EVERY
                yield sample
        finally:
            if due > started + PATIENCE:
                self._out.write(_CLEAR)
                self._out.flush()

    def _show(self, number: int, sample: Sample, took: float) -> None:
        at = sample.at.astimezone(UTC)
        self._out.write(f"{_CLEAR}{number:,} samples, up to {at:%Y-%m-%d %H:%M} UTC, {took:.0f} s")
        self._out.flush()
