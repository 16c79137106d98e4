"""The fence: a SOCKS5 proxy on loopback, the browser's only way out, that checks each address.

The browser hands names over and never resolves one itself, so what is checked is what is connected to: no
rebinding between the two, and redirects, frames, WebSockets and prefetches all come this way. Names are
looked up and connections dialled as the ``http`` probe does it (pins, hosts file, name servers, Happy
Eyeballs), and the fence keeps how long each took: the browser can't know that behind a proxy.

There is no UDP through SOCKS in a browser: WebRTC and WebTransport do not get out, and HTTP/3 only by the
door (:mod:`probes.chromium.door`), which asks the fence too.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from probes.chromium import socks
from probes.chromium.relay import relay
from probes.chromium.shaping import Shaping
from probes.failure import Failure, OwnFault
from probes.sample import Clock, Fault
from probes.wire.addresses import Address, IpNetwork, Scope, may_follow
from probes.wire.dial import Dialled, dial, race
from probes.wire.names import Lookup, Names, Pins
from probes.wire.query import Server
from probes.wire.sockets import TimedSocket, open_socket

MOST_CONNECTIONS = 512
"""How many connections a visit may ask for."""
_HELLO_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a visit may connect to, and how names are looked up for it."""

    host: str
    port: int
    """Where the page is, in ASCII: what is found there is where the config says the page is."""
    pins: Pins = field(default_factory=dict)
    servers: Sequence[Server] = ()
    ip: str = "any"
    networks: tuple[IpNetwork, ...] = ()
    """Networks that are not public and are allowed all the same."""


@dataclass(slots=True)
class Connection:
    """One connection that the browser asked for."""

    host: str
    port: int
    asked: float
    """Monotonic seconds."""
    dns: float | None = None
    connect: float | None = None
    address: str | None = None
    clock: Clock = Clock.KERNEL
    datagrams: bool = False
    """Whether it is a flow of datagrams: how long it takes to connect, the browser alone knows."""
    failure: Failure | None = None
    ended: float | None = None
    """When it stood, or had failed."""
    refused: bool = False
    """Whether the fence forbade it."""
    received: int = 0
    """Bytes that came in."""
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """A socket whose datagrams go to one address."""

    sock: socket.socket
    address: Address

    def close(self) -> None:
        """Give it back."""
        self.sock.close()


class Forbidden(Failure):
    """An address that this visit has no business with."""

    def __init__(self, address: Address) -> None:
        words = f"{address.text} is a {address.scope} address, and the page is not at one"
        super().__init__(Fault.REDIRECT, f"not connected: {words}")


class Fence:
    """The proxy of one visit."""

    def __init__(
        self,
        names: Names,
        rules: Rules,
        shaping: Shaping | None = None,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.connections: list[Connection] = []
        """What was asked for, in order."""
        self.port = 0
        self._names = names
        self._rules = rules
        self._shaping = shaping
        self._clock = clock
        self._scope: Scope | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen on a port of loopback."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def now(self) -> float:
        """The time on the fence's clock."""
        return self._clock()

    async def admit(self, connection: Connection) -> Way:
        """Look up where a flow of datagrams leads, and have a way there, as far as that is permitted.

        Raises:
            Failure: the name has no address, or none of them is permitted or can be sent to.
        """
        if len(self.connections) >= MOST_CONNECTIONS:
            raise Failure(Fault.CONNECT, "too many connections were asked for")
        self.connections.append(connection)
        lookup = await self._look_up(connection)
        first, permit = self._is_first(connection), self._permit_for(connection, lookup)
        connection.dns = lookup.took
        try:
            dialled = await race(lookup, permit, lambda address: _way_to(address, connection.port))
        finally:
            await lookup.close()
        way = dialled.stream
        connection.address = way.address.text
        if first:
            self._scope = way.address.scope
        return way

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the browser went away, or the visit is over
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_HELLO_SECONDS):
            asked = await socks.hear(reader, writer)
        if asked is None or len(self.connections) >= MOST_CONNECTIONS:
            writer.write(socks.reply(socks.GENERAL))
            await writer.drain()
            return
        connection = Connection(*asked, asked=self._clock())
        self.connections.append(connection)
        try:
            upstream = await self._dial(connection)
        except Failure as failure:
            connection.failure = failure
            connection.ended = self._clock()
            writer.write(socks.reply(_code(failure)))
            await writer.drain()
            return
        connection.ended = self._clock()
        try:
            writer.write(socks.reply(socks.OK))
            await relay(reader, writer, upstream, connection, self._shaping)
        finally:
            upstream.close()

    async def _dial(self, connection: Connection) -> TimedSocket:
        lookup = await self._look_up(connection)
        first, permit = self._is_first(connection), self._permit_for(connection, lookup)
        connection.dns = lookup.took
        try:
            if self._shaping is not None and lookup.took is not None:
                connection.dns = lookup.took + await self._shaping.look_up(lookup.host)
            dialled = await self._connect(lookup, connection.port, permit)
        finally:
            await lookup.close()
        stream = dialled.stream
        connection.address = stream.address.text
        connection.connect = dialled.took
        connection.clock = stream.clock if lookup.clock is Clock.KERNEL else Clock.LOOP
        if first:
            self._scope = stream.address.scope
        return stream

    async def _look_up(self, connection: Connection) -> Lookup:
        rules, shaping = self._rules, self._shaping
        try:
            return await self._names.look_up(
                connection.host, connection.port, ip=rules.ip, pins=rules.pins, servers=rules.servers
            )
        except Failure as failure:
            if shaping is not None and not isinstance(failure, OwnFault):
                await shaping.look_up(connection.host.lower().rstrip("."))
            raise

    async def _connect(
        self, lookup: Lookup, port: int, permit: Callable[[Address], None]
    ) -> Dialled[TimedSocket]:
        shaping = self._shaping
        if shaping is None:
            return await dial(lookup, port, permit)
        return await race(lookup, permit, lambda address: shaping.connect(address, port))

    def _is_first(self, connection: Connection) -> bool:
        """Whether it leads to the page itself, and nothing has before."""
        return self._scope is None and connection.host.lower().rstrip(".") == self._rules.host

    def _permit_for(self, connection: Connection, lookup: Lookup) -> Callable[[Address], None]:
        if lookup.pinned or self._is_first(connection):
            return _any
        return lambda address: self._permit(connection, address)

    def _permit(self, connection: Connection, address: Address) -> None:
        if not may_follow(address, self._scope or Scope.PUBLIC, self._rules.networks):
            connection.refused = True
            raise Forbidden(address)


async def _way_to(address: Address, port: int) -> tuple[Way, float]:
    """A way to an address, where this machine has one. Nothing is sent by this."""
    sock = open_socket(address, socket.SOCK_DGRAM)
    try:
        TimedSocket(asyncio.get_running_loop(), sock, address).begin(port)
    except Failure:
        sock.close()
        raise
    return Way(sock, address), 0.0


def _code(failure: Failure) -> int:
    if isinstance(failure, Forbidden):
        return socks.NOT_ALLOWED
    return socks.UNREACHABLE if failure.fault is Fault.DNS else socks.REFUSED


def _any(_: Address) -> None:
    """Permits any address: the page is where the config says."""
