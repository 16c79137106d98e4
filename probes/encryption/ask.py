"""One hello to a server: what it offers is agreed to, refused, or not answered."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from probes.encryption.hello import Malformed, Offer, ServerHello, decode, encode
from probes.failure import Failure
from probes.wire import tcp
from probes.wire.addresses import Address

ASK_SECONDS = 4.0
"""How long one answer is waited for, connection and all."""

# Alerts that say that the version or all of the ciphers are not wanted (RFC 8446, section 6.2).
_HANDSHAKE_FAILURE, _PROTOCOL_VERSION, _INSUFFICIENT_SECURITY = 40, 70, 71
_REFUSALS = frozenset({_HANDSHAKE_FAILURE, _PROTOCOL_VERSION, _INSUFFICIENT_SECURITY})


@dataclass(frozen=True, slots=True)
class Server:
    """Where hellos go: one address, so that all that is found out is of one server."""

    address: Address
    port: int
    host: str
    """The name that is asked for, or an address."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not agree.

    A connection that is closed without a word, or an alert that speaks of something else, is a refusal of
    what was offered only where the same server is known to answer other hellos: ``sure`` is false then.
    """

    words: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nothing that says yes or no."""

    words: str


Reply = ServerHello | Refused | Unanswered


async def ask(server: Server, offer: Offer, seconds: float = ASK_SECONDS) -> Reply:
    """Send one hello, hear the answer and hang up; never raises for what the server does."""
    try:
        async with asyncio.timeout(seconds):
            return await _ask(server, offer)
    except TimeoutError:
        return Unanswered(f"no answer within {seconds:.3g} s")
    except Failure as failure:
        return Unanswered(failure.detail)


async def _ask(server: Server, offer: Offer) -> Reply:
    stream, _ = await tcp.connect(asyncio.get_running_loop(), server.address, server.port)
    heard = b""
    try:
        await stream.send(encode(offer, server.host, secrets.token_bytes(64)))
        while True:
            piece = await stream.receive()
            heard += piece
            answer = decode(heard)
            if isinstance(answer, ServerHello):
                return answer
            if answer is not None:
                return Refused(f"alert {answer.code}", sure=answer.code in _REFUSALS)
            if not piece:
                return _ended(heard)
    except Malformed as error:
        return Unanswered(str(error))
    except OSError as error:
        return Refused(f"the connection broke: {error.strerror or error}", sure=False)
    finally:
        stream.close()


def _ended(heard: bytes) -> Reply:
    """A connection that was closed before there was an answer."""
    if heard:
        return Unanswered("the answer was cut short")
    return Refused("the connection was closed", sure=False)
