"""Chores that follow the wall clock and measure nothing, such as retention: APScheduler runs them.

It lives on wall time and coalesces what it missed: right for a chore, and wrong for a measurement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

JITTER = 600
"""Seconds over which the same chore of many agents is spread."""

_log = structlog.get_logger(__name__)


def hourly() -> BaseTrigger:
    """Once an hour, some minutes either way."""
    return CronTrigger(minute=30, jitter=JITTER, timezone="UTC")


def nightly(hour: int = 3) -> BaseTrigger:
    """Once a night, at ``hour`` UTC, some minutes either way."""
    return CronTrigger(hour=hour, jitter=JITTER, timezone="UTC")


class Chore:
    """Blocking work, run in a thread; a failure is logged and counted, and it is tried again next time."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self.name = name
        self.done = 0
        self.failed = 0
        self._work = work
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Do the work once."""
        self._ended.clear()
        try:
            result = await asyncio.to_thread(self._work)
        except Exception:
            self.failed += 1
            _log.exception("a chore failed", chore=self.name)
        else:
            self.done += 1
            _log.info("a chore is done", chore=self.name, result=result)
        finally:
            self._ended.set()

    async def wait(self) -> None:
        """Wait until it is not under way."""
        await self._ended.wait()


class Housekeeping:
    """Runs chores by their triggers for as long as its context is open; leaving waits for those under way."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._chores: list[Chore] = []

    def add(self, name: str, work: Callable[[], object], trigger: BaseTrigger) -> Chore:
        """Do ``work`` whenever ``trigger`` says so."""
        chore = Chore(name, work)
        # The bound method, not a callable object: APScheduler would call that in a thread.
        self._scheduler.add_job(chore.run, trigger, id=name, name=name)
        self._chores.append(chore)
        return chore

    async def __aenter__(self) -> Self:
        """Start."""
        self._scheduler.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Start no more, let what is under way end (its thread would go on anyway), and stop."""
        self._scheduler.pause()
        for chore in self._chores:
            await chore.wait()
        self._scheduler.shutdown(wait=False)
