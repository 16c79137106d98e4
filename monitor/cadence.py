"""When each watch is due: pure, with the time as an argument.

Each watch has slots on a fixed grid of the monotonic clock: ``phase + k * every``. The phase comes from a
hash of what is watched and from where, so that starts are spread, regions differ, and neither a restart nor
a reload moves the slots of a watch that did not change. No wall time is involved, so no step of it matters.

Every slot ends as run or as skipped:

- A target has one run at a time. A slot that finds its target busy waits for that run to end.
- Only the latest slot of a target can run: what a stalled loop missed before it, or a later slot overtook
  while it waited, is skipped.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from monitor.watch import Watch
from probes.target import Key, Target


class Result(StrEnum):
    """How a slot ended."""

    RUN = "run"
    SKIPPED = "skipped"


class Slot(NamedTuple):
    """A moment at which a watch was due, and what became of it."""

    watch: Watch
    at: float
    """When it was due; of several, when the first was."""
    result: Result
    slots: int = 1
    """How many slots this stands for: a stall skips many of one watch at once."""


@dataclass(slots=True)
class Tally:
    """Slots counted: ``due == run + skipped + waiting``, and nothing waits once the cadence is idle."""

    due: int = 0
    run: int = 0
    skipped: int = 0

    @property
    def waiting(self) -> int:
        """The slots that are due and wait for the run before them."""
        return self.due - self.run - self.skipped


@dataclass(slots=True, eq=False)
class _Line:
    """One watch on the grid."""

    watch: Watch
    key: Key
    phase: float
    turn: int
    """The number of the next slot: it is due at ``phase + turn * every``."""
    waiting: float | None = None
    """When the slot was due that waits for the run under way."""
    gone: bool = False

    @property
    def next(self) -> float:
        """When the next slot is due."""
        return self.phase + self.turn * self.watch.every

    def pass_by(self, now: float) -> int:
        """Move to the first slot after ``now``; how many were passed."""
        before = self.turn
        self.turn = max(before, math.floor((now - self.phase) / self.watch.every))
        while self.next <= now:  # the division may be off by one
            self.turn += 1
        return self.turn - before


def phase(target: Target, every: float) -> float:
    """Where in ``[0, every)`` the slots of ``target`` lie: the same at each start, spread over targets."""
    parts = [target.vendor, target.page, target.probe, target.region]
    name = "\0".join(parts if target.variant is None else [*parts, target.variant])
    share = int.from_bytes(blake2b(name.encode(), digest_size=6).digest(), "big") / 2**48
    return share * every


class Cadence:
    """The slots of all watches, in a heap by the moment at which they are due."""

    def __init__(self, watches: Iterable[Watch], now: float) -> None:
        self.tally = Tally()
        self._lines: dict[Key, _Line] = {}
        self._busy: set[Key] = set()  # apart from the lines: a run may outlive its watch
        self._heap: list[tuple[float, int, _Line]] = []
        self._pushed = 0
        self.replace(watches, now)

    def __len__(self) -> int:
        """How many watches there are."""
        return len(self._lines)

    @property
    def watches(self) -> list[Watch]:
        """What is watched."""
        return [line.watch for line in self._lines.values()]

    @property
    def next(self) -> float | None:
        """When the next slot is due; ``None`` where nothing is watched."""
        while self._heap and self._heap[0][2].gone:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float) -> list[Slot]:
        """The slots decided by ``now``. Those to be run count as under way until :meth:`done`."""
        slots: list[Slot] = []
        while (first := self.next) is not None and first <= now:
            line = heapq.heappop(self._heap)[2]
            passed = line.pass_by(now)
            self.tally.due += passed
            slots += self._skip_waiting(line)
            if passed > 1:
                slots.append(self._skip(line, first, passed - 1))
            line.waiting = first if passed == 1 else line.phase + (line.turn - 1) * line.watch.every
            if line.key not in self._busy:
                slots.append(self._run(line))
            self._push(line)
        return slots

    def done(self, target: Target) -> list[Slot]:
        """The run of ``target`` has ended: the slot that waited for it and is to be run now, if any."""
        self._busy.discard(target.key)
        line = self._lines.get(target.key)
        return [self._run(line)] if line is not None and line.waiting is not None else []

    def replace(self, watches: Iterable[Watch], now: float) -> list[Slot]:
        """Watch ``watches`` after ``now``, instead of what was watched before; the slots skipped by that.

        A watch that goes on keeps its slots. One whose interval changed starts on the new grid. Neither
        runs while a run of its target from before is still under way.

        Raises:
            ValueError: two watches have the same key.
        """
        wanted = list(watches)
        after = {watch.target.key: watch for watch in wanted}
        if len(after) != len(wanted):
            raise ValueError("the same vendor, page, probe and variant is watched twice")
        slots: list[Slot] = []
        for key, line in self._lines.items():
            if key not in after:
                line.gone = True
                slots += self._skip_waiting(line)
        self._lines = {key: self._continued(key, watch, now) for key, watch in after.items()}
        return slots

    def stop(self) -> list[Slot]:
        """Let nothing be due any more; the slots that still waited, skipped."""
        return self.replace((), 0.0)

    def _continued(self, key: Key, watch: Watch, now: float) -> _Line:
        old = self._lines.get(key)
        if old is not None and old.watch.every == watch.every:
            old.watch = watch
            return old
        line = _Line(watch, key, phase(watch.target, watch.every), turn=0)
        line.pass_by(now)
        if old is not None:
            old.gone, line.waiting = True, old.waiting
        self._push(line)
        return line

    def _run(self, line: _Line) -> Slot:
        """Let the slot run that waits."""
        assert line.waiting is not None
        slot = Slot(line.watch, line.waiting, Result.RUN)
        line.waiting = None
        self._busy.add(line.key)
        self.tally.run += 1
        return slot

    def _skip(self, line: _Line, at: float, count: int) -> Slot:
        self.tally.skipped += count
        return Slot(line.watch, at, Result.SKIPPED, count)

    def _skip_waiting(self, line: _Line) -> list[Slot]:
        if line.waiting is None:
            return []
        at, line.waiting = line.waiting, None
        return [self._skip(line, at, 1)]

    def _push(self, line: _Line) -> None:
        self._pushed += 1  # decides between equal moments: lines have no order of their own
        heapq.heappush(self._heap, (line.next, self._pushed, line))
