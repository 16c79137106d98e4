"""The part of SOCKS5 (RFC 1928) that a browser speaks to the fence: one command, and the answer to it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
from contextlib import suppress

OK, GENERAL, NOT_ALLOWED, UNREACHABLE, REFUSED = 0, 1, 2, 4, 5
"""What an answer may be."""


async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int] | None:
    """What the browser wants to be connected to; ``None`` where it is none of ours."""
    version, methods = await reader.readexactly(2)
    if version != 5:
        return None
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    version, command, _, kind = await reader.readexactly(4)
    if kind == 1:
        host = socket.inet_ntop(socket.AF_INET, await reader.readexactly(4))
    elif kind == 4:
        host = socket.inet_ntop(socket.AF_INET6, await reader.readexactly(16))
    elif kind == 3:
        (length,) = await reader.readexactly(1)
        host = (await reader.readexactly(length)).decode("ascii", "replace")
    else:
        return None
    (port,) = struct.unpack("!H", await reader.readexactly(2))
    if version != 5 or command != 1 or not port:
        return None
    with suppress(ValueError):
        host = str(ipaddress.ip_address(host.strip("[]")))
    return host, port


def reply(code: int) -> bytes:
    """The answer to what was asked."""
    return bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0))
