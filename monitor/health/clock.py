"""Steps of the wall clock: when it parts from the monotonic one. Pure, with times as arguments."""

from __future__ import annotations

from monitor.health.intervals import Intervals


class ClockSteps:
    """Watches the distance of the two clocks; a change of ``least`` seconds between two looks is a step.

    A clock that is slewed (at most 0.5 ms a second) or drifts moves by far less than that.
    """

    def __init__(self, now: float, wall: float, least: float = 0.1) -> None:
        self.count = 0
        self._least = least
        self._looked = now
        self._distance = wall - now
        self._steps = Intervals()

    def look(self, now: float, wall: float) -> float:
        """Compare the clocks; by how many seconds the wall clock was stepped since the last look, else 0."""
        step = wall - now - self._distance
        if abs(step) < self._least:
            step = 0.0
        else:
            self.count += 1
            self._steps.add(self._looked, now)
        self._looked, self._distance = now, wall - now
        return step

    def touched(self, start: float, end: float) -> bool:
        """Whether the clock was stepped in ``[start, end]``."""
        return self._steps.overlap(start, end) > 0
