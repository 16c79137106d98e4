"""A slower and farther network than this machine's, made where a visit's bytes pass: in its fence.

All connections of a visit share one line each way, with a rate and half a round trip of delay. A look-up, a
connection's handshake and all that is sent on it pass over that line, so TLS and the first byte are as late
as they would be far away. A connection begins as TCP does, with ten segments under way (RFC 6928), and has
one more for each that has arrived. Nothing is ever lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic

from probes.chromium.profiles import Network
from probes.failure import Failure, OwnFault
from probes.wire import tcp
from probes.wire.addresses import Address
from probes.wire.sockets import TimedSocket

SEGMENT = 1448
"""Bytes of a full TCP segment over Ethernet, without its headers."""
FIRST_WINDOW = 10 * SEGMENT
_PIECE = 0.010
"""Seconds of the line that a connection takes at a time: what comes over it comes bit by bit."""
_AHEAD = 0.020
"""Seconds that a connection is ahead of the line, so that a loop which is late leaves no gap on it."""
_MOST_WAITING = 256
"""Pieces on their way to somebody who does not take them; then no more are read."""

Read = Callable[[int], Awaitable[bytes]]
"""Reads so many bytes at most; ``b""`` at the end."""
Write = Callable[[bytes], Awaitable[object]]


class Line:
    """One direction of the line that all connections share."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0
        self.piece = max(SEGMENT, int(rate / 8 * _PIECE))
        """Bytes that a connection puts on it at a time."""

    def put(self, size: int, now: float) -> float:
        """Put ``size`` bytes on the line, behind what is on it; gives when the last of them has left."""
        self._free = max(self._free, now) + size * 8 / self._rate
        return self._free


class Window:
    """How much of one connection may be under way: TCP's slow start (RFC 5681), where nothing is lost."""

    def __init__(self, rtt: float) -> None:
        self._rtt = rtt
        self._size = FIRST_WINDOW
        self._under_way = 0
        self._acks: deque[tuple[float, int]] = deque()

    def room(self, now: float) -> int:
        """How many bytes may be sent."""
        while self._acks and self._acks[0][0] <= now:
            size = self._acks.popleft()[1]
            self._under_way -= size
            self._size += size
        return self._size - self._under_way

    def next_room(self) -> float:
        """When there will be more of it."""
        return self._acks[0][0]

    def sent(self, size: int, left: float) -> None:
        """Take note that ``size`` bytes have left at the moment ``left``."""
        self._under_way += size
        self._acks.append((left + self._rtt, size))


class Way:
    """One direction of one connection."""

    def __init__(self, line: Line, rtt: float, clock: Callable[[], float]) -> None:
        self._line = line
        self._window = Window(rtt)
        self._delay = rtt / 2
        self._clock = clock

    async def carry(self, read: Read, write: Write) -> None:
        """Carry bytes as the line has them, until their end has arrived.

        Raises:
            OSError: one side broke, and what was sent before has arrived.
        """
        coming: asyncio.Queue[tuple[float, bytes | OSError]] = asyncio.Queue(_MOST_WAITING)
        sending = asyncio.ensure_future(self._send(read, coming))
        try:
            while True:
                at, what = await coming.get()
                await self._until(at)
                if isinstance(what, OSError):
                    raise what
                if not what:
                    return
                await write(what)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, read: Read, coming: asyncio.Queue[tuple[float, bytes | OSError]]) -> None:
        left = 0.0
        what: bytes | OSError = b""
        while True:
            while (room := self._window.room(self._clock())) <= 0:
                await self._until(self._window.next_room())
            try:
                what = await read(min(room, self._line.piece))
            except OSError as error:
                what = error
            if isinstance(what, OSError) or not what:
                break
            left = self._line.put(len(what), self._clock())
            self._window.sent(len(what), left)
            await coming.put((left + self._delay, what))
            await self._until(left - _AHEAD)
        await coming.put((max(left, self._clock()) + self._delay, what))

    async def _until(self, at: float) -> None:
        await _until(at, self._clock)


class Shaping:
    """The network of one visit."""

    def __init__(self, network: Network, clock: Callable[[], float] = monotonic) -> None:
        self._rtt = network.rtt
        self._clock = clock
        self._up = Line(network.up)
        self._down = Line(network.down)
        self._known: dict[str, float] = {}

    def up(self) -> Way:
        """The way of a new connection to its server."""
        return Way(self._up, self._rtt, self._clock)

    def down(self) -> Way:
        """The way of a new connection from its server."""
        return Way(self._down, self._rtt, self._clock)

    async def look_up(self, host: str) -> float:
        """Wait until a name server would have answered; gives the seconds waited.

        A visitor's machine asks once: who needs the same name later has it at once.
        """
        began = self._clock()
        await _until(self._known.setdefault(host, began + self._rtt), self._clock)
        return self._clock() - began

    async def connect(self, address: Address, port: int) -> tuple[TimedSocket, float]:
        """Open a connection, a round trip later than :func:`probes.wire.tcp.connect` does.

        Raises:
            Failure: the other side refused, which takes a round trip too, or was not reached.
        """
        try:
            stream, took = await tcp.connect(asyncio.get_running_loop(), address, port)
        except OwnFault:
            raise  # what this machine says reaches nobody
        except Failure:
            await _until(self._clock() + self._rtt, self._clock)
            raise
        began = self._clock()
        try:
            await _until(began + self._rtt, self._clock)
        except BaseException:
            stream.close()
            raise
        return stream, took + self._clock() - began


async def _until(at: float, clock: Callable[[], float]) -> None:
    """Wait for a moment of ``clock``, and never end before it, as a loop's timer may."""
    while True:
        left = at - clock()
        if left <= 0:
            return
        await asyncio.sleep(max(left, 0.001))
