"""The worker: a process that holds the driver and the browser, and visits what it is told on standard input.

One JSON object a line, both ways. ``{"prepare": ORDER}`` has a browser running for an order; the answer is
``{"failed": null}`` or says what is missing. ``{"visit": ORDER}`` is answered with the parts of a sample. The
worker ends, and everything with it, when its standard input does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from probes.chromium import pace
from probes.chromium.engine import Engine
from probes.chromium.order import Order
from probes.chromium.processes import end
from probes.chromium.round import Rounds
from probes.failure import Failure
from probes.wire.clock import Stamping
from probes.wire.names import Names

LONGEST_LINE = 4 * 1024 * 1024


class Worker:
    """Takes orders one after another."""

    def __init__(self, folder: Path) -> None:
        self._engine = Engine(folder)
        self._rounds = Rounds(self._engine, folder, Names())

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a line asks for."""
        if "prepare" in asked:
            return await self._prepare(Order(**asked["prepare"]))
        order = Order(**asked["visit"])
        took = await asyncio.to_thread(pace.piece)
        answer = await self._rounds.make(order)
        return {**answer, "pace": took, "group": self._engine.group, "restarts": self._engine.restarts()}

    async def settle(self) -> None:
        """Clear away what a visit spoilt, once it is answered."""
        await self._engine.settle()

    async def close(self) -> None:
        """End the browser and its driver."""
        self._rounds.close()
        await self._engine.close()

    async def _prepare(self, order: Order) -> dict[str, Any]:
        failed = None
        try:
            await self._rounds.prepare(order)
        except Failure as failure:
            failed = failure.detail
        return {
            "failed": failed,
            "pace": await asyncio.to_thread(pace.piece),
            "group": self._engine.group,
            "sandbox": self._engine.sandbox,
            "restarts": self._engine.restarts(),
        }

    def kill(self) -> None:
        """End the browser at once."""
        end(self._engine.group)


async def serve(folder: Path, out: int) -> None:
    """Answer what comes on standard input, in the file ``out``, until it ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    worker = Worker(folder)
    # The watch for the end must not wait for a visit that is under way.
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    hearing = asyncio.create_task(_hear(reader, lines))
    working = asyncio.create_task(_work(worker, lines, out))
    try:
        await asyncio.wait((hearing, working), return_when=asyncio.FIRST_COMPLETED)
        for task in (hearing, working):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await working
    finally:
        try:
            async with asyncio.timeout(3):
                await worker.close()
        finally:
            worker.kill()


async def _hear(reader: asyncio.StreamReader, lines: asyncio.Queue[bytes]) -> None:
    while line := await reader.readline():
        lines.put_nowait(line)


async def _work(worker: Worker, lines: asyncio.Queue[bytes], out: int) -> None:
    while True:
        answer = await worker.answer(orjson.loads(await lines.get()))
        os.write(out, orjson.dumps(answer) + b"\n")
        await worker.settle()


def main() -> None:
    """Serve in the folder that the only argument names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's, which is meant for the daemon
    import uvloop

    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    with Stamping():
        uvloop.run(serve(Path(sys.argv[1]), out))


if __name__ == "__main__":
    main()
