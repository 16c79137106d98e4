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
from probes.wire.openssl import Session, TlsError
from probes.wire.sockets import TimedSocket

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
    cipher: str


async def look(server: Server, seconds: float = LOOK_SECONDS) -> Shown:
    """Shake hands with ``server`` and hang up.

    Raises:
        Failure: it could not be reached, or broke off.
    """
    try:
        async with asyncio.timeout(seconds):
            stream, _ = await tcp.connect(asyncio.get_running_loop(), server.address, server.port)
            try:
                return await _shake(stream, server.host)
            finally:
                stream.close()
    except TimeoutError as error:
        raise Failure(Fault.TIMEOUT, f"no handshake within {seconds:.3g} s") from error
    except OSError as error:
        raise Failure(Fault.TLS, f"the connection broke: {error}") from error


async def _shake(stream: TimedSocket, host: str) -> Shown:
    tls = Session(_context(), host)
    tls.ask_for_staple()
    read = 0
    try:
        while not tls.shake():
            if flight := tls.take():
                await stream.send(flight)
            piece = await stream.receive()
            read += len(piece)
            if not piece or read > MOST_BYTES:
                raise Failure(Fault.TLS, "the connection was closed in the middle of the handshake")
            tls.put(piece)
    except TlsError as error:
        raise Failure(Fault.TLS, str(error)) from error
    if flight := tls.take():
        await stream.send(flight)
    staple = tls.staple
    return Shown(
        chain=tuple(tls.chain[:MOST_CERTIFICATES]),
        staple=staple if len(staple) <= _STAPLE_BYTES else b"",
        alpn=tls.alpn,
        version=tls.version,
        cipher=tls.cipher,
    )


@lru_cache(maxsize=1)
def _context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
    context.set_alpn_protos(_ALPN)
    return context
