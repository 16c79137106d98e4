"""TLS over a timed socket: the handshake's time without our own arithmetic, and what was negotiated.

The handshake is counted from each of our flights to the last byte of the answer to it; the key exchange and
the checking of certificates in between are our own process's time.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import certifi

from probes.failure import Failure
from probes.sample import Clock, Fault
from probes.wire.sockets import READ_BYTES, TimedSocket


@dataclass(frozen=True, slots=True)
class Trust:
    """What a connection is asked to prove, and what it is shown."""

    ca: Path | None = None
    """Roots beside Mozilla's (the certifi package)."""
    verify: bool = True
    certificate: tuple[Path, Path] | None = None
    """Our own certificate and its key, where the page asks for one."""


CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:RSA+AES:!aNULL:!eNULL:!aDSS:!AESCCM"
"""Those of browsers: Python's own choice leaves out the key exchange by RSA and CBC with SHA-1, and would see
a server as down that visitors still reach."""


@lru_cache(maxsize=64)
def context(trust: Trust, alpn: tuple[str, ...]) -> ssl.SSLContext:
    """The context for ``trust``; kept, because loading the roots takes tens of milliseconds.

    Raises:
        ValueError: a file that ``trust`` names cannot be used.
    """
    made = ssl.create_default_context(cafile=certifi.where())
    made.set_ciphers(CIPHERS)
    # Python 3.13 asks for more than browsers do, and would see pages as down that visitors still reach.
    made.verify_flags &= ~(ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN)
    if not trust.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    try:
        if trust.ca is not None:
            made.load_verify_locations(trust.ca)
        if trust.certificate is not None:
            made.load_cert_chain(*trust.certificate)
    except OSError as error:
        raise ValueError(f"{trust.certificate or trust.ca}: {error}") from error
    made.set_alpn_protocols(list(alpn))
    return made


class TlsStream:
    """The encrypted counterpart of a :class:`TimedSocket`, with the same way of reading and writing."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "socket")

    def __init__(self, socket: TimedSocket, context: ssl.SSLContext, host: str) -> None:
        self.socket = socket
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    async def handshake(self) -> float:
        """Shake hands; returns the seconds that were spent waiting for the other side.

        Raises:
            Failure: the other side broke off, spoke no TLS or proved nothing.
        """
        try:
            return await self._shake()
        except ssl.SSLError as error:
            # An alert of ours would tell the other side why; that it does not arrive changes nothing.
            raise Failure(Fault.TLS, describe(error)) from error
        except OSError as error:
            words = f"the connection broke in the middle of the handshake: {error}"
            raise Failure(Fault.TLS, words) from error

    async def _shake(self) -> float:
        took = 0.0
        sent = self.socket.arrived
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                if self._outgoing.pending:
                    took += max(0.0, self.socket.arrived - sent)
                    sent = await self._flush()
                if not await self._fill():
                    words = "the connection was closed in the middle of the handshake"
                    raise Failure(Fault.TLS, words) from None
            else:
                # What is left to send (TLS 1.3: our Finished) goes out together with the request.
                return took + max(0.0, self.socket.arrived - sent)

    async def receive(self, limit: int = READ_BYTES) -> bytes:
        """The next bytes in clear, as they come; ``b""`` at the end, said or not.

        Raises:
            Failure: what came is not TLS.
            OSError: the connection broke.
        """
        while True:
            try:
                return self._tls.read(READ_BYTES)
            except ssl.SSLWantReadError:
                if (
                    self._outgoing.pending
                ):  # pragma: no cover  # a KeyUpdate, which no server of the tests sends
                    await self._flush()
                if not await self._fill(limit):
                    return b""
            except ssl.SSLError as error:
                raise Failure(Fault.TLS, describe(error)) from error

    async def send(self, data: bytes) -> float:
        """Send all of ``data``; returns the moment at which its last byte was about to be handed over.

        Raises:
            OSError: the connection broke.
        """
        self._tls.write(data)
        return await self._flush()

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
        return self._tls.selected_alpn_protocol()

    @property
    def certificate(self) -> bytes | None:
        """The other side's certificate, in DER."""
        return self._tls.getpeercert(binary_form=True)

    @property
    def version(self) -> str | None:
        """The version of the protocol, such as ``TLSv1.3``."""
        return self._tls.version()

    @property
    def cipher(self) -> str | None:
        """The cipher suite, by OpenSSL's name."""
        chosen = self._tls.cipher()
        return chosen[0] if chosen else None

    def close(self) -> None:
        """Close the connection; nothing is awaited, and a second call does nothing."""
        self.socket.close()

    async def _flush(self) -> float:
        return await self.socket.send(self._outgoing.read())

    async def _fill(self, limit: int = READ_BYTES) -> bool:
        data = await self.socket.receive(limit)
        if data:
            self._incoming.write(data)
        return bool(data)


def describe(error: ssl.SSLError) -> str:
    """What OpenSSL says, without the place in its source."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    reason = error.reason.replace("_", " ").lower() if error.reason else str(error)
    return reason if reason.startswith("tls") else f"TLS: {reason}"
