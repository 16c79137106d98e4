"""Stability: cumulative layout shift and total blocking time, by their definitions."""

from __future__ import annotations

from collections.abc import Sequence

from probes.firstscreen.capture import Shift, Task

_GAP = 1.0
_WINDOW = 5.0
_BLOCKING = 0.05


def layout_shift(shifts: Sequence[Shift]) -> float:
    """The largest sum of scores in a session window: gaps under 1 s, at most 5 s long (https://web.dev/articles/cls)."""
    most = window = 0.0
    first = last = float("-inf")
    for shift in sorted(shifts, key=lambda one: one.at):
        if shift.at - last < _GAP and shift.at - first < _WINDOW:
            window += shift.score
        else:
            window, first = shift.score, shift.at
        last = shift.at
        most = max(most, window)
    return most


def blocking_time(tasks: Sequence[Task], start: float, end: float) -> float:
    """Seconds beyond the first 50 ms of each task, as far as it lies between ``start`` and ``end``.

    As Lighthouse reckons it, from first contentful paint on (https://web.dev/articles/tbt); the end is not
    time to interactive, for which five quiet seconds would have to be waited, but the visit's.
    """
    spent = (min(task.at + task.took, end) - max(task.at, start) for task in tasks)
    return sum(long - _BLOCKING for long in spent if long > _BLOCKING)
