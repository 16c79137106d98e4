"""QUIC and HTTP/3 servers that break the rules, or the client."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from aioquic.buffer import Buffer, encode_uint_var
from aioquic.quic.packet import encode_quic_version_negotiation, pull_quic_header
from authority import Authority, Leaf
from enduring import SHORT, Endure
from h3_server import (
    CANCEL_PUSH,
    CONTROL,
    DATA,
    GOAWAY,
    HEADERS,
    MAX_PUSH_ID,
    PUSH_PROMISE,
    SETTINGS,
    Peer,
    Script,
    answering,
    block,
    body,
    frame,
    head,
    serve_h3,
)
from prober import Prober
from quic_wire import closed_port, deaf, relay, udp
from visiting import Visit

from probes.sample import Fault, Outcome, Sample

NAME = "site.test"
LIMIT = 16 << 20
"""Bytes by which a visit may make the process grow."""


async def enter(
    endure: Endure, authority: Authority, script: Script, leaf: Leaf | None = None, **options: Any
) -> Sample:
    """Visit a server that follows ``script``."""
    async with serve_h3(script, leaf or authority.leaf(NAME)) as server:
        options = {"resolve": server.resolve, "ca": str(authority.ca_file), "protocol": "h3"} | options
        return await endure(server.url(), **options)


Act = Callable[[Peer, int], None]
"""What a server does on a connection when the request on a stream has come."""


def reply(*parts: bytes, end: bool = False) -> Act:
    """Say ``parts`` on the stream of the request."""
    return lambda peer, stream: peer.say(stream, *parts, end=end)


def on(stream: int, *parts: bytes, end: bool = False) -> Act:
    """Say ``parts`` on a stream of the server's own."""
    return lambda peer, _: peer.say(stream, *parts, end=end)


def ending(code: int, words: str = "", kind: int | None = None) -> Act:
    """Close the connection."""
    return lambda peer, _: peer.end(code, words, kind)


def resetting(code: int, other: int | None = None) -> Act:
    """Reset the stream of the request, or another."""
    return lambda peer, stream: peer.reset(stream if other is None else other, code)


def packet(kind: int, rest: bytes) -> Act:
    """Send a packet with a frame of QUIC, whatever the rules are."""
    return lambda peer, _: peer.inject(kind, rest)


def doing(*acts: Act, greet: bool = True) -> Script:
    """A script that does ``acts`` when the first request has come, and stays."""

    async def script(peer: Peer) -> None:
        if greet:
            peer.greet()
        stream = await peer.requests.get()
        for act in acts:
            act(peer, stream)
        await asyncio.Event().wait()

    return script


def once(*parts: bytes, end: bool = False) -> Script:
    """A script that says ``parts`` to the first request, and stays."""
    return doing(reply(*parts, end=end))


