"""The pace of a thread that computes for long: it lets the event loop in every millisecond.

A thread in pure Python holds the interpreter's lock for 5 ms at a time, and the loop waits for it again at
every system call; a busy loop beside a busy thread then does a tenth of its work. A thread that sleeps a
moment after each millisecond costs the loop that millisecond and no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Called between small pieces of work; sleeps ``rest`` seconds once ``work`` seconds have gone by."""

    def __init__(
        self,
        *,
        work: float = 0.001,
        rest: float = 0.001,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._work = work
        self._rest = rest
        self._clock = clock
        self._sleep = sleep
        self._since = clock()

    def __call__(self) -> None:
        """Go on, or rest first."""
        if self._clock() - self._since >= self._work:
            self._sleep(self._rest)
            self._since = self._clock()
