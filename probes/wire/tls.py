"""TLS over a timed socket: the handshake's time without our own arithmetic, and what was negotiated.

The handshake is counted from each of our flights to the last byte of the answer to it; the key exchange and
the checking of certificates in between are our own process's time.

The OpenSSL is the one that the cryptography package brings: the same on each machine, whichever Python is
linked with, and at a good deal less CPU for a handshake than that of Debian 12.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL, crypto

from probes.failure import Failure
from probes.sample import Clock, Fault
from probes.wire.addresses import Address
from probes.wire.sockets import READ_BYTES, TimedSocket
from probes.wire.trust import NotTrusted, Refused, Shown, Trust, identity, prepare, roots

CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:RSA+AES:!aNULL:!eNULL:!aDSS:!AESCCM"
"""Those of browsers: the usual choice leaves out the key exchange by RSA and CBC with SHA-1, and would see a
server as down that visitors still reach."""

GROUPS = "X25519:P-256:P-384:P-521"
"""Those of the key exchange, X25519 first, as over QUIC. The ``tls`` probe asks for post-quantum ones."""

_RECORDS_BYTES = 64 * 1024

_lib = Binding().lib


@lru_cache(maxsize=64)
def context(trust: Trust, alpn: tuple[str, ...]) -> SSL.Context:
    """The context for ``trust``; kept, because loading what that names takes tens of milliseconds.

    It verifies nothing and knows no roots: after the handshake, :mod:`probes.wire.trust` does.

    Raises:
        ValueError: a file that ``trust`` names cannot be used.
    """
    prepare(trust)
    made = SSL.Context(SSL.TLS_CLIENT_METHOD)
    made.set_min_proto_version(SSL.TLS1_2_VERSION)
    made.set_cipher_list(CIPHERS.encode())
    # pyOpenSSL has no name for it. By itself OpenSSL would make two keys for each handshake, and need one.
    assert _lib.SSL_CTX_set1_curves_list(made._context, GROUPS.encode()) == 1
    if trust.certificate is not None:
        ours = identity(trust.certificate)
        try:
            made.use_certificate(ours.certificate)
            for link in ours.chain:
                made.add_extra_chain_cert(link)
            made.use_privatekey(ours.key)
        except SSL.Error as error:
            raise ValueError(f"{trust.certificate}: {describe(error)}") from error
    made.set_alpn_protos([name.encode() for name in alpn])
    return made


class TlsStream:
    """The encrypted counterpart of a :class:`TimedSocket`, with the same way of reading and writing."""

    __slots__ = ("_host", "_tls", "_trust", "shown", "socket")

    def __init__(self, socket: TimedSocket, trust: Trust, alpn: tuple[str, ...], host: str) -> None:
        self.socket = socket
        self.shown = Shown()
        """What the other side showed, once the handshake is over."""
        self._trust = trust
        self._host = host
        self._tls = client(context(trust, alpn), host)

    async def handshake(self) -> float:
        """Shake hands; returns the seconds that were spent waiting for the other side.

        Raises:
            Refused: its certificate is not accepted.
            Failure: the other side broke off, or spoke no TLS.
        """
        try:
            took = await self._shake()
        except SSL.Error as error:
            # An alert of ours would tell the other side why; that it does not arrive changes nothing.
            raise Failure(Fault.TLS, describe(error)) from error
        except OSError as error:
            words = f"the connection broke in the middle of the handshake: {error}"
            raise Failure(Fault.TLS, words) from error
        self._judge()
        return took

    async def _shake(self) -> float:
        took = 0.0
        sent = self.socket.arrived
        while True:
            try:
                self._tls.do_handshake()
            except SSL.WantReadError:
                if flight := outgoing(self._tls):
                    took += max(0.0, self.socket.arrived - sent)
                    sent = await self.socket.send(flight)
                if not await self._fill():
                    words = "the connection was closed in the middle of the handshake"
                    raise Failure(Fault.TLS, words) from None
            else:
                # What is left to send (TLS 1.3: our Finished) goes out together with the request.
                return took + max(0.0, self.socket.arrived - sent)

    def _judge(self) -> None:
        """Keep what was shown, and refuse it where it is not to be believed: before anything is asked for."""
        chain = shown_chain(self._tls)
        self.shown = Shown(chain[0], self._tls.get_cipher_name(), self._tls.get_protocol_version_name())
        if not self._trust.verify:
            return
        try:
            roots(self._trust.ca).check(chain, self._host)
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
                return self._tls.recv(READ_BYTES)
            except SSL.WantReadError:
                if reply := outgoing(self._tls):  # pragma: no cover  # to a KeyUpdate: no server of the tests
                    await self.socket.send(reply)
                if not await self._fill(limit):
                    return b""
            except SSL.ZeroReturnError:
                return b""
            except SSL.Error as error:
                raise Failure(Fault.TLS, describe(error)) from error

    async def send(self, data: bytes) -> float:
        """Send all of ``data``; returns the moment at which its last byte was about to be handed over.

        Raises:
            OSError: the connection broke.
        """
        self._tls.sendall(data)
        return await self.socket.send(outgoing(self._tls))

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
        return chosen(self._tls)

    def close(self) -> None:
        """Close the connection; nothing is awaited, and a second call does nothing."""
        self.socket.close()

    async def _fill(self, limit: int = READ_BYTES) -> bool:
        data = await self.socket.receive(limit)
        if data:
            self._tls.bio_write(data)
        return bool(data)


def client(context: SSL.Context, host: str) -> SSL.Connection:
    """A handshake with ``host`` that waits for what is read and written."""
    tls = SSL.Connection(context, None)
    tls.set_connect_state()
    name = _server_name(host)
    if name is not None:
        tls.set_tlsext_host_name(name)
    return tls


@lru_cache(maxsize=4096)
def _server_name(host: str) -> bytes | None:
    """What the other side is told whom we want: no address, and no dot at the end (RFC 6066, section 3)."""
    return host.rstrip(".").encode("ascii") if Address.parse(host) is None else None


def outgoing(tls: SSL.Connection) -> bytes:
    """What ``tls`` has to send, which may be nothing."""
    pieces = []
    try:
        while True:
            pieces.append(tls.bio_read(_RECORDS_BYTES))
            if len(pieces[-1]) < _RECORDS_BYTES:
                break
    except SSL.WantReadError:
        pass
    return b"".join(pieces)


def shown_chain(tls: SSL.Connection) -> list[bytes]:
    """The certificates that the other side showed, in DER, its own first."""
    return [crypto.dump_certificate(crypto.FILETYPE_ASN1, each) for each in tls.get_peer_cert_chain() or ()]


def chosen(tls: SSL.Connection) -> str | None:
    """The protocol that was agreed on, by its ALPN name."""
    return tls.get_alpn_proto_negotiated().decode("ascii", "replace") or None


def describe(error: SSL.Error) -> str:
    """What OpenSSL says, without the place in its source."""
    said = error.args[0] if error.args and isinstance(error.args[0], list) else []
    reasons = (
        ", ".join(str(part[-1]).removeprefix("ssl/tls ") for part in said) or "the connection was closed"
    )
    return reasons if reasons.startswith("tls") else f"TLS: {reasons}"
