"""The health of our own machine, measured all the time, so that samples it spoiled are marked.

Three things are kept as stretches of monotonic time: the loop stood still (``loop_lag``), we waited for a CPU
(``cpu``), the wall clock was stepped (``clock_step``). A sample is tainted by the first two when they took a
part of it that counts: 50 ms, and a twentieth of its length. A timeout of ten seconds is not made doubtful by
a hiccup, or a busy agent would never see a page as down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from monitor.health.clock import ClockSteps
from monitor.health.cpu import RunDelay, Starvation
from monitor.health.loop_lag import LoopLag

TICK = 0.1
"""Seconds between two looks."""
FLOOR = 0.05
"""Seconds of a sample below which a disturbance is no taint."""
SHARE = 0.05
"""Share of a sample below which a disturbance is no taint."""
APART = 0.01
"""Seconds that two clocks may be read apart and still be compared."""

_log = structlog.get_logger(__name__)


class Health:
    """Says which disturbances touched a stretch of time, as long as :meth:`tick` is called every ``TICK``."""

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
        waited: Callable[[], float] = float,
    ) -> None:
        now = mono()
        self.loop = LoopLag(now, every=TICK, floor=FLOOR)
        self.cpu = Starvation(now, waited)
        self.clock = ClockSteps(now, wall())
        self._wall = wall
        self._mono = mono

    def tick(self) -> None:
        """Look at the loop, the CPU and the clocks."""
        now = self._mono()
        self.loop.tick(now)
        self.cpu.tick(now)
        self._look_at_clocks()

    def taints(self, start: float, end: float) -> list[str]:
        """What spoiled ``[start, end]`` (monotonic seconds, not long ago); mostly nothing."""
        self._look_at_clocks()
        length = end - start
        enough = max(FLOOR, SHARE * length)
        found = []
        if length >= enough and self.loop.seconds(start, end) >= enough:
            found.append("loop_lag")
        if length >= enough and self.cpu.seconds(start, end) >= enough:
            found.append("cpu")
        if self.clock.touched(start, end):
            found.append("clock_step")
        return found

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await asyncio.sleep(TICK)
            self.tick()

    def _look_at_clocks(self) -> None:
        now = self._mono()
        wall = self._wall()
        if self._mono() - now > APART:
            return  # we were stopped between the two: the next look tells
        step = self.clock.look(now, wall)
        if step:
            _log.warning("the wall clock was stepped", seconds=round(step, 3))


@asynccontextmanager
async def open_health(
    *, wall: Callable[[], float] = time.time, mono: Callable[[], float] = time.monotonic
) -> AsyncIterator[Health]:
    """The health of this process, watched from the loop that it is opened on."""
    with RunDelay() as waited:
        health = Health(wall=wall, mono=mono, waited=waited)
        ticker = asyncio.create_task(health.run(), name="health")
        try:
            yield health
        finally:
            ticker.cancel()
            with suppress(asyncio.CancelledError):
                await ticker
