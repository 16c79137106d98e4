"""A second full handshake, which takes any certificate: what the server shows when nothing is refused.

It asks for what a visit does not: the OCSP staple (RFC 6066, section 8), and the chain of a server with which
no visit comes to an agreement. It offers HTTP/1.1 before HTTP/2, the other way round than the visit. The
doors are open as wide as they go (old versions, small keys): nothing that is seen here is trusted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from OpenSSL import SSL

from probes.encryption.ask import Server
from probes.failure import Failure
from probes.sample import Fault
from probes.wire import tcp
from probes.wire.sockets import TimedSocket
from probes.wire.tls import chosen, client, describe, outgoing, shown_chain

LOOK_SECONDS = 5.0
"""How long it may take, connection and all."""

MOST_CERTIFICATES = 10
"""How many of a chain are looked at."""

MOST_BYTES = 256 * 1024
"""How much is read for one handshake: OpenSSL takes chains of 100 KiB."""

_STAPLE_BYTES = 64 * 1024
_ALPN = [b"http/1.1", b"h2"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server showed."""

    chain: tuple[bytes, ...]
    """Certificates as they were sent, in DER, the page's own first."""
    staple: bytes
    """The OCSP response that came with them; empty where none did."""
    alpn: str | None
    version: str
    cipher: str | None


async def look(server: Server, seconds: float = LOOK_SECONDS) -> Shown:
    """Shake hands with ``server`` and hang up.

    Raises:
        Failure: it could not be reached, or broke off.
    """
    try:
        async with asyncio.timeout(seconds):
            stream, _ = await tcp.connect(asyncio.get_running_loop(), server.address, server.port)
            try:
                return await _Handshake(stream, server.host).run()
            finally:
                stream.close()
    except TimeoutError as error:
        raise Failure(Fault.TIMEOUT, f"no handshake within {seconds:.3g} s") from error
    except OSError as error:
        raise Failure(Fault.TLS, f"the connection broke: {error}") from error


class _Handshake:
    """One handshake of pyOpenSSL over a timed socket."""

    def __init__(self, stream: TimedSocket, host: str) -> None:
        self._stream = stream
        self._staples: list[bytes] = []
        self._tls = client(_context(), host)
        self._tls.set_app_data(self._staples)
        self._tls.request_ocsp()

    async def run(self) -> Shown:
        read = 0
        while True:
            try:
                self._tls.do_handshake()
            except SSL.WantReadError:
                await self._flush()
                piece = await self._stream.receive()
                read += len(piece)
                if not piece or read > MOST_BYTES:
                    words = "the connection was closed in the middle of the handshake"
                    raise Failure(Fault.TLS, words) from None
                self._tls.bio_write(piece)
            except SSL.Error as error:
                raise Failure(Fault.TLS, describe(error)) from error
            else:
                await self._flush()
                return self._shown()

    async def _flush(self) -> None:
        if flight := outgoing(self._tls):
            await self._stream.send(flight)

    def _shown(self) -> Shown:
        staple = self._staples[0] if self._staples else b""
        return Shown(
            chain=tuple(shown_chain(self._tls)[:MOST_CERTIFICATES]),
            staple=staple if len(staple) <= _STAPLE_BYTES else b"",
            alpn=chosen(self._tls),
            version=self._tls.get_protocol_version_name(),
            cipher=self._tls.get_cipher_name(),
        )


@lru_cache(maxsize=1)
def _context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
    context.set_alpn_protos(_ALPN)
    context.set_ocsp_client_callback(_keep_staple)
    return context


def _keep_staple(connection: SSL.Connection, staple: bytes, _: object) -> bool:
    connection.get_app_data().append(staple)
    return True
