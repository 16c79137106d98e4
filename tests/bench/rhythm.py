"""When visits start: the same pattern for everything that is measured, so that the loads compare.

Each of ``targets`` is visited every ``every`` seconds, with a phase of its own. Phases are spread at random
(but alike in every run), as landwatch and Prometheus spread theirs: now and then some fall close together.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from itertools import count


def starts(targets: int, every: float) -> Iterator[tuple[float, int]]:
    """Seconds since the start and the number of the target, without an end."""
    spread = random.Random(0)
    phases = sorted((spread.random() * every, target) for target in range(targets))
    for lap in count():
        for phase, target in phases:
            yield lap * every + phase, target


async def keep_pace(
    targets: int, every: float, seconds: float, visit: Callable[[int], Awaitable[None]]
) -> None:
    """Start ``visit(target)`` in that pattern for ``seconds``, whether the one before has ended or not."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as visits:
        for offset, target in starts(targets, every):
            if offset >= seconds:
                break
            delay = began + offset - loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
            visits.create_task(_visit(visit, target))


async def _visit(visit: Callable[[int], Awaitable[None]], target: int) -> None:
    await visit(target)
