from __future__ import annotations

import asyncio
import time
from pathlib import Path

import ticking


@ticking.test
async def test_an_hour_passes_at_once_and_exactly(clock: ticking.Clock) -> None:
    real, wall = time.monotonic(), clock.wall()
    await asyncio.sleep(3600)
    assert clock.mono() == asyncio.get_running_loop().time() == 3600
    assert clock.wall() == wall + 3600
    assert time.monotonic() - real < 60


@ticking.test
async def test_a_stall_makes_timers_late(clock: ticking.Clock) -> None:
    rang: list[float] = []
    asyncio.get_running_loop().call_later(1, lambda: rang.append(clock.now))
    clock.stall(5)
    await asyncio.sleep(0.1)
    assert rang == [5]


@ticking.test
async def test_a_step_turns_the_wall_clock_alone(clock: ticking.Clock) -> None:
    wall = clock.wall()
    clock.step(-3600)
    assert clock.wall() == wall - 3600
    assert clock.mono() == 0


@ticking.test
async def test_threads_and_fixtures_work(clock: ticking.Clock, tmp_path: Path) -> None:
    assert await asyncio.to_thread(tmp_path.is_dir)
