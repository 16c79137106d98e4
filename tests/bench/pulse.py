"""Whether the machine itself stood still: a thread that should wake every few milliseconds.

It runs on the other core than what is measured: where both were late together, neither was at fault.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

EVERY = 0.01


class Pulse:
    """Beats while the context lasts; ``longest`` is by how many seconds a beat was late at most."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._end.wait(EVERY):
            now = time.monotonic()
            self.longest = max(self.longest, now - last - EVERY)
            last = now
