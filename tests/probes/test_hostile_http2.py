"""HTTP/2 servers that break the rules, or the client."""

from __future__ import annotations

import asyncio
from typing import Any

import hpack
import pytest
from authority import Authority
from enduring import SHORT, Endure
from framing import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Connection,
    Peer,
    frame,
    headers,
    http2,
    repeating,
    sending,
)
from scripted import Script, head, response, serve, silent

from probes.sample import Fault, Outcome, Sample

NAME = "site.test"
STATUS_200 = headers()


async def enter(
    endure: Endure, authority: Authority, script: Script, alpn: str = "h2", **options: Any
) -> Sample:
    """Visit a server over TLS that follows ``script`` once ``alpn`` is agreed on."""
    async with serve(script, tls=authority.leaf(NAME).context(alpn)) as server:
        pin = f"{NAME}:{server.port}:{server.host}"
        return await endure(server.url(host=NAME), resolve=[pin], ca=str(authority.ca_file), **options)


def start(stream: int) -> bytes:
    """The head of a response that has a body."""
    return frame(HEADERS, END_HEADERS, stream, STATUS_200)


def goaway(last: int, code: int) -> bytes:
    """The farewell of a server that has dealt with all streams up to ``last``."""
    return frame(GOAWAY, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big"))


def hpack_bomb(stream: int) -> bytes:
    """One header of 4,000 bytes put into the table, and then named by one byte 16,000 times."""
    encoder = hpack.Encoder()
    block = encoder.encode([(":status", "200"), ("x-bomb", "y" * 4000)], huffman=False)
    named = encoder.encode([("x-bomb", "y" * 4000)])
    assert len(named) == 1
    return frame(HEADERS, 0, stream, block) + frame(CONTINUATION, END_HEADERS, stream, named * 16_000)


async def test_a_good_server(endure: Endure, authority: Authority) -> None:
    peer = sending(start, lambda stream: frame(DATA, END_STREAM, stream, b"hello"))
    sample = await enter(endure, authority, http2(peer), expect={"body": "hello"})
    assert (sample.outcome, sample.protocol, sample.status) == (Outcome.UP, "h2", 200)


@pytest.mark.parametrize(
    "peer",
    [
        sending(lambda stream: goaway(0, 0)),
        sending(lambda stream: goaway(0, 11)),
        sending(start, lambda stream: goaway(stream, 2)),
        sending(lambda stream: frame(RST_STREAM, 0, stream, (7).to_bytes(4, "big"))),
        sending(start, lambda stream: frame(RST_STREAM, 0, stream, (2).to_bytes(4, "big"))),
        sending(),
        sending(start),
        sending(start, lambda stream: frame(DATA, 0, stream, b"half of")),
        sending(lambda stream: frame(HEADERS, END_HEADERS, stream, STATUS_200)[:5]),
        sending(
            lambda stream: frame(HEADERS, 0, stream, STATUS_200), lambda stream: frame(PING, 0, 0, bytes(8))
        ),
        sending(lambda stream: frame(CONTINUATION, END_HEADERS, stream, STATUS_200)),
        sending(lambda stream: frame(DATA, 0, stream, b"before any header")),
        sending(lambda stream: frame(HEADERS, END_HEADERS, stream + 2, STATUS_200)),
        sending(lambda stream: frame(HEADERS, END_HEADERS, 2, STATUS_200)),
        sending(lambda stream: frame(HEADERS, END_HEADERS, stream, b"\xff\xff\xff\xff\xff\xff")),
        sending(lambda stream: frame(HEADERS, END_HEADERS, stream, hpack.Encoder().encode([("x", "y")]))),
        sending(lambda stream: frame(HEADERS, END_HEADERS, stream, headers(status="abc"))),
        sending(lambda stream: frame(HEADERS, END_HEADERS, stream, headers(("Upper", "case")))),
        sending(lambda stream: frame(HEADERS, END_HEADERS | PADDED, stream, b"\xff" + STATUS_200)),
        sending(lambda stream: frame(5, END_HEADERS, stream, (2).to_bytes(4, "big") + STATUS_200)),
        sending(lambda stream: frame(WINDOW_UPDATE, 0, stream, bytes(4))),
        sending(lambda stream: frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff")),
        sending(lambda stream: frame(SETTINGS, 0, 0, b"\x00\x04\xff\xff\xff\xff")),
        sending(lambda stream: frame(SETTINGS, 0, 0, b"\x00\x05\x00\x00\x00\x01")),
        sending(lambda stream: frame(SETTINGS, 0, stream, b"")),
        sending(lambda stream: frame(PING, 0, 0, b"short")),
        sending(lambda stream: frame(DATA, 0, stream, bytes(20_000)), linger=True),
        sending(
            lambda stream: frame(HEADERS, END_HEADERS, stream, headers(("content-length", "100"))),
            lambda stream: frame(DATA, END_STREAM, stream, b"too short"),
        ),
        sending(
            lambda stream: frame(HEADERS, END_HEADERS, stream, headers(("content-length", "2"))),
            lambda stream: frame(DATA, END_STREAM, stream, b"too long"),
        ),
        sending(lambda stream: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        sending(hpack_bomb),
        sending(
            lambda stream: frame(
                HEADERS, END_HEADERS, stream, headers(*((f"x-{n}", "y" * 100) for n in range(150)))
            ),
            lambda stream: frame(DATA, 0, stream, b"cut"),
        ),
    ],
    ids=[
        "goaway",
        "goaway-with-error",
        "goaway-with-error-after-the-head",
        "reset-refused",
        "reset-after-the-head",
        "closed-at-once",
        "closed-after-the-head",
        "closed-in-the-body",
        "closed-in-a-frame",
        "head-interrupted",
        "continuation-of-nothing",
        "data-before-the-head",
        "head-on-another-stream",
        "head-on-a-pushed-stream",
        "compression-error",
        "no-status",
        "status-no-number",
        "upper-case-name",
        "padding-beyond-the-frame",
        "push-promise",
        "window-of-nothing",
        "window-overflow",
        "setting-overflow",
        "setting-out-of-range",
        "settings-on-a-stream",
        "short-ping",
        "frame-too-large",
        "content-length-too-long",
        "content-length-too-short",
        "http1-in-its-place",
        "hpack-bomb",
        "closed-after-many-headers",
    ],
)
async def test_rules_broken(endure: Endure, authority: Authority, peer: Peer) -> None:
    sample = await enter(endure, authority, http2(peer))
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.detail
    assert sample.hops[0].tls is not None


@pytest.mark.parametrize(
    "peer",
    [
        sending(linger=True),
        sending(start, linger=True),
        sending(start, lambda stream: frame(DATA, 0, stream, b"half of"), linger=True),
        sending(lambda stream: frame(HEADERS, 0, stream, STATUS_200), linger=True),
    ],
    ids=["before-the-head", "after-the-head", "in-the-body", "in-the-head"],
)
async def test_silence(endure: Endure, authority: Authority, peer: Peer) -> None:
    sample = await enter(endure, authority, http2(peer), deadline=SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


async def test_silence_in_place_of_settings(endure: Endure, authority: Authority) -> None:
    sample = await enter(endure, authority, silent, deadline=SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


def dripped(made: bytes) -> Peer:
    """A peer that sends ``made`` a byte at a time."""

    async def peer(connection: Connection, stream: int) -> None:
        for byte in made:
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.02)

    return peer


async def test_a_head_that_drips(endure: Endure, authority: Authority) -> None:
    block = headers(("x-slow", "byte by byte, and for longer than anybody would want to wait"))
    peer = dripped(frame(HEADERS, END_HEADERS, 1, block))
    sample = await enter(endure, authority, http2(peer), deadline=SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.status is None


async def test_a_body_that_drips(endure: Endure, authority: Authority) -> None:
    peer = dripped(start(1) + frame(DATA, 0, 1, b"x") * 1000)
    sample = await enter(endure, authority, http2(peer), deadline=SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


@pytest.mark.parametrize(
    ("before", "block"),
    [
        (lambda stream: frame(HEADERS, 0, stream, STATUS_200), lambda stream: frame(CONTINUATION, 0, stream)),
        (
            lambda stream: frame(HEADERS, 0, stream, STATUS_200),
            lambda stream: frame(CONTINUATION, 0, stream, b"\x00\x01a\x01b" * 2000),
        ),
        (lambda stream: b"", lambda stream: frame(SETTINGS, 0, 0) * 100),
        (lambda stream: b"", lambda stream: frame(PING, 0, 0, bytes(8)) * 100),
        (lambda stream: b"", lambda stream: frame(0xEE, 0, 0, bytes(16_000))),
        (
            lambda stream: b"",
            lambda stream: frame(HEADERS, END_HEADERS, stream, headers(status="103")) * 10,
        ),
        (start, lambda stream: frame(DATA, 0, stream) * 100),
        (lambda stream: b"\xff\xff\xff\x00\x00" + stream.to_bytes(4, "big"), lambda stream: bytes(65_536)),
    ],
    ids=[
        "empty-continuation",
        "continuation",
        "settings",
        "ping",
        "unknown",
        "informational",
        "empty-data",
        "frame-of-16-mib",
    ],
)
async def test_frames_without_end(endure: Endure, authority: Authority, before: Any, block: Any) -> None:
    sample = await enter(endure, authority, http2(repeating(before, block)))
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)


async def test_a_body_without_end(endure: Endure, authority: Authority) -> None:
    peer = repeating(start, lambda stream: frame(DATA, 0, stream, bytes(16_384)))
    sample = await enter(endure, authority, http2(peer), max_body="256KiB")
    assert (sample.outcome, sample.fault, sample.status) == (Outcome.DOWN, Fault.CONTENT, 200)


async def test_pings_from_a_server_that_reads_no_answer(endure: Endure, authority: Authority) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        await connection.request(b"")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while True:
            await connection.send(frame(PING, 0, 0, bytes(8)) * 1000)

    sample = await enter(endure, authority, script, deadline=SHORT)
    assert sample.outcome is Outcome.DOWN
    assert sample.fault in {Fault.PROTOCOL, Fault.TIMEOUT}


async def test_a_window_that_is_never_opened(endure: Endure, authority: Authority) -> None:
    closed = b"\x00\x04\x00\x00\x00\x00"
    script = http2(sending(linger=True), settings=closed)
    sample = await enter(endure, authority, script, deadline=SHORT, method="POST", body="x" * 100_000)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


async def test_an_answer_before_the_request_is_all_sent(endure: Endure, authority: Authority) -> None:
    """A server may refuse a large body before it opens its window; what it said counts."""
    refusal = headers(status="413")
    peer = sending(lambda stream: frame(HEADERS, END_HEADERS | END_STREAM, stream, refusal), linger=True)
    sample = await enter(endure, authority, http2(peer), method="POST", body="x" * 100_000)
    assert (sample.outcome, sample.fault, sample.status) == (Outcome.DOWN, Fault.STATUS, 413)


async def test_data_after_the_end(endure: Endure, authority: Authority) -> None:
    """The response was whole before; whichever way the rest is taken, it is over at once."""
    peer = sending(
        start,
        lambda stream: frame(DATA, END_STREAM, stream, b"hello"),
        lambda stream: frame(DATA, 0, stream, b"and more"),
    )
    sample = await enter(endure, authority, http2(peer), expect={"body": "hello"})
    assert sample.outcome is Outcome.UP or sample.fault is Fault.PROTOCOL


async def test_http1_although_http2_was_agreed_on(endure: Endure, authority: Authority) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(response())

    sample = await enter(endure, authority, script)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)


async def test_http2_although_http1_was_agreed_on(endure: Endure, authority: Authority) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(frame(SETTINGS, 0, 0) + start(1) + frame(DATA, END_STREAM, 1, b"hello"))

    sample = await enter(endure, authority, script, alpn="http/1.1")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
