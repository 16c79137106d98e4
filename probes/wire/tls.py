"""TLS over a timed socket: the handshake's time without our own arithmetic, and what was negotiated.

The handshake is counted from each of our flights to the last byte of the answer to it; the key exchange and
the checking of certificates in between are our own process's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from OpenSSL import SSL

from probes.failure import Failure
from probes.sample import Clock, Fault
from probes.wire.openssl import Session, TlsError, lib
from probes.wire.sockets import READ_BYTES, TimedSocket
from probes.wire.trust import NotTrusted, Refused, Roots, Shown, Trust, identity, roots

CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:RSA+AES:!aNULL:!eNULL:!aDSS:!AESCCM"
"""Those of browsers: the usual choice leaves out the key exchange by RSA and CBC with SHA-1, and would see a
server as down that visitors still reach."""

GROUPS = "X25519:P-256:P-384:P-521"
"""Those of the key exchange, X25519 first, as over QUIC. The ``tls`` probe asks for post-quantum ones."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is offered to a server, and who has to vouch for it."""

    context: SSL.Context
    """Verifies nothing and knows no roots: these are for after the handshake."""
    roots: Roots | None
    """``None`` where any certificate will do."""


@lru_cache(maxsize=64)
def terms(trust: Trust, alpn: tuple[str, ...]) -> Terms:
    """The terms of ``trust``; kept, because loading what that names takes tens of milliseconds.

    Raises:
        ValueError: a file that ``trust`` names cannot be used.
    """
    known = roots(trust.ca)
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.clear_mode(lib.SSL_MODE_ENABLE_PARTIAL_WRITE)  # what is written is taken whole
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(CIPHERS.encode())
    # pyOpenSSL has no name for it. By itself OpenSSL would make two keys for each handshake, and need one.
    assert lib.SSL_CTX_set1_curves_list(context._context, GROUPS.encode()) == 1
    if trust.certificate is not None:
        ours = identity(trust.certificate)
        try:
            context.use_certificate(ours.certificate)
            for link in ours.chain:
                context.add_extra_chain_cert(link)
            context.use_privatekey(ours.key)
        except SSL.Error as error:
            raise ValueError(f"{trust.certificate[0]}: {error}") from error
    if alpn:
        context.set_alpn_protos([name.encode() for name in alpn])
    return Terms(context, known if trust.verify else None)


class TlsStream:
    """The encrypted counterpart of a :class:`TimedSocket`, with the same way of reading and writing."""

    __slots__ = ("_host", "_roots", "_tls", "shown", "socket")

    def __init__(self, socket: TimedSocket, terms: Terms, host: str) -> None:
        self.socket = socket
        self.shown = Shown()
        """What the other side showed, once the handshake is over."""
        self._roots = terms.roots
        self._host = host
        self._tls = Session(terms.context, host)

    async def handshake(self) -> float:
        """Shake hands; returns the seconds that were spent waiting for the other side.

        Raises:
            Refused: its certificate is not accepted.
            Failure: the other side broke off, or spoke no TLS.
        """
        try:
            took = await self._shake()
        except TlsError as error:
            # An alert of ours would tell the other side why; that it does not arrive changes nothing.
            raise Failure(Fault.TLS, str(error)) from error
        except OSError as error:
            words = f"the connection broke in the middle of the handshake: {error}"
            raise Failure(Fault.TLS, words) from error
        self._judge()
        return took

    async def _shake(self) -> float:
        took = 0.0
        sent = self.socket.arrived
        while not self._tls.shake():
            if flight := self._tls.take():
                took += max(0.0, self.socket.arrived - sent)
                sent = await self.socket.send(flight)
            if not await self._fill():
                raise Failure(Fault.TLS, "the connection was closed in the middle of the handshake")
        # What is left to send (TLS 1.3: our Finished) goes out together with the request.
        return took + max(0.0, self.socket.arrived - sent)

    def _judge(self) -> None:
        """Keep what was shown, and refuse it where it is not to be believed: before anything is asked for."""
        chain = self._tls.chain
        self.shown = Shown(chain[0], self._tls.cipher, self._tls.version)
        if self._roots is None:
            return
        try:
            self._roots.check(chain, self._host)
        except NotTrusted as error:
            raise Refused(error, self.shown) from error

    async def receive(self, limit: int = READ_BYTES) -> bytes:
        """The next bytes in clear, as they come; ``b""`` at the end, said or not.

        Raises:
            Failure: what came is not TLS.
            OSError: the connection broke.
        """
        while True:
            try:
                data = self._tls.read()
            except TlsError as error:
                raise Failure(Fault.TLS, str(error)) from error
            if data is not None:
                return data
            if reply := self._tls.take():  # pragma: no cover  # to a KeyUpdate, which no test has
                await self.socket.send(reply)
            if not await self._fill(limit):
                return b""

    async def send(self, data: bytes) -> float:
        """Send all of ``data``; returns the moment at which its last byte was about to be handed over.

        Raises:
            OSError: the connection broke.
        """
        self._tls.write(data)
        return await self.socket.send(self._tls.take())

    @property
    def arrived(self) -> float:
        """When the bytes last read came in, in monotonic seconds."""
        return self.socket.arrived

    @property
    def clock(self) -> Clock:
        """Whose time that is."""
        return self.socket.clock

    @property
    def alpn(self) -> str | None:
        """The protocol that was agreed on, by its ALPN name."""
        return self._tls.alpn

    def close(self) -> None:
        """Close the connection; nothing is awaited, and a second call does nothing."""
        self.socket.close()

    async def _fill(self, limit: int = READ_BYTES) -> bool:
        data = await self.socket.receive(limit)
        if data:
            self._tls.put(data)
        return bool(data)
