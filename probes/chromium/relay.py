"""Bytes that go to and fro between the browser and a server, unchanged and counted."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Protocol

from probes.wire.sockets import TimedSocket

PIECE = 64 * 1024
_LINGER_NOT = struct.pack("ii", 1, 0)


class Counted(Protocol):
    """Where the bytes are counted."""

    sent: int
    received: int


async def relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: TimedSocket, counted: Counted
) -> None:
    """Carry bytes both ways until one side has ended; what the server sent by then reaches the browser.

    Where the server broke off, the browser sees a connection that broke off.
    """
    ways = {
        asyncio.ensure_future(_up(reader, upstream, counted)),
        asyncio.ensure_future(_down(upstream, writer, counted)),
    }
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if any(way.exception() is not None for way in done):
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _down(upstream: TimedSocket, writer: asyncio.StreamWriter, counted: Counted) -> None:
    while data := await upstream.receive(PIECE):
        counted.received += len(data)
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def _up(reader: asyncio.StreamReader, upstream: TimedSocket, counted: Counted) -> None:
    while data := await reader.read(PIECE):
        counted.sent += len(data)
        await upstream.send(data)
