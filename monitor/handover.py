"""Where samples wait that the controls have to settle first; all others pass at once, without a task.

The samples of one target are handed on in the order in which they ended, so what follows a sample that waits,
waits behind it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from monitor.controls import Controls
from probes.sample import Sample
from probes.target import Key

Then = Callable[[Sample], None]
"""What is done with a sample once it is settled."""


class _Held(NamedTuple):
    sample: Sample
    ended: float
    then: Then | None


class Handover:
    """Takes samples as they end, and emits them settled, in order for each target."""

    def __init__(self, controls: Controls, emit: Then, *, mono: Callable[[], float] = time.monotonic) -> None:
        self._controls = controls
        self._emit = emit
        self._mono = mono
        self._queues: dict[Key, deque[_Held]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> int:
        """How many samples wait."""
        return sum(map(len, self._queues.values()))

    def put(self, sample: Sample, then: Then | None = None) -> None:
        """Emit ``sample``, which has just ended, once it is settled, and then call ``then`` with it."""
        key = sample.key
        held = _Held(sample, self._mono(), then)
        if key in self._queues:
            self._queues[key].append(held)
        elif self._controls.doubts(sample):
            self._queues[key] = deque((held,))
            task = asyncio.create_task(self._settle_all(key), name="handover")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._hand_on(held)

    async def drain(self, timeout: float) -> None:
        """Wait for the samples that are held; those left after ``timeout`` are emitted unsettled."""
        if not self._tasks:
            return
        for task in (await asyncio.wait(self._tasks, timeout=timeout))[1]:
            task.cancel()
            await asyncio.wait([task])
        for queue in self._queues.values():
            for held in queue:
                self._emit(held.sample)
        self._queues.clear()

    async def _settle_all(self, key: Key) -> None:
        queue = self._queues[key]
        while queue:
            held = queue[0]  # stays in its place meanwhile, so that what follows lines up behind it
            await self._controls.settle(held.sample, held.ended)
            queue.popleft()
            self._hand_on(held)
        del self._queues[key]

    def _hand_on(self, held: _Held) -> None:
        self._emit(held.sample)
        if held.then is not None:
            held.then(held.sample)
