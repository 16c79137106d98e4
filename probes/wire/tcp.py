"""Opening a TCP connection, and how long its handshake took."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from time import monotonic

from probes.failure import Failure
from probes.sample import Clock, Fault
from probes.wire.addresses import Address
from probes.wire.clock import STAMPS
from probes.wire.sockets import TimedSocket, open_socket

# struct tcp_info of linux/tcp.h: tcpi_rtt stands at byte 68, tcpi_total_retrans at byte 100.
_TCP_INFO_BYTES = 104
_ESTABLISHED = b"\x01"  # of tcpi_state, the first byte
_rtt_and_retransmits = struct.Struct("=68xI28xI").unpack


async def connect(loop: asyncio.AbstractEventLoop, address: Address, port: int) -> tuple[TimedSocket, float]:
    """Open a connection; returns it and the seconds from SYN to SYN-ACK, by the kernel where it tells.

    Raises:
        Failure: the other side refused or was not reached.
        OwnFault: this machine could not even try.
    """
    sock = open_socket(address, socket.SOCK_STREAM)
    stream = TimedSocket(loop, sock, address)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        started = monotonic()
        stream.begin(port)
        now, info = monotonic(), _tcp_info(sock)
        if info[:1] != _ESTABLISHED:  # as that to a page on this machine is at once
            await stream.writable()
            now, info = monotonic(), _tcp_info(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise Failure(Fault.CONNECT, f"{address.text} port {port}: {os.strerror(code)}")
        took, clock = _handshake_time(info, now - started)
    except BaseException:
        stream.close()
        raise
    stream.arrived = started + took
    stream.clock = clock
    return stream, took


def _tcp_info(sock: socket.socket) -> bytes:
    """What the kernel knows of the connection; nothing where it is not asked."""
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES) if STAMPS else b""


def _handshake_time(info: bytes, loop_time: float) -> tuple[float, Clock]:
    """The kernel's first round-trip estimate is the SYN's, unless the SYN had to be sent again."""
    if not info:
        return loop_time, Clock.LOOP
    rtt, retransmits = _rtt_and_retransmits(info)
    seconds = rtt * 1e-6
    if retransmits or not 0 < seconds <= loop_time:
        return loop_time, Clock.LOOP
    return seconds, Clock.KERNEL
