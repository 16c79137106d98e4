from __future__ import annotations

import asyncio
import contextlib

import pytest
import ticking

from monitor.deadline import AGAIN, Deadline, DeadlinePassed


@ticking.test
async def test_what_ends_in_time_is_left_alone(clock: ticking.Clock) -> None:
    with Deadline(5) as deadline:
        await asyncio.sleep(4.9)
    await asyncio.sleep(10)
    assert not deadline.cancelled


@ticking.test
async def test_cuts_off_at_the_moment(clock: ticking.Clock) -> None:
    with pytest.raises(DeadlinePassed), Deadline(5) as deadline:
        await asyncio.sleep(100)
    assert clock.now == 5
    assert not deadline.cancelled
    await asyncio.sleep(10)  # nothing of it is left in the task


@ticking.test
async def test_cuts_off_again_what_swallows_it(clock: ticking.Clock) -> None:
    async def stubborn(times: int) -> None:
        for _ in range(times):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                continue
        await asyncio.sleep(100)

    with pytest.raises(DeadlinePassed), Deadline(5):
        await stubborn(3)
    assert clock.now == pytest.approx(5 + 3 * AGAIN)


@ticking.test
async def test_whatever_the_body_made_of_it_is_a_passed_deadline(clock: ticking.Clock) -> None:
    async def another_error() -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError as error:
            raise ValueError("in the clean-up") from error

    async def no_error() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100)

    with pytest.raises(DeadlinePassed) as caught, Deadline(5):
        await another_error()
    assert isinstance(caught.value.__cause__, ValueError)

    with pytest.raises(DeadlinePassed), Deadline(5):
        await no_error()


@ticking.test
async def test_a_cancellation_from_elsewhere_passes(clock: ticking.Clock) -> None:
    async def body() -> None:
        with Deadline(5):
            await asyncio.sleep(100)

    task = asyncio.create_task(body())
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@ticking.test
async def test_a_cancellation_from_elsewhere_passes_after_the_deadline_too(clock: ticking.Clock) -> None:
    async def body() -> None:
        with Deadline(5) as deadline:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                await asyncio.sleep(AGAIN / 2)
        assert deadline.cancelled, "not reached: it was cancelled"

    task = asyncio.create_task(body())
    await asyncio.sleep(5 + AGAIN / 4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@ticking.test
async def test_what_is_no_ordinary_error_passes(clock: ticking.Clock) -> None:
    class Stop(BaseException):
        pass

    async def stop() -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            raise Stop from None

    with pytest.raises(Stop), Deadline(5):
        await stop()
