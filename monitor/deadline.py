"""A deadline that is kept: ``asyncio.timeout`` cancels once, and a body that swallows it goes on for ever."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

AGAIN = 0.08
"""Seconds after which a body that is still there is cancelled again: its time to clean up."""


class DeadlinePassed(Exception):
    """The time was up before the body had ended; what the body made of that is the cause."""


class Deadline:
    """Cancels the task inside its ``with`` after ``seconds``, and again every ``AGAIN`` until it leaves.

    A body that was cut off ends in :class:`DeadlinePassed`, even one that swallowed the cancellation or
    turned it into an error of its own. A cancellation from elsewhere passes as it is.
    """

    __slots__ = ("_before", "_cuts", "_handle", "_loop", "_seconds", "_task", "cancelled")

    def __init__(self, seconds: float) -> None:
        self.cancelled = False
        """Whether, at the end, somebody else had asked for the task to be cancelled."""
        self._seconds = seconds
        self._cuts = 0

    def __enter__(self) -> Self:
        """Start the clock for the current task."""
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None, "a deadline needs a task"
        self._task = task
        self._before = task.cancelling()
        self._handle = self._loop.call_later(self._seconds, self._cut)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Stop the clock, and tell our own cancellations from others.

        Raises:
            DeadlinePassed: the time was up.
        """
        self._handle.cancel()
        for _ in range(self._cuts):
            self._task.uncancel()
        self.cancelled = self._task.cancelling() > self._before
        if not self._cuts or self.cancelled:
            return
        if error is None or isinstance(error, (Exception, asyncio.CancelledError)):
            raise DeadlinePassed from error

    def _cut(self) -> None:
        self._cuts += 1
        self._task.cancel()
        self._handle = self._loop.call_later(AGAIN, self._cut)
