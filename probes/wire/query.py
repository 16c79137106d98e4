"""One question to the name servers, over UDP and, where the answer was cut, TCP (RFC 1035, RFC 7766).

dnspython speaks the format; the datagrams are ours, so that the answer has the kernel's arrival time.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from probes.failure import Failure, OwnFault
from probes.sample import Clock, Fault
from probes.wire import tcp
from probes.wire.addresses import Address
from probes.wire.sockets import TimedSocket, open_socket

TRY_SECONDS = 2.0
"""How long one name server is waited for before the next one is asked."""
TRIES = 3
"""How often the whole list is asked."""

_DATAGRAM_BYTES = 65_535
_length = struct.Struct("!H")

# What a server may say that another one might know better.
_ASK_ANOTHER = frozenset({dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR})

Server = tuple[str, int]


class NoSuchName(Failure):
    """The answer is that the name does not exist."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and when it came, in monotonic seconds."""

    message: dns.message.Message
    at: float
    clock: Clock
    """Whose time that is."""


@lru_cache(maxsize=8192)
def _question(name: str, kind: dns.rdatatype.RdataType) -> tuple[dns.message.Message, bytes]:
    """The query and its wire form without the id: the same at every visit."""
    query = dns.message.make_query(name, kind, use_edns=0, payload=1232)
    return query, query.to_wire()[2:]


async def ask(
    loop: asyncio.AbstractEventLoop, servers: Sequence[Server], name: str, kind: dns.rdatatype.RdataType
) -> Reply:
    """Ask ``servers`` in turn for the records of ``kind`` at ``name``.

    Raises:
        Failure: none of them gave an answer, or the name does not exist.
        OwnFault: this machine could not even ask.
    """
    try:
        query, tail = _question(name, kind)
    except dns.exception.DNSException as error:
        raise Failure(Fault.DNS, f"{name}: not a name that can be asked for: {error}") from error
    said = "no name server is known"
    asked = False
    for _ in range(TRIES):
        for host, port in servers:
            try:
                async with asyncio.timeout(TRY_SECONDS):
                    reply = await _ask_one(loop, host, port, query, tail)
            except OwnFault as error:
                said = f"{host}: {error}"
                continue
            except TimeoutError:  # pragma: no cover  # Python 3.11 does not trace on after a cancellation
                asked = True
                said = f"no answer from {host}"
                continue
            except (OSError, Failure, dns.exception.DNSException) as error:
                asked = True
                said = f"{host}: {error}"
                continue
            asked = True
            code = reply.message.rcode()
            if code in _ASK_ANOTHER:
                said = f"{host} says {dns.rcode.to_text(code)}"
                continue
            if code == dns.rcode.NXDOMAIN:
                raise NoSuchName(Fault.DNS, f"{name}: NXDOMAIN, says {host}")
            if code != dns.rcode.NOERROR:
                raise Failure(Fault.DNS, f"{name}: {dns.rcode.to_text(code)}, says {host}")
            return reply
        if not said.startswith("no answer"):
            break  # servers that answer will say the same again
    raise (Failure if asked else OwnFault)(Fault.DNS, f"{name}: {said}")


async def _ask_one(
    loop: asyncio.AbstractEventLoop, host: str, port: int, query: dns.message.Message, tail: bytes
) -> Reply:
    address = Address.parse(host)
    assert address is not None  # servers are addresses wherever they come from
    ident = _length.pack(random.getrandbits(16))
    udp = await _open_udp(loop, address, port)
    try:
        await udp.send(ident + tail)
        while True:
            reply = _answer(await udp.receive(_DATAGRAM_BYTES), ident, query)
            if reply is not None:
                break
    finally:
        udp.close()
    if reply.flags & dns.flags.TC:
        return await _ask_by_tcp(loop, address, port, query, ident + tail)
    return Reply(reply, udp.arrived, udp.clock)


def _answer(data: bytes, ident: bytes, query: dns.message.Message) -> dns.message.Message | None:
    """The message in ``data`` where it answers ``query``; anything else on the port is passed over."""
    if data[:2] != ident:
        return None
    try:
        message = dns.message.from_wire(data, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return None
    if not message.flags & dns.flags.QR or message.question != query.question:
        return None
    return message


async def _open_udp(loop: asyncio.AbstractEventLoop, address: Address, port: int) -> TimedSocket:
    sock = open_socket(address, socket.SOCK_DGRAM)
    try:
        sock.connect(address.sockaddr(port))
    except OSError as error:  # nothing is sent by this: it asks our own routes
        sock.close()
        raise OwnFault(Fault.DNS, f"no way from here: {error.strerror}") from error
    return TimedSocket(loop, sock, address)


async def _ask_by_tcp(
    loop: asyncio.AbstractEventLoop, address: Address, port: int, query: dns.message.Message, wire: bytes
) -> Reply:
    stream, _ = await tcp.connect(loop, address, port)
    try:
        await stream.send(_length.pack(len(wire)) + wire)
        data = b""
        while len(data) < 2 or len(data) < 2 + _length.unpack_from(data)[0]:
            piece = await stream.receive()
            if not piece:
                raise Failure(Fault.DNS, "the answer over TCP was cut short")
            data += piece
    finally:
        stream.close()
    reply = _answer(data[2 : 2 + _length.unpack_from(data)[0]], wire[:2], query)
    if reply is None:
        raise Failure(Fault.DNS, "the answer over TCP is not one to the question")
    return Reply(reply, stream.arrived, stream.clock)
