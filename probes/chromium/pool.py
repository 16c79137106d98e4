"""Turns: so many visits at a time as leave the machine half of its cores, each in a worker of its own."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from probes.chromium.order import Order
from probes.chromium.pace import SLOW
from probes.chromium.process import WorkerGone, WorkerProcess
from probes.failure import OwnFault
from probes.sample import Fault

VISITS = 200
"""Visits after which a worker is started anew: driver and browser grow."""
QUEUE = 64
"""Runs that may wait for a turn."""
STARTING = 45.0
"""Seconds that a worker has to get a browser to run."""

_log = logging.getLogger(__name__)


def at_a_time() -> int:
    """How many visits are made at a time: two on two cores change little, four double every figure."""
    return max(1, min(4, (os.cpu_count() or 1) // 2))


class Pool:
    """The workers. Each is started when a run first needs it."""

    def __init__(
        self, slots: int | None = None, visits: int = VISITS, *, slow: float = SLOW, queue: int = QUEUE
    ) -> None:
        self.restarts = 0
        """How many workers and browsers ended that should not have, or had to be ended."""
        self._slots = asyncio.Semaphore(slots or at_a_time())
        self._visits = visits
        self._idle: list[WorkerProcess] = []
        self._waiting = 0
        self._queue = queue
        self._best = float("inf")
        self._most = slow
        self._said: set[str] = set()

    @asynccontextmanager
    async def turn(self, order: Order, seconds: float) -> AsyncIterator[Turn]:
        """A worker with a browser that runs, waited for ``seconds`` at most.

        Raises:
            OwnFault: there was none in that time, or no browser can be had.
        """
        await self._wait(seconds)
        worker: WorkerProcess | None = None
        try:
            worker = await self._ready(order)
            yield Turn(worker, self._read)
        finally:
            try:
                if worker is not None:
                    await self._put_back(worker)
            finally:
                self._slots.release()

    async def close(self) -> None:
        """End all workers."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(worker.close() for worker in idle))

    async def _wait(self, seconds: float) -> None:
        if self._waiting >= self._queue:
            raise OwnFault(Fault.INTERNAL, f"not visited: {self._waiting} runs wait for the browser already")
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            words = f"not visited: there was no turn for the browser within {seconds:.3g} s"
            raise OwnFault(Fault.INTERNAL, words) from error
        finally:
            self._waiting -= 1

    async def _ready(self, order: Order) -> WorkerProcess:
        used = self._idle.pop() if self._idle else None
        if used is not None and used.asked >= self._visits:
            await used.close()
            used = None
        try:
            worker = used or await WorkerProcess.start()
            answer = await self._prepare(worker, order)
        except WorkerGone:
            if used is None:
                raise
            worker = await WorkerProcess.start()  # one that died while it was idle says nothing
            answer = await self._prepare(worker, order)
        self._read(answer)
        if answer["failed"] is not None:
            self._once("the browser probe cannot visit", answer["failed"])
            self._idle.append(worker)
            raise OwnFault(Fault.INTERNAL, answer["failed"])
        if not answer["sandbox"]:
            self._once("the browser runs without its sandbox", _HOW_TO_LOCK)
        return worker

    async def _prepare(self, worker: WorkerProcess, order: Order) -> dict[str, Any]:
        try:
            return await worker.ask({"prepare": asdict(order)}, STARTING)
        except BaseException:
            self.restarts += 1
            await worker.close(patience=0.1)
            raise

    async def _put_back(self, worker: WorkerProcess) -> None:
        if worker.running:
            self._idle.append(worker)
            return
        self.restarts += 1
        await worker.close(patience=0.1)

    def _read(self, answer: dict[str, Any]) -> None:
        """Take what is for the pool out of a worker's answer, and put in whether the machine starves."""
        self.restarts += answer.pop("restarts")
        took = answer.pop("pace")
        self._best = min(self._best, took)
        answer["starved"] = took > self._most * self._best

    def _once(self, words: str, reason: str) -> None:
        if reason not in self._said:
            self._said.add(reason)
            _log.warning("%s: %s", words, reason)


class Turn:
    """One run's turn with a worker."""

    def __init__(self, worker: WorkerProcess, read: Callable[[dict[str, Any]], None]) -> None:
        self._worker = worker
        self._read = read

    async def visit(self, order: Order, seconds: float) -> dict[str, Any]:
        """The parts of a sample; ``starved`` says whether the machine was too busy to believe them.

        Raises:
            WorkerGone: the worker gave no answer within ``seconds``.
        """
        self._worker.asked += 1
        answer = await self._worker.ask({"visit": asdict(order)}, seconds)
        self._read(answer)
        return answer


_HOW_TO_LOCK = (
    "pages are not locked in. Run landwatch as a user other than root, or make the user landwatch-browser, "
    "and let that user have user namespaces"
)

__all__ = ["Pool", "Turn", "WorkerGone", "at_a_time"]
