"""Bytes that go to and fro between the browser and a server, unchanged and counted."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Protocol

from probes.chromium.shaping import Read, Shaping, Write
from probes.wire.sockets import TimedSocket

PIECE = 64 * 1024
Carry = Callable[[Read, Write], Awaitable[None]]
"""How bytes are brought from one side to the other."""
_LINGER_NOT = struct.pack("ii", 1, 0)


class Counted(Protocol):
    """Where the bytes are counted."""

    sent: int
    received: int


async def relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream: TimedSocket,
    counted: Counted,
    shaping: Shaping | None = None,
) -> None:
    """Carry bytes both ways until one side has ended; what the server sent by then reaches the browser.

    Where the server broke off, the browser sees a connection that broke off. ``shaping`` says how slowly.
    """
    up = shaping.up().carry if shaping else _carry
    down = shaping.down().carry if shaping else _carry
    ways = {
        asyncio.ensure_future(_up(reader, upstream, counted, up)),
        asyncio.ensure_future(_down(upstream, writer, counted, down)),
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


async def _down(upstream: TimedSocket, writer: asyncio.StreamWriter, counted: Counted, carry: Carry) -> None:
    async def read(most: int) -> bytes:
        data = await upstream.receive(most)
        counted.received += len(data)
        return data

    async def write(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    await carry(read, write)
    writer.close()
    await writer.wait_closed()


async def _up(reader: asyncio.StreamReader, upstream: TimedSocket, counted: Counted, carry: Carry) -> None:
    async def read(most: int) -> bytes:
        data = await reader.read(most)
        counted.sent += len(data)
        return data

    await carry(read, upstream.send)


async def _carry(read: Read, write: Write) -> None:
    """Carry bytes as they come."""
    while data := await read(PIECE):
        await write(data)
