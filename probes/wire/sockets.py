"""A non-blocking socket that says when the bytes it read came in.

Every other read at least goes through the loop, so that a peer that never stops sending cannot keep a
deadline from firing.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from contextlib import suppress
from time import monotonic

from probes.failure import Failure, OwnFault
from probes.sample import Clock, Fault
from probes.wire.addresses import Address, Scope
from probes.wire.clock import ANCILLARY_BYTES, arrival, ask_for_stamps

READ_BYTES = 16 * 1024

# What connect() says at once is about this machine: no route, no address of that family, no ports left,
# a firewall here.
_OURS_AT_ONCE = frozenset(
    {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EAGAIN, errno.EPERM}
)


class TimedSocket:
    """A connected socket. ``arrived`` is when the bytes last read came in, in monotonic seconds."""

    __slots__ = ("_left", "_loop", "_reading", "_sock", "_waiter", "address", "arrived", "clock")

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, address: Address) -> None:
        self._loop = loop
        self._sock = sock
        self._waiter: asyncio.Future[None] | None = None
        self._reading = False
        self._left = False
        self.address = address
        self.arrived = monotonic()
        self.clock = Clock.KERNEL

    async def receive(self, limit: int = READ_BYTES) -> bytes:
        """The next bytes (or datagram), as they come; ``b""`` at the end of a connection.

        Raises:
            OSError: the connection broke.
        """
        data = None
        if self._left:
            # The last read was full, so more lies there: no need to wait, once for each pass of the loop.
            self._left = False
            data = self._read(limit)
        while data is None:
            await self._wait()
            data = self._read(limit)
            self._left = data is not None and len(data) == limit
        return data

    def receive_now(self, limit: int = READ_BYTES) -> bytes | None:
        """What lies there already, or ``None``.

        Raises:
            OSError: the connection broke.
        """
        return self._read(limit)

    async def readable(self, seconds: float) -> None:
        """Wait until something lies there, but no longer than ``seconds``."""
        timer = self._loop.call_later(seconds, self._readable)
        try:
            await self._wait()
        finally:
            timer.cancel()

    async def _wait(self) -> None:
        self._ask_to_read()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _read(self, limit: int) -> bytes | None:
        """What lies there, or ``None`` where nothing does."""
        try:
            data, ancillary, _, _ = self._sock.recvmsg(limit, ANCILLARY_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        at = arrival(ancillary, self.arrived)
        if at is None:
            at = monotonic()
            if data:
                self.clock = Clock.LOOP
        self.arrived = at
        return data

    async def send(self, data: bytes) -> float:
        """Send all of ``data``; returns the moment at which its last byte was about to be handed over.

        The moment before the call, not after it: where the two differ, the later one would flatter.

        Raises:
            OSError: the connection broke.
        """
        view = memoryview(data)
        while True:
            now = monotonic()
            try:
                sent = self._sock.send(view)
            except (BlockingIOError, InterruptedError):  # pragma: no cover  # writable, and then not
                sent = 0
            if sent == len(view):
                return now
            view = view[sent:]
            await self.writable()

    async def writable(self) -> None:
        """Wait until the socket takes bytes, or its connection attempt has ended."""
        # Reading is asked for first: the loop then has one handle for both, and keeps it.
        self._ask_to_read()
        ready = self._loop.create_future()
        fd = self._sock.fileno()
        self._loop.add_writer(fd, _wake, ready)
        try:
            await ready
        finally:
            self._loop.remove_writer(fd)

    def begin(self, port: int) -> None:
        """Begin to connect to ``port`` of the address; of a datagram socket, this only asks our own routes.

        Raises:
            Failure: no page can be at that address.
            OwnFault: this machine has no way there.
        """
        code = self._sock.connect_ex(self.address.sockaddr(port))
        if code in (0, errno.EINPROGRESS):
            return
        detail = f"{self.address.text} port {port}: {os.strerror(code)}"
        # A name that leads to an address at which no page can be is the page's fault, whoever says so.
        if code in _OURS_AT_ONCE and self.address.scope is not Scope.RESERVED:
            raise OwnFault(Fault.CONNECT, f"no way from here to {detail}")
        raise Failure(Fault.CONNECT, detail)

    @property
    def closed(self) -> bool:
        """Whether the socket was closed."""
        return self._sock.fileno() < 0

    def send_now(self, datagram: bytes) -> None:
        """Send a datagram; one that does not fit in at once is lost, as the network loses some.

        Raises:
            OSError: the other side said that it is not there.
        """
        with suppress(BlockingIOError, InterruptedError):
            self._sock.send(datagram)

    def close(self) -> None:
        """Close the socket; nothing is awaited, and a second call does nothing."""
        fd = self._sock.fileno()
        if fd >= 0:
            if self._reading:
                self._loop.remove_reader(fd)
                self._reading = False
            self._sock.close()

    def _ask_to_read(self) -> None:
        if not self._reading:
            self._loop.add_reader(self._sock.fileno(), self._readable)
            self._reading = True

    def _readable(self) -> None:
        waiter = self._waiter
        if waiter is None:
            # Nobody is reading: stop asking, or the loop would spin on what lies there.
            self._loop.remove_reader(self._sock.fileno())
            self._reading = False
        elif not waiter.done():
            waiter.set_result(None)


def _wake(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def open_socket(address: Address, kind: socket.SocketKind) -> socket.socket:
    """A non-blocking socket of the address's family, whose arrivals the kernel stamps.

    Raises:
        OwnFault: this machine has no socket of that kind to give.
    """
    try:
        sock = socket.socket(address.family, kind)
    except OSError as error:
        raise OwnFault(Fault.CONNECT, f"cannot open a socket: {error}") from error
    sock.setblocking(False)
    ask_for_stamps(sock)
    return sock
