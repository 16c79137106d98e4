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
_TCP_ESTABLISHED = 1  # of tcpi_state, the first byte
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
        if not _is_established(sock):
            await stream.writable()
        now = monotonic()
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise Failure(Fault.CONNECT, f"{address.text} port {port}: {os.strerror(code)}")
        took, clock = _handshake_time(sock, now - started)
    except BaseException:
        stream.close()
        raise
    stream.arrived = started + took
    stream.clock = clock
    return stream, took


def _is_established(sock: socket.socket) -> bool:
    """Whether the connection stands already, as one to a page on this machine does."""
    if not STAMPS:
        return False
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_ESTABLISHED


def _handshake_time(sock: socket.socket, loop_time: float) -> tuple[float, Clock]:
    """The kernel's first round-trip estimate is the SYN's, unless the SYN had to be sent again."""
    if not STAMPS:
        return loop_time, Clock.LOOP
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    rtt, retransmits = _rtt_and_retransmits(info)
    seconds = rtt * 1e-6
    if retransmits or not 0 < seconds <= loop_time:
        return loop_time, Clock.LOOP
    return seconds, Clock.KERNEL
