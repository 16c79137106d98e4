"""The door: a UDP port of loopback by which a browser speaks QUIC to one origin, and to nothing else.

A browser has no way through SOCKS for datagrams. So its resolver leads the page's own origin here, and each
of its flows is taken on to the address that the fence looked up and permits, unchanged. The look-up lies in
the visit's time, as it does for every visitor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from probes.chromium.fence import Connection, Fence
from probes.failure import Failure
from probes.sample import Fault

MOST_FLOWS = 64
"""Flows of one visit: a browser has one, and a second where it changes its own port."""
MOST_WAITING = 64
"""Datagrams of a flow that wait for its look-up."""

Place = tuple[Any, ...]
"""Where a datagram comes from, as sockets have it."""


class Door(asyncio.DatagramProtocol):
    """The port. It stays the same for as long as the browser that knows it, and leads one visit at a time."""

    def __init__(self) -> None:
        self.port = 0
        """The port; 0 until it is opened."""
        self._fence: Fence | None = None
        self._origin = ("", 0)
        self._flows: dict[Place, _Flow] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Have the port."""
        if self._transport is None:
            loop = asyncio.get_running_loop()
            await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))

    def lead(self, fence: Fence, host: str, port: int) -> None:
        """Lead flows to that origin from now on, as far as ``fence`` permits."""
        self._fence, self._origin = fence, (host, port)

    def shut(self) -> None:
        """Lead nowhere any more, and end the flows that there are."""
        self._fence = None
        for flow in self._flows.values():
            flow.close()
        self._flows.clear()

    def close(self) -> None:
        """Give the port back."""
        self.shut()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The port is there."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Place) -> None:
        """Take a datagram of the browser's on."""
        flow = self._flows.get(addr)
        if flow is None:
            if self._fence is None or len(self._flows) >= MOST_FLOWS:
                return
            flow = self._flows[addr] = _Flow(
                self._fence, *self._origin, lambda back: self._answer(back, addr)
            )
        flow.take(data)

    def _answer(self, data: bytes, addr: Place) -> None:
        if self._transport is not None:
            self._transport.sendto(data, addr)


class _Flow(asyncio.DatagramProtocol):
    """What one port of the browser's sends, and what comes back."""

    def __init__(self, fence: Fence, host: str, port: int, answer: Callable[[bytes], None]) -> None:
        self._fence = fence
        self._connection = Connection(host, port, fence.now(), datagrams=True)
        self._answer = answer
        self._waiting: list[bytes] = []
        self._upstream: asyncio.DatagramTransport | None = None
        self._opening = asyncio.ensure_future(self._open())

    def take(self, data: bytes) -> None:
        """Send ``data`` on, once it is known where to."""
        if self._upstream is not None:
            self._connection.sent += len(data)
            self._upstream.sendto(data)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(data)

    def close(self) -> None:
        """End it."""
        self._opening.cancel()
        if self._upstream is not None:
            self._upstream.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a way to the server: what has waited goes first."""
        self._upstream = cast("asyncio.DatagramTransport", transport)
        for data in self._waiting:
            self.take(data)
        self._waiting.clear()

    def datagram_received(self, data: bytes, addr: Place) -> None:
        """Hand back what the server sent."""
        self._connection.received += len(data)
        self._answer(data)

    def error_received(self, exc: Exception) -> None:
        """The network said that nobody is there."""
        connection = self._connection
        if connection.failure is None and not connection.received:
            words = getattr(exc, "strerror", None) or str(exc)
            where = f"{connection.address} port {connection.port}"
            connection.failure = Failure(Fault.CONNECT, f"{where}: {words}")

    async def _open(self) -> None:
        try:
            way = await self._fence.admit(self._connection)
            loop = asyncio.get_running_loop()
            await loop.create_datagram_endpoint(lambda: self, sock=way.sock)
        except Failure as failure:  # the browser gives up by itself; the fence knows why
            self._connection.failure = failure
        self._connection.ended = self._fence.now()
