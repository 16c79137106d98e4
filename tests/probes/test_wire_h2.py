"""Responses over HTTP/2 from servers that keep to the rules."""

from __future__ import annotations

import asyncio

import hpack
import pytest
from framing import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PADDED,
    PING,
    SETTINGS,
    frame,
    headers,
)
from h2_server import (
    GET,
    HELLO,
    Line,
    Wire,
    body_of,
    engine,
    head,
    script_of,
    window,
)

from probes.wire.exchange import Request
from probes.wire.h2 import Http2

PRIORITY, PRIORITISED = 2, 0x20


async def test_a_response_with_a_body() -> None:
    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        await wire.send(head(("server", "test"), ("content-length", "5")), HELLO)
        await wire.hear(-1)

    async with engine(script_of(part)) as http:
        got = await http.exchange(GET)
        assert (got.status, got.headers) == (200, ((b"server", b"test"), (b"content-length", b"5")))
        assert got.sent <= got.first_byte
        assert got.early is None
        assert not http.ready()
        assert await body_of(http) == b"hello"
        assert await http.read() == b""
        assert http.ready()


async def test_times_are_those_of_the_first_byte_of_each_header() -> None:
    early, final = head(status="103"), head()
    line = Line(
        [
            (frame(SETTINGS, 0, 0) + early[:1], 1.0),
            (early[1:5], 2.0),
            (early[5:] + final[:4], 3.0),
            (final[4:] + HELLO, 4.0),
        ]
    )
    got = await Http2(line).exchange(GET)
    assert (got.early, got.first_byte) == (1.0, 3.0)


async def test_a_header_in_parts_began_with_its_first_frame() -> None:
    block = headers(("x-long", "value"))
    line = Line(
        [
            (frame(SETTINGS, 0, 0), 1.0),
            (frame(HEADERS, END_STREAM, 1, block[:2]), 2.0),
            (frame(CONTINUATION, 0, 1, block[2:3]), 3.0),
            (frame(CONTINUATION, END_HEADERS, 1, block[3:]), 4.0),
        ]
    )
    http = Http2(line)
    got = await http.exchange(GET)
    assert (got.first_byte, got.headers) == (2.0, ((b"x-long", b"value"),))
    assert await http.read() == b""


async def test_the_first_of_several_informational_responses_counts() -> None:
    line = Line(
        [
            (frame(SETTINGS, 0, 0) + head(status="100"), 1.0),
            (head(("link", "</a.css>"), status="103"), 2.0),
            (head(status="103"), 3.0),
            (head(status="204", flags=END_STREAM), 4.0),
        ]
    )
    got = await Http2(line).exchange(GET)
    assert (got.status, got.early, got.first_byte) == (204, 2.0, 4.0)


async def test_what_may_be_ignored_is() -> None:
    line = Line(
        [
            (
                frame(SETTINGS, 0, 0, b"\x00\x02\x00\x00\x00\x00\x00\x99\x00\x00\x00\x01")
                + frame(SETTINGS, ACK, 0)
                + frame(PING, ACK, 0, bytes(8))
                + frame(PRIORITY, 0, 7, bytes(5))
                + frame(0xEE, 0xFF, 77, b"unknown")
                + window(0, 5)
                + window(1, 5)
                + head(),
                1.0,
            ),
            (frame(DATA, 0, 1) + frame(0x0A, 0, 1, b"altsvc") + HELLO, 2.0),
        ]
    )
    http = Http2(line)
    assert (await http.exchange(GET)).status == 200
    assert await body_of(http) == b"hello"


async def test_padding_and_priority_are_taken_off() -> None:
    block = headers(("x-a", "b"))
    line = Line(
        [
            (frame(SETTINGS, 0, 0), 1.0),
            (
                frame(HEADERS, END_HEADERS | PADDED | PRIORITISED, 1, b"\x03" + bytes(5) + block + bytes(3)),
                1.0,
            ),
            (frame(DATA, PADDED, 1, b"\x05hel" + bytes(5)), 1.0),
            (frame(DATA, PADDED, 1, b"\x00lo"), 1.0),
            (frame(DATA, PADDED | END_STREAM, 1, b"\x02" + bytes(2)), 1.0),
        ]
    )
    http = Http2(line)
    assert (await http.exchange(GET)).headers == ((b"x-a", b"b"),)
    assert await body_of(http) == b"hello"


async def test_trailers_end_a_response() -> None:
    trailer = hpack.Encoder().encode([("x-checksum", "abc")])
    line = Line(
        [
            (frame(SETTINGS, 0, 0) + head(("content-length", "5")), 1.0),
            (frame(DATA, 0, 1, b"hello") + frame(HEADERS, END_HEADERS | END_STREAM, 1, trailer), 1.0),
        ]
    )
    http = Http2(line)
    await http.exchange(GET)
    assert await body_of(http) == b"hello"
    assert http.ready()


@pytest.mark.parametrize("method", [b"HEAD", b"GET"])
async def test_a_length_without_a_body(method: bytes) -> None:
    status = "200" if method == b"HEAD" else "304"
    line = Line(
        [(frame(SETTINGS, 0, 0) + head(("content-length", "9"), status=status, flags=END_STREAM), 1.0)]
    )
    http = Http2(line)
    await http.exchange(Request(method, b"https", b"site.test", b"/", ()))
    assert await http.read() == b""


async def test_a_header_of_many_frames() -> None:
    block = headers(*((f"x-{number}", "y" * 1000) for number in range(100)))
    parts = [block[at : at + 1000] for at in range(0, len(block), 1000)]

    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        for number, piece in enumerate(parts):
            kind = CONTINUATION if number else HEADERS
            await wire.send(frame(kind, END_HEADERS if piece is parts[-1] else 0, 1, piece))
            await asyncio.sleep(0)
        await wire.send(HELLO)
        await wire.hear(-1)

    async with engine(script_of(part)) as http:
        got = await http.exchange(GET)
        assert len(got.headers) == 100
        assert await body_of(http) == b"hello"
