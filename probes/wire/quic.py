"""QUIC (RFC 9000) over a timed socket: the handshake, and what comes and goes on the streams.

aioquic's core has no socket and no clock of its own: it is fed datagrams with the moments at which the
kernel says they came. What it has to send goes out when nothing is left to read, so that a burst of
datagrams is answered once.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from time import monotonic

from aioquic.quic.events import QuicEvent
from aioquic.tls import AlertBadCertificate

from probes.failure import Failure, OwnFault
from probes.sample import Clock, Fault
from probes.wire.addresses import Address
from probes.wire.quic_connection import Connection
from probes.wire.quic_errors import NO_ERROR, failure
from probes.wire.sockets import TimedSocket, open_socket
from probes.wire.trust import NotTrusted, Refused, Shown, Trust, identity, roots

DATAGRAM_BYTES = 4096
"""A datagram that is larger is not taken whole; no path of the Internet carries one of half that."""

MOST_AT_ONCE = 16
"""How many datagrams are taken before they are answered, and before other probes get their turn."""


_MOST_VERSIONS = 8

_NONSENSE = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What the library may stumble with over packets that nobody honest sends."""


class QuicLink:
    """A QUIC connection to one address. What is known of it is gone when it is closed, but for its clock."""

    def __init__(self, sock: TimedSocket, port: int, host: str, alpn: str, trust: Trust) -> None:
        self.address = sock.address
        self.sent = 0.0
        """When the last datagram was about to be handed over."""
        self.datagrams = 0
        """How many came."""
        self._socket = sock
        self._trust = trust
        self._host = host
        self._peer = (sock.address.text, port)
        self._at_once = 0
        self._refused: NotTrusted | None = None
        """Why the certificate was not accepted."""
        self._quic = Connection(
            alpn,
            host,
            self._check if trust.verify else None,
            identity(trust.certificate) if trust.certificate else None,
        )

    async def shake(self) -> float:
        """Shake hands; returns the seconds from our first datagram to the last one that it took.

        Raises:
            Failure: the other side broke off, speaks something else or proved nothing.
        """
        started = monotonic()
        self._quic.connect(self._peer, started)
        while not self._quic.shaken:
            await self.step()
        # What is left to send, our Finished, goes out together with the request.
        return max(0.0, self.arrived - started)

    @property
    def arrived(self) -> float:
        """When the datagram last read came in, in monotonic seconds."""
        return self._socket.arrived

    @property
    def clock(self) -> Clock:
        """Whose time that is."""
        return self._socket.clock

    @property
    def shown(self) -> Shown:
        """What the server showed of its TLS."""
        tls = self._quic.tls
        return Shown(tls.shown[0] if tls.shown else b"", tls.cipher, "TLSv1.3")  # QUIC has no other

    @property
    def alpn(self) -> str | None:
        """The protocol that was agreed on, by its ALPN name."""
        return self._quic.tls.alpn_negotiated

    @property
    def quic_version(self) -> str:
        """The version of QUIC: ``1`` or ``2``."""
        return self._quic.version

    @property
    def retried(self) -> bool:
        """Whether the server had our address validated by a Retry packet."""
        return self._quic.retried

    @property
    def zero_rtt(self) -> bool | None:
        """Whether the server's tickets allow early data; ``None`` as long as it sent none."""
        return self._quic.tls.early_data

    @property
    def open(self) -> bool:
        """Whether nobody has ended the connection."""
        return self._quic.ended is None

    def write(self, stream: int, data: bytes, *, end: bool = False) -> None:
        """Put ``data`` in line on a stream of ours; it goes out with :meth:`flush`."""
        self._quic.send_stream_data(stream, data, end)

    def sends(self, stream: int) -> bool:
        """Whether something that was written to ``stream`` did not go out yet."""
        return self._quic.sends(stream)

    def flush(self) -> None:
        """Send what may go out.

        Raises:
            Failure: the other side is not there.
        """
        try:
            for datagram, _ in self._quic.datagrams_to_send(monotonic()):
                # The moment before the call: where the two differ, the later one would flatter.
                self.sent = monotonic()
                self._socket.send_now(datagram)
        except OSError as error:
            raise self._broken(error) from error
        except _NONSENSE as error:  # pragma: no cover  # no packet is known that does it
            raise self._nonsense(error) from error

    async def step(self) -> list[QuicEvent]:
        """Wait for the next datagram, and say what it brought.

        Raises:
            Failure: the connection ended.
        """
        data = await self._datagram()
        if data is not None:
            self._take(data)
        events = []
        while (event := self._quic.next_event()) is not None:
            events.append(event)
        if not events and not self.open:
            raise self._failure()
        return events

    def close(self) -> None:
        """Say goodbye once and close; nothing is awaited, and a second call does nothing."""
        if self._socket.closed:
            return
        try:
            if self.open:
                self._quic.close(NO_ERROR)
            self.flush()
        except Failure:
            pass
        finally:
            self._socket.close()
            self._quic.forget()

    async def _datagram(self) -> bytes | None:
        """The next datagram, or ``None`` where a timer or the end came first."""
        if not self.open:
            return None
        if self._at_once < MOST_AT_ONCE:
            data = self._receive()
            if data is not None:
                self._at_once += 1
                return data
            self._at_once = 0
            self.flush()
            due = self._quic.get_timer()
            if due is not None:
                await self._socket.readable(max(0.0, due - monotonic()))
        else:
            self._at_once = 0
            self.flush()
            await asyncio.sleep(0)
        now = monotonic()
        due = self._quic.get_timer()
        if due is not None and now >= due:
            self._quic.handle_timer(now)
        return self._receive()

    def _receive(self) -> bytes | None:
        try:
            return self._socket.receive_now(DATAGRAM_BYTES)
        except OSError as error:
            raise self._broken(error) from error

    def _take(self, data: bytes) -> None:
        self.datagrams += 1
        try:
            self._quic.receive_datagram(data, self._peer, self.arrived)
        except _NONSENSE as error:  # pragma: no cover  # no packet is known that does it
            raise self._nonsense(error) from error

    def _check(self, chain: list[bytes]) -> None:
        try:
            roots(self._trust.ca).check(chain, self._host)
        except NotTrusted as error:
            self._refused = error
            raise AlertBadCertificate(str(error)) from error

    def _failure(self) -> Failure:
        end = self._quic.ended
        assert end is not None  # asked for only where it is
        if self._refused is not None:
            return Refused(self._refused, self.shown)
        if self._quic.offered is not None and not self._quic.shaken:
            offered = ", ".join(f"0x{version:x}" for version in self._quic.offered[:_MOST_VERSIONS])
            words = f"QUIC: the server speaks none of our versions (1 and 2), but {offered or 'none'}"
            return Failure(Fault.PROTOCOL, words)
        return failure(end, by_peer=self._quic.ended_by_peer, shaken=self._quic.shaken)

    def _nonsense(self, error: Exception) -> Failure:  # pragma: no cover  # as above
        fault = Fault.PROTOCOL if self._quic.shaken else Fault.CONNECT
        return Failure(fault, f"QUIC: what the server sent makes no sense: {error!r:.100}")

    def _broken(self, error: OSError) -> Failure:
        where = f"{self.address.text} port {self._peer[1]}: {error.strerror}"
        if self._quic.shaken:
            return Failure(Fault.PROTOCOL, f"QUIC: the connection broke: {where}")
        if error.errno == errno.EPERM:  # pragma: no cover  # a firewall of this machine's own
            return OwnFault(Fault.CONNECT, f"no way from here to {where}")
        return Failure(Fault.CONNECT, where)


async def connect(
    loop: asyncio.AbstractEventLoop, address: Address, port: int, host: str, alpn: str, trust: Trust
) -> tuple[QuicLink, float]:
    """Shake hands with ``host`` at ``address``; returns the connection and the seconds that it took.

    Raises:
        Failure: the other side refused, was not reached, or failed in the handshake.
        OwnFault: this machine could not even try.
    """
    sock = TimedSocket(loop, open_socket(address, socket.SOCK_DGRAM), address)
    try:
        sock.begin(port)
        link = QuicLink(sock, port, host, alpn, trust)
    except BaseException:
        sock.close()
        raise
    try:
        return link, await link.shake()
    except BaseException:
        link.close()
        raise
