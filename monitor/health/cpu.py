"""CPU starvation: how long we were ready to run and another had the CPU. Linux only; elsewhere none is seen.

The kernel counts it for each thread, in nanoseconds, as the second figure of ``/proc/thread-self/schedstat``
(the "run delay"). A cgroup's throttling is in it, a hypervisor's theft is not (the loop's lag shows that).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Self

from monitor.health.intervals import Intervals

SCHEDSTAT = "/proc/thread-self/schedstat"


class RunDelay:
    """Reads the run delay of the thread that opened it, in seconds."""

    def __init__(self, path: str = SCHEDSTAT) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def __enter__(self) -> Self:
        """Give the reader, to be closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def __call__(self) -> float:
        """Seconds waited for a CPU so far; 0 where the kernel does not say."""
        if self._file < 0:
            return 0.0
        return int(os.pread(self._file, 64, 0).split()[1]) / 1e9

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Starvation:
    """Keeps the stretches in which we waited for a CPU for too much of the time.

    A stretch between two readings counts whole when at least ``share`` of it, and ``floor`` seconds, were
    spent waiting. Less than ``floor`` in one piece of work is what every busy machine does.
    """

    def __init__(
        self,
        now: float,
        waited: Callable[[], float],
        every: float = 0.25,
        share: float = 0.25,
        floor: float = 0.05,
    ) -> None:
        self._waited = waited
        self._every = every
        self._share = share
        self._floor = floor
        self._since = now
        self._at_since = waited()
        self._starved = Intervals()

    def tick(self, now: float) -> None:
        """Take a reading, where the last one is ``every`` seconds old."""
        if now - self._since < self._every:
            return
        waited = self._waited()
        if self._is_starved(now, waited):
            self._starved.add(self._since, now)
        self._since, self._at_since = now, waited

    def seconds(self, start: float, end: float) -> float:
        """How much of ``[start, end]``, where ``end`` is the present, we were starved."""
        seconds = self._starved.overlap(start, end)
        # What was not read yet can only matter once it is as long as the floor.
        if end - self._since >= self._floor and self._is_starved(end, self._waited()):
            seconds += end - max(start, self._since)
        return seconds

    @property
    def total(self) -> float:
        """Seconds of starvation since the start."""
        return self._starved.total

    def _is_starved(self, now: float, waited: float) -> bool:
        return waited - self._at_since >= max(self._floor, self._share * (now - self._since))