BAD = {
    "expired": ("certificate has expired", lambda authority: authority.expired(NAME)),
    "not-yet-valid": ("certificate is not yet valid", lambda authority: authority.not_yet_valid(NAME)),
    "self-signed": ("self-signed certificate", lambda authority: authority.self_signed(NAME)),
    "wrong-host": (
        f"Hostname mismatch, certificate is not valid for '{NAME}'.",
        lambda authority: authority.leaf("other.test"),
    ),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_certificate_that_does_not_hold(endure: Endure, authority: Authority, kind: str) -> None:
    words, make = BAD[kind]
    leaf = make(authority)
    sample = await enter(endure, authority, answering(head(), body()), leaf)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert (sample.detail or "").startswith(f"the certificate is not accepted: {words}")
    assert sample.hops[0].wait is None
    assert sample.evidence["tls"]["verified"] is False
    assert sample.evidence["tls"]["not_after"]
    through = await enter(endure, authority, answering(head(), body()), leaf, insecure=True)
    assert through.outcome is Outcome.UP
    assert through.evidence["tls"] == sample.evidence["tls"]


async def test_a_bad_certificate_ends_the_race(endure: Endure, authority: Authority) -> None:
    """As over TCP, the first address that answers is the one that counts."""
    async with (
        serve_h3(answering(head(), body()), authority.expired(NAME), host="::1") as bad,
        serve_h3(answering(head(), body()), authority.leaf(NAME), port=bad.port) as good,
    ):
        sample = await endure(
            bad.url(), resolve=[*bad.resolve, *good.resolve], ca=str(authority.ca_file), protocol="h3"
        )
    assert (sample.fault, good.connections) == (Fault.TLS, 0)


async def test_a_server_that_says_nothing(endure: Endure) -> None:
    with deaf() as port:
        sample = await endure(f"https://127.0.0.1:{port}/", SHORT, protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.hops[0].connect is None


async def test_a_port_that_nobody_listens_on(endure: Endure) -> None:
    port = closed_port()
    sample = await endure(f"https://127.0.0.1:{port}/", protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert sample.detail == f"127.0.0.1 port {port}: Connection refused"


async def test_versions_that_we_do_not_speak(endure: Endure) -> None:
    def negotiate(data: bytes, answer: Callable[[bytes], None]) -> None:
        header = pull_quic_header(Buffer(data=data), host_cid_length=8)
        answer(
            encode_quic_version_negotiation(
                source_cid=header.destination_cid,
                destination_cid=header.source_cid,
                supported_versions=[0x1A2A3A4A, 0xFF00001D],
            )
        )

    async with udp(negotiate) as port:
        sample = await endure(f"https://127.0.0.1:{port}/", protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.detail == (
        "QUIC: the server speaks none of our versions (1 and 2), but 0x1a2a3a4a, 0xff00001d"
    )


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00", b"HTTP/1.1 200 OK\r\n\r\n", bytes(1200), b"\xff" * 1200, b"\xc0" + bytes(4000)]
)
async def test_datagrams_that_are_no_quic(endure: Endure, garbage: bytes) -> None:
    async with udp(lambda _, answer: answer(garbage)) as port:
        sample = await endure(f"https://127.0.0.1:{port}/", SHORT, protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


@pytest.mark.parametrize("echo", [True, False])
async def test_a_flood_of_datagrams_does_not_starve_the_loop(endure: Endure, echo: bool) -> None:
    """What comes back is our own packet, or nonsense, as fast as the machine can send it."""
    flooding: list[asyncio.Task[None]] = []

    def flood(data: bytes, answer: Callable[[bytes], None]) -> None:
        async def forever() -> None:
            while True:
                for _ in range(50):
                    answer(data if echo else b"\x40" + bytes(100))
                await asyncio.sleep(0)

        if not flooding:
            flooding.append(asyncio.ensure_future(forever()))

    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with udp(flood) as port:
        counting = asyncio.ensure_future(count())
        sample = await endure(f"https://127.0.0.1:{port}/", SHORT, protocol="h3")
        counting.cancel()
        flooding[0].cancel()
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert turns > 10


ENDS: dict[str, tuple[Script, str]] = {
    "reset": (doing(resetting(0x10B)), "HTTP/3: the server reset the stream: H3_REQUEST_REJECTED"),
    "reset-in-the-body": (
        doing(reply(head(), body()), resetting(0x102)),
        "HTTP/3: the server reset the stream: H3_INTERNAL_ERROR",
    ),
    "closed": (
        doing(ending(0x107, "too much")),
        "QUIC: the server closed the connection: H3_EXCESSIVE_LOAD (too much)",
    ),
    "closed-in-the-body": (
        doing(reply(head(), body()), ending(0x100)),
        "QUIC: the server closed the connection: H3_NO_ERROR",
    ),
    "closed-by-qpack": (
        doing(ending(0x200)),
        "QUIC: the server closed the connection: QPACK_DECOMPRESSION_FAILED",
    ),
    "closed-for-what": (doing(ending(0x4242)), "QUIC: the server closed the connection: error 0x4242"),
    "closed-by-quic": (
        doing(ending(0xA, "no", 8)),
        "QUIC: the server closed the connection: PROTOCOL_VIOLATION (no)",
    ),
    "closed-by-quic-for-what": (
        doing(ending(0x77, "", 0)),
        "QUIC: the server closed the connection: error 0x77",
    ),
    "goaway": (
        doing(on(CONTROL, frame(GOAWAY, b"\x00"))),
        "HTTP/3: the server gave the connection up (GOAWAY) before it served the request",
    ),
    "goaway-of-nothing": (doing(on(CONTROL, frame(GOAWAY))), "HTTP/3: GOAWAY of 0 bytes"),
    "no-settings": (
        doing(on(CONTROL, b"\x00", frame(GOAWAY, b"\x04")), greet=False),
        "HTTP/3: GOAWAY where SETTINGS are due",
    ),
    "settings-twice": (doing(on(CONTROL, frame(SETTINGS))), "HTTP/3: SETTINGS a second time"),
    "settings-of-http2": (
        doing(on(CONTROL, b"\x00", frame(SETTINGS, b"\x02\x00")), greet=False),
        "HTTP/3: the setting 0x2, which only HTTP/2 has",
    ),
    "settings-cut": (
        doing(on(CONTROL, b"\x00", frame(SETTINGS, b"\x06")), greet=False),
        "HTTP/3: SETTINGS are cut short",
    ),
    "data-on-control": (doing(on(CONTROL, frame(DATA, b"x"))), "HTTP/3: DATA on the control stream"),
    "push-id": (
        doing(on(CONTROL, frame(MAX_PUSH_ID, b"\x00"))),
        "HTTP/3: MAX_PUSH_ID on the control stream",
    ),
    "control-ends": (
        doing(on(CONTROL, end=True)),
        "HTTP/3: the server closed a stream that must last",
    ),
    "control-reset": (
        doing(resetting(0x100, CONTROL)),
        "HTTP/3: the server closed a stream that must last",
    ),
    "control-twice": (
        doing(on(7, b"\x00", frame(SETTINGS))),
        "HTTP/3: a second stream of a kind of which there is one",
    ),
    "push-stream": (
        doing(on(7, b"\x01\x00")),
        "HTTP/3: the server pushes, although nobody allowed it",
    ),
    "push-promise": (
        once(frame(PUSH_PROMISE, b"\x00" + block((":status", "200")))),
        "HTTP/3: PUSH_PROMISE on the stream of a request",
    ),
    "settings-in-a-response": (once(frame(SETTINGS)), "HTTP/3: SETTINGS on the stream of a request"),
    "a-table": (
        doing(on(7, b"\x02", b"\x3f\xe1\x1f")),
        "HTTP/3: the server fills a table of fields that we keep none of",
    ),
    "a-request-of-theirs": (
        doing(packet(0x0A, b"\x01\x01x")),
        "QUIC: the connection was given up: STREAM_LIMIT_ERROR (Too many streams open)",
    ),
    "a-frame-of-http2": (once(frame(6, bytes(8))), "HTTP/3: frame of type 0x6, which only HTTP/2 has"),
    "http1": (
        once(b"HTTP/1.1 200 OK\r\n\r\n", end=True),
        "HTTP/3: a response that ends in the middle of a frame",
    ),
    "data-first": (once(body()), "HTTP/3: a body before its header"),
    "ends-at-once": (once(end=True), "HTTP/3: a response that ends before its header"),
    "ends-after-a-103": (
        once(head(status="103"), end=True),
        "HTTP/3: a response that ends before its header",
    ),
    "ends-in-a-frame": (
        once(head(), body()[:4], end=True),
        "HTTP/3: a response that ends in the middle of a frame",
    ),
    "101": (once(head(status="101")), "HTTP/3: a response of status 101"),
    "too-short": (
        once(head(("content-length", "6")), body(), end=True),
        "HTTP/3: a body of 5 bytes, where 6 are announced",
    ),
    "too-long": (
        once(head(("content-length", "4")), body()),
        "HTTP/3: a body of at least 5 bytes, where 4 are announced",
    ),
    "two-trailers": (
        once(head(), frame(HEADERS, block(("x", "y"))), frame(HEADERS, block(("x", "y")))),
        "HTTP/3: HEADERS behind the trailer",
    ),
    "trailer-with-a-status": (
        once(head(), body(), head()),
        "HTTP/3: a pseudo-header out of its place: b':status'",
    ),
    "no-status": (
        once(frame(HEADERS, block(("x", "y")))),
        "HTTP/3: a response that does not begin with its status",
    ),
    "connection-header": (
        once(head(("connection", "close"))),
        "HTTP/3: the header connection, for which HTTP/3 has no place",
    ),
    "header-from-a-table": (
        once(frame(HEADERS, b"\x02\x00\x80")),
        "HTTP/3: a header block refers to a table that we keep none of",
    ),
    "field-from-a-table": (
        once(frame(HEADERS, b"\x00\x00\x80")),
        "HTTP/3: a header block refers to a table that we keep none of",
    ),
    "unknown-field": (
        once(frame(HEADERS, b"\x00\x00\xff\x24")),
        "HTTP/3: a header block refers to an unknown field (99)",
    ),
    "header-cut": (once(frame(HEADERS, b"\x00")), "HTTP/3: a header block is cut short"),
    "value-cut": (once(frame(HEADERS, b"\x00\x00\x51\x05abc")), "HTTP/3: a header block is cut short"),
    "endless-integer": (
        once(frame(HEADERS, b"\x00\x00" + b"\xff" * 12)),
        "HTTP/3: a header block has an integer beyond all bounds",
    ),
    "large-header": (
        once(encode_uint_var(HEADERS) + encode_uint_var(1 << 30)),
        "HTTP/3: HEADERS of 1073741824 bytes, where 262144 are allowed",
    ),
    "qpack-bomb": (
        once(frame(HEADERS, b"\x00\x00\xd9" + b"\xff\x16" * 100_000)),
        "HTTP/3: a header larger than 262144 bytes when decoded",
    ),
    "huffman-bomb": (
        once(frame(HEADERS, b"\x00\x00\xd9" + b"\x27\x00" + b"\x7f\x80\x7f" + bytes(255) * 900)),
        "HTTP/3: a header block",
    ),
    "unknown-frame-of-quic": (
        doing(packet(0x3F, bytes(20))),
        "QUIC: the connection was given up: FRAME_ENCODING_ERROR (Unknown frame type)",
    ),
    "a-frame-cut": (
        doing(packet(0x0A, b"\x03\x40\xff" + bytes(20))),
        "QUIC: the connection was given up: FRAME_ENCODING_ERROR (Failed to parse frame)",
    ),
    "a-stream-of-ours": (
        doing(packet(0x0A, encode_uint_var(400) + b"\x01x")),
        "QUIC: the connection was given up: STREAM_STATE_ERROR (Wrong stream initiator)",
    ),
    "beyond-the-window": (
        doing(packet(0x0E, b"\x00" + encode_uint_var(100 << 20) + b"\x01x")),
        "QUIC: the connection was given up: FLOW_CONTROL_ERROR (Over stream data limit)",
    ),
    "tls-again": (
        doing(packet(0x06, b"\x00\x05\x02\x00\x00\x01\x00")),
        "QUIC: the connection was given up: TLS alert: unexpected message",
    ),
}


@pytest.mark.parametrize("kind", ENDS)
async def test_a_server_that_breaks_off_or_breaks_the_rules(
    endure: Endure, authority: Authority, kind: str
) -> None:
    script, words = ENDS[kind]
    sample = await enter(endure, authority, script)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert (sample.detail or "").startswith(words), sample.detail


WHOLE = reply(head(), body(), end=True)

GOOD: dict[str, Script] = {
    "unknown-frames": once(frame(0x21, b"grease"), head(), frame(0x5F, b""), body(), end=True),
    "unknown-stream": doing(on(7, b"\x21anything", end=True), WHOLE),
    "qpack-streams": doing(on(7, b"\x02\x20"), on(11, b"\x03\x01"), WHOLE),
    "kind-in-two-pieces": doing(on(7, b"\x40"), on(7, b"\x21"), WHOLE),
    "cancel-push": doing(on(CONTROL, frame(CANCEL_PUSH, b"\x00")), WHOLE),
    "trailer": once(head(), body(), frame(HEADERS, block(("x-checked", "yes"))), end=True),
    "settings": doing(on(CONTROL, b"\x00", frame(SETTINGS, b"\x01\x00\x06\x50\x00")), WHOLE, greet=False),
    "no-control-stream": doing(WHOLE, greet=False),
    "late-goaway": doing(on(CONTROL, frame(GOAWAY, b"\x04")), WHOLE),
    "closed-behind-it": doing(WHOLE, ending(0x100)),
    "end-alone": doing(reply(head(), body()), reply(end=True)),
    "reset-of-a-stream-of-no-kind": doing(on(7, b"\x21"), resetting(0x10C, 7), WHOLE),
    "reset-before-its-kind": doing(on(7, b"\x40"), resetting(0x10C, 7), WHOLE),
    "ping-and-padding": doing(packet(0x01, bytes(30)), WHOLE),
}


@pytest.mark.parametrize("kind", GOOD)
async def test_a_server_that_may(endure: Endure, authority: Authority, kind: str) -> None:
    sample = await enter(endure, authority, GOOD[kind], expect={"body": "hello"})
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)


async def test_a_server_that_stops_in_the_middle(endure: Endure, authority: Authority) -> None:
    async with serve_h3(once(head(), body()), authority.leaf(NAME)) as server:
        sample = await endure(
            server.url(), SHORT, resolve=server.resolve, ca=str(authority.ca_file), protocol="h3"
        )
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.status == 200
    assert sample.hops[0].transfer is None


async def test_a_farewell_before_a_redirect_is_followed(endure: Endure, authority: Authority) -> None:
    """The next request goes over a connection of its own."""

    async def script(peer: Peer) -> None:
        peer.greet()
        stream = await peer.requests.get()
        if server.connections == 1:
            peer.say(CONTROL, frame(GOAWAY, b"\x04"))
            peer.say(stream, head(("location", "/next"), status="302"), end=True)
        else:
            peer.say(stream, head(), body(), end=True)
        await asyncio.Event().wait()

    async with serve_h3(script, authority.leaf(NAME)) as server:
        sample = await endure(server.url(), resolve=server.resolve, ca=str(authority.ca_file), protocol="h3")
    assert (sample.outcome, sample.detail, server.connections) == (Outcome.UP, None, 2)


ENDLESS = {
    "body": (head(), body(bytes(30_000)), Fault.CONTENT, "the body is larger than 307200 bytes"),
    "informational": (b"", head(("x", "y" * 100), status="102"), Fault.PROTOCOL, "HTTP/3: more than 262144"),
    "unknown-frames": (b"", frame(0x21, bytes(1000)), Fault.PROTOCOL, "HTTP/3: more than 262144 bytes"),
    "empty-frames": (head(), body(b"") * 1000, Fault.PROTOCOL, "HTTP/3: more than 262144 bytes"),
    "one-frame": (
        encode_uint_var(0x21) + encode_uint_var(1 << 60),
        bytes(9000),
        Fault.PROTOCOL,
        "HTTP/3: more",
    ),
    "a-header": (encode_uint_var(HEADERS) + encode_uint_var(1 << 17), b"", Fault.TIMEOUT, "no answer"),
}


@pytest.mark.parametrize("kind", ENDLESS)
async def test_a_response_without_an_end(endure: Endure, authority: Authority, kind: str) -> None:
    first, piece, fault, words = ENDLESS[kind]

    async def script(peer: Peer) -> None:
        peer.greet()
        stream = await peer.requests.get()
        peer.say(stream, first)
        if piece:
            await peer.pour(stream, piece)

    deadline = SHORT if fault is Fault.TIMEOUT else 30.0
    sample = await enter(endure, authority, script, max_body="300KiB", deadline=deadline)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, fault)
    assert (sample.detail or "").startswith(words), sample.detail


async def test_a_control_stream_without_an_end(endure: Endure, authority: Authority) -> None:
    async def script(peer: Peer) -> None:
        peer.greet()
        await peer.requests.get()
        await peer.pour(CONTROL, frame(0x21, bytes(1000)))

    sample = await enter(endure, authority, script, deadline=30.0)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.detail == "HTTP/3: more than 262144 bytes that are no part of a body"


def gaps(peer: Peer, stream: int) -> None:
    """Every second byte of a stream, 60 to a packet."""
    for start in range(0, 60_000, 120):
        offsets = range(start + 1, start + 121, 2)
        pieces = [encode_uint_var(stream) + encode_uint_var(at) + b"\x01x" for at in offsets]
        peer.inject(0x0E, b"\x0e".join(pieces))


def far(peer: Peer, _: int) -> None:
    """One byte as far off as the window goes, on each stream that a server may use."""
    for stream in range(3, 67, 4):
        peer.inject(0x0E, encode_uint_var(stream) + encode_uint_var((64 << 10) - 2) + b"\x01x")
    peer.inject(0x0E, encode_uint_var(0) + encode_uint_var((6 << 20) - 2) + b"\x01x")


async def test_a_stream_of_gaps(endure: Endure, authority: Authority) -> None:
    sample = await enter(endure, authority, doing(gaps, greet=False))
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert "more than 256 gaps" in (sample.detail or "")


async def test_the_far_end_of_every_window_takes_little_memory(prober: Prober, authority: Authority) -> None:
    async with serve_h3(doing(far, greet=False), authority.leaf(NAME)) as server:
        options = {"resolve": server.resolve, "ca": str(authority.ca_file), "protocol": "h3"}
        visit = {"url": server.url(), "timeout": 2.0, "options": options}
        await asyncio.to_thread(prober.ask, visit)  # so that what is loaded is not counted
        seen = await asyncio.to_thread(prober.ask, visit)
    assert seen["sample"]["fault"] == "timeout"
    assert seen["grown"] < LIMIT


class Refusing(Peer):
    """Ends each handshake with an alert or an error before it is complete."""

    code = 0x128
    frame_type = 6

    def datagram_received(self, data: Any, addr: Any) -> None:
        self._quic.receive_datagram(data, addr, now=self._loop.time())
        self._quic.close(self.code, self.frame_type, "not today")
        self.transmit()


@pytest.mark.parametrize(
    ("code", "fault", "words"),
    [
        (0x128, Fault.TLS, "TLS alert: handshake failure (not today)"),
        (0x178, Fault.PROTOCOL, "TLS alert: no application protocol (not today)"),
        (0x1FE, Fault.TLS, "error 0x1fe (not today)"),
        (0x2, Fault.CONNECT, "CONNECTION_REFUSED (not today)"),
    ],
)
async def test_a_handshake_that_is_refused(
    endure: Endure, authority: Authority, code: int, fault: Fault, words: str
) -> None:
    refusing = type("Refusing", (Refusing,), {"code": code})
    async with serve_h3(answering(), authority.leaf(NAME), peer=refusing) as server:
        sample = await endure(server.url(), resolve=server.resolve, ca=str(authority.ca_file), protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, fault)
    assert sample.detail == f"QUIC: the server closed the connection: {words}"


async def test_a_server_that_speaks_something_else(endure: Endure, authority: Authority) -> None:
    async with serve_h3(answering(), authority.leaf(NAME), alpn_protocols=["hq-interop"]) as server:
        sample = await endure(server.url(), resolve=server.resolve, ca=str(authority.ca_file), protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert "no application protocol" in (sample.detail or "")


async def test_a_server_that_goes_away(endure: Endure, authority: Authority) -> None:
    """Its port is closed while the answer is waited for."""

    async def script(peer: Peer) -> None:
        await peer.requests.get()
        way.cut()
        peer.inject(0x01, bytes(30))

    async with serve_h3(script, authority.leaf(NAME)) as server, relay(server.port) as way:
        pin = f"{NAME}:{way.port}:127.0.0.1"
        sample = await endure(
            f"https://{NAME}:{way.port}/", resolve=[pin], ca=str(authority.ca_file), protocol="h3"
        )
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.detail == f"QUIC: the connection broke: 127.0.0.1 port {way.port}: Connection refused"


async def test_a_certificate_that_cannot_be_read(endure: Endure, authority: Authority) -> None:
    class Scrambling(Peer):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            initialize = self._quic._initialize

            def scrambling(cid: bytes) -> None:
                initialize(cid)
                self._quic.tls.certificate = Unreadable()

            self._quic._initialize = scrambling  # type: ignore[method-assign]

    class Unreadable:
        def public_bytes(self, _: object) -> bytes:
            return b"\x30\x03\x02\x01\x00"

    async with serve_h3(answering(), authority.leaf(NAME), peer=Scrambling) as server:
        sample = await endure(server.url(), resolve=server.resolve, ca=str(authority.ca_file), protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS)
    assert "TLS alert: bad certificate (the certificate cannot be read" in (sample.detail or "")


@pytest.mark.parametrize("seed", range(4))
async def test_random_frames_are_never_taken_for_a_fault_of_ours(
    visit: Visit, authority: Authority, seed: int
) -> None:
    """Whatever a server sends, the visit ends by its deadline, and the fault is the server's."""
    chance = random.Random(seed)

    async def script(peer: Peer) -> None:
        stream = await peer.requests.get()
        for _ in range(chance.randrange(1, 6)):
            if chance.random() < 0.6:
                peer.inject(chance.randrange(0x20), chance.randbytes(chance.randrange(3, 60)))
            else:
                spoilt = bytearray(head() + body())
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
                peer.say(stream, bytes(spoilt))

    async with serve_h3(script, authority.leaf(NAME)) as server:
        for _ in range(10):
            sample = await visit(
                server.url(), SHORT, resolve=server.resolve, ca=str(authority.ca_file), protocol="h3"
            )
            assert sample.outcome is Outcome.DOWN
            assert sample.fault in (Fault.PROTOCOL, Fault.TIMEOUT)
