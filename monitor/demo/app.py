"""The demo's origin: one small ASGI app that is all three vendors, and misbehaves on the plan.

caddy stands in front of it, ends TLS, and says in ``Host`` which vendor is asked for and in
``X-Forwarded-For`` through which region's relay the request came.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from types import MappingProxyType
from typing import Any

import uvicorn

from monitor.demo.edges import edge_headers
from monitor.demo.pages import Answer, answer
from monitor.demo.plan import VENDORS, Behaviour, Mode, behaviour, mode_at, next_change
from monitor.demo.record import Record

Scope = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[MutableMapping[str, Any]], Any]

TALLY_EVERY = 10.0
"""Seconds between two sums of pages served in the record."""

CONTROL = Answer(200, "text/plain; charset=utf-8", b"ok\n")
"""What is said to a request for no vendor: the address that always answers (the agents' ``controls``)."""


class App:
    """The ASGI app. ``clock`` says how many seconds have passed since the demo's start."""

    def __init__(
        self,
        record: Record,
        clock: Callable[[], float],
        regions: Mapping[str, str],
        behave: Callable[[float, str], Behaviour] = behaviour,
        tally_every: float = TALLY_EVERY,
    ) -> None:
        self._record = record
        self._clock = clock
        self._regions = regions
        self._behave = behave
        self._tally_every = tally_every
        self._closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as the plan says."""
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        vendor = headers.get("host", "").partition(".")[0]
        if vendor not in VENDORS:
            await _send(send, CONTROL)
            return
        region = self._regions.get(headers.get("x-forwarded-for", ""), "elsewhere")
        path = scope["path"]
        plan = self._behave(self._clock(), vendor)
        if plan.mode is not Mode.SERVE:
            self._record.fault(vendor, region, path, plan.mode)
        if plan.mode is Mode.HANG:
            await self._hang(receive)
            return
        query = scope["query_string"].decode("latin-1")
        reply = answer(vendor, path, query, plan.mode)
        delay = plan.delay if reply.kind.startswith("text/html") and reply.status != 302 else 0.0
        await asyncio.sleep(delay)
        if plan.mode is Mode.SERVE:
            self._record.served(vendor, region, path, delay)
        await _send(send, reply, edge_headers(vendor, region, self._clock(), query))

    async def tell_changes(self, since: float | None = None) -> None:
        """Write each change of a vendor's mode into the record when it comes, without end."""
        since = self._clock() if since is None else since
        await asyncio.gather(self._tally(), *(self._tell_changes_of(vendor, since) for vendor in VENDORS))

    def release(self) -> None:
        """Let go of all requests that hang, because the demo ends."""
        self._closing.set()

    async def _hang(self, receive: Receive) -> None:
        """Say nothing until the visitor has gone."""
        closing = asyncio.create_task(self._closing.wait())
        gone = asyncio.create_task(_disconnect(receive))
        try:
            await asyncio.wait((closing, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            gone.cancel()

    async def _tell_changes_of(self, vendor: str, since: float) -> None:
        moment: float | None = since
        while moment is not None:
            await asyncio.sleep(max(0.0, moment - self._clock()))
            self._record.change(vendor, mode_at(moment, vendor))
            moment = next_change(moment, vendor)

    async def _tally(self) -> None:
        while True:
            await asyncio.sleep(self._tally_every)
            self._record.tally()


@asynccontextmanager
async def serving(app: App, sock: socket.socket) -> AsyncIterator[None]:
    """Serve ``app`` on the bound socket ``sock`` for as long as the context lasts."""
    sock.listen(1024)
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            # Longer than caddy keeps an idle connection: else it now and then writes into one that has just
            # been closed, and answers with a 502 that is not in the plan.
            timeout_keep_alive=600,
            timeout_graceful_shutdown=2,
        )
    )
    tasks = [asyncio.create_task(server.serve(sockets=[sock])), asyncio.create_task(app.tell_changes())]
    try:
        yield
    finally:
        app.release()
        server.should_exit = True
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        sock.close()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: who runs the app decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, reply: Answer, edge: Mapping[str, str] = MappingProxyType({})) -> None:
    own = {"content-type": reply.kind, "content-length": str(len(reply.body)), **reply.headers}
    headers = {**edge, **own}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})
