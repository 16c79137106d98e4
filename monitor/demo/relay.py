"""The demo's distances: relays that hold every byte and datagram back for a region's one-way delay.

A region's agent reaches the vendors through the relay on the region's own loopback address. Each direction
is delayed, so that a round trip takes twice the delay; the TCP handshake alone is answered by the relay's
kernel and shows no distance. Towards the server the relay speaks from its own address, which tells the server
the region.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

Address = tuple[str, int]

CHUNK = 64 * 1024
IN_FLIGHT = 64
"""Chunks that one direction of a TCP connection holds before it stops reading."""

FLOWS = 1024
"""UDP clients that are remembered; a new one beyond it takes the place of the oldest."""


@asynccontextmanager
async def relay(listen: Address, upstream: Address, delay: float) -> AsyncIterator[None]:
    """Relay TCP and UDP from ``listen`` to ``upstream`` for as long as the context lasts."""
    async with tcp_relay(listen, upstream, delay), udp_relay(listen, upstream, delay):
        yield


@asynccontextmanager
async def tcp_relay(listen: Address, upstream: Address, delay: float) -> AsyncIterator[int]:
    """Relay TCP connections, each direction ``delay`` seconds late, ends of streams included.

    Yields:
        The port, which is a free one where ``listen`` names 0.
    """
    visits: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.create_task(_carry(reader, writer, (listen[0], 0), upstream, delay))
        visits.add(visit)
        visit.add_done_callback(visits.discard)

    server = await asyncio.start_server(accept, *listen)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    source: Address,
    upstream: Address,
    delay: float,
) -> None:
    writers = [writer]
    ended = False
    try:
        far_reader, far_writer = await asyncio.open_connection(*upstream, local_addr=source)
        writers.append(far_writer)
        async with asyncio.TaskGroup() as directions:
            directions.create_task(_one_way(reader, far_writer, delay))
            directions.create_task(_one_way(far_reader, writer, delay))
        ended = True
    except* OSError:
        pass  # a reset on one side becomes a reset on the other, below
    finally:
        for one in writers:
            if ended:
                one.close()
            else:
                _reset(one)
        for one in writers:
            with suppress(OSError):
                await one.wait_closed()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset, not with an end of the stream."""
    at_once = struct.pack("ii", 1, 0)
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    writer.transport.abort()


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Carry one direction: what arrives now is sent ``delay`` later; an empty chunk is the stream's end."""
    clock = asyncio.get_running_loop().time
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)

    async def send() -> None:
        while True:
            due, chunk = await queue.get()
            await asyncio.sleep(max(0.0, due - clock()))
            if not chunk:
                writer.write_eof()
                return
            writer.write(chunk)
            await writer.drain()

    async with asyncio.TaskGroup() as halves:
        halves.create_task(send())
        chunk = b"more"
        while chunk:
            chunk = await reader.read(CHUNK)
            await queue.put((clock() + delay, chunk))


@asynccontextmanager
async def udp_relay(
    listen: Address, upstream: Address, delay: float, flows: int = FLOWS
) -> AsyncIterator[int]:
    """Relay datagrams, each direction ``delay`` seconds late; each client has its own socket upstream.

    Yields:
        The port, which is a free one where ``listen`` names 0.
    """
    loop = asyncio.get_running_loop()
    near = _Near((listen[0], 0), upstream, delay, flows)
    transport, _ = await loop.create_datagram_endpoint(lambda: near, local_addr=listen)
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
        await near.close()


class _Near(asyncio.DatagramProtocol):
    """The side of the clients: one flow for each of them."""

    def __init__(self, source: Address, upstream: Address, delay: float, most: int) -> None:
        self._source = source
        self._upstream = upstream
        self._delay = delay
        self._most = most
        self._flows: dict[Address, asyncio.Task[asyncio.DatagramTransport]] = {}
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        flow = self._flows.get(addr)
        if flow is None:
            if len(self._flows) >= self._most:
                self._drop(next(iter(self._flows)))
            flow = self._flows[addr] = asyncio.create_task(self._open(addr))
        self._loop.call_later(self._delay, self._forward, flow, data)

    async def close(self) -> None:
        """Close all flows."""
        flows = list(self._flows.values())
        for addr in list(self._flows):
            self._drop(addr)
        await asyncio.gather(*flows, return_exceptions=True)

    def back(self, addr: Address, data: bytes) -> None:
        """Send what the server said on to the client, late."""
        self._loop.call_later(self._delay, self._answer, addr, data)

    def _answer(self, addr: Address, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(data, addr)

    async def _open(self, addr: Address) -> asyncio.DatagramTransport:
        transport, _ = await self._loop.create_datagram_endpoint(
            lambda: _Far(self, addr), local_addr=self._source, remote_addr=self._upstream
        )
        return transport

    def _forward(self, flow: asyncio.Task[asyncio.DatagramTransport], data: bytes) -> None:
        """Send a datagram on; like a network, drop it where the flow is gone."""
        if not flow.done():
            flow.add_done_callback(lambda opened: self._forward(opened, data))
        elif not flow.cancelled() and flow.exception() is None and not flow.result().is_closing():
            flow.result().sendto(data)

    def _drop(self, addr: Address) -> None:
        flow = self._flows.pop(addr)
        flow.cancel()
        flow.add_done_callback(_close)


class _Far(asyncio.DatagramProtocol):
    """The side of the server, for one client."""

    def __init__(self, near: _Near, addr: Address) -> None:
        self._near = near
        self._addr = addr

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._near.back(self._addr, data)


def _close(flow: asyncio.Task[asyncio.DatagramTransport]) -> None:
    if not flow.cancelled() and flow.exception() is None:
        flow.result().close()
