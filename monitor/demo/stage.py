"""The stage: the process of the demo that is the world outside (the app, and the regions' relays).

``python -m monitor.demo.stage LAYOUT`` runs until SIGTERM. It is a process of its own, so that what the
parent draws on the terminal adds nothing to the distances.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from monitor.demo.app import App, serving
from monitor.demo.layout import HOST, Layout
from monitor.demo.plan import Behaviour, behaviour
from monitor.demo.record import Record
from monitor.demo.relay import relay


@asynccontextmanager
async def stage(layout: Layout, behave: Callable[[float, str], Behaviour] = behaviour) -> AsyncIterator[App]:
    """The app and the relays of ``layout``, for as long as the context lasts."""
    zero = time.monotonic() - (time.time() - layout.started)

    def clock() -> float:
        return time.monotonic() - zero

    async with AsyncExitStack() as stack:
        record = stack.enter_context(Record(layout.record, clock))
        record.start()
        app = App(record, clock, {region.address: region.name for region in layout.regions}, behave)
        await stack.enter_async_context(serving(app, _bound(HOST, layout.app_port)))
        for region in layout.regions:
            await stack.enter_async_context(
                relay((region.address, layout.port), (HOST, layout.port), region.delay)
            )
        yield app


async def main(path: Path) -> None:
    """Run the stage of the layout in ``path`` until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with stage(Layout.load(path)):
        await ended.wait()


def _bound(host: str, port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


if __name__ == "__main__":  # pragma: no cover  # run by the supervisor alone
    asyncio.run(main(Path(sys.argv[1])))
