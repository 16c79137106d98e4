from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from structlog.testing import capture_logs

from monitor.housekeeping import JITTER, Chore, Housekeeping, hourly, nightly


async def test_a_chore_runs_in_a_thread_by_its_trigger() -> None:
    threads: list[threading.Thread] = []
    thrice = threading.Event()

    def work() -> None:
        threads.append(threading.current_thread())
        if len(threads) == 3:
            thrice.set()

    async with Housekeeping() as house:
        chore = house.add("retention", work, IntervalTrigger(seconds=0.01, timezone="UTC"))
        assert await asyncio.to_thread(thrice.wait, 60)
    assert chore.done == len(threads) >= 3
    assert threading.main_thread() not in threads


async def test_a_chore_that_fails_is_logged_and_tried_again() -> None:
    tries: list[int] = []

    def work() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the store is away")
        return 12

    chore = Chore("retention", work)
    with capture_logs() as logs:
        await chore.run()
        await chore.run()
    assert (chore.failed, chore.done) == (1, 1)
    assert [(log["event"], log["chore"]) for log in logs] == [
        ("a chore failed", "retention"),
        ("a chore is done", "retention"),
    ]
    assert logs[1]["result"] == 12


async def test_leaving_waits_for_what_is_under_way() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert may_end.wait(60)

    async def leave() -> Chore:
        async with Housekeeping() as house:
            chore = house.add("retention", work, IntervalTrigger(seconds=0.01, timezone="UTC"))
            await asyncio.to_thread(begun.wait, 60)
        return chore

    leaving = asyncio.create_task(leave())
    await asyncio.to_thread(begun.wait, 60)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not leaving.done()
    may_end.set()
    assert (await leaving).done == 1


@pytest.mark.parametrize(("trigger", "hours"), [(hourly(), 1), (nightly(), 24)], ids=["hourly", "nightly"])
def test_triggers_fire_as_often_as_they_say_with_jitter(trigger: BaseTrigger, hours: int) -> None:
    previous = trigger.get_next_fire_time(None, datetime(2026, 1, 1, tzinfo=UTC))
    assert previous is not None
    after = trigger.get_next_fire_time(previous, previous + timedelta(seconds=JITTER * 2))
    assert after is not None
    assert abs((after - previous).total_seconds() - hours * 3600) <= 2 * JITTER
