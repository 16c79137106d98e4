"""The HTTP/2 engine with servers that break the rules: each is told, in words that say which one."""

from __future__ import annotations

import re

import hpack
import pytest
from framing import (
    ACK,
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
    frame,
    headers,
)
from h2_server import (
    GET,
    Line,
    Wire,
    body_of,
    engine,
    head,
    post,
    script_of,
)

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.exchange import Request
from probes.wire.h2 import Http2
from probes.wire.h2_settings import STREAM_WINDOW

PRIORITY, PUSH_PROMISE = 2, 5
PRIORITISED = 0x20


def fields(*all_of_them: tuple[str, str], flags: int = 0) -> bytes:
    return frame(HEADERS, END_HEADERS | flags, 1, hpack.Encoder().encode(list(all_of_them)))


def data(content: bytes, flags: int = 0, stream: int = 1) -> bytes:
    return frame(DATA, flags, stream, content)


def setting(number: int, value: int) -> bytes:
    return frame(SETTINGS, 0, 0, number.to_bytes(2, "big") + value.to_bytes(4, "big"))


def goaway(last: int, code: int, more: bytes = b"") -> bytes:
    return frame(GOAWAY, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big") + more)


async def whole(http: Http2) -> None:
    """Ask for a response and read all of it."""
    await http.exchange(GET)
    await body_of(http)


RULES = {
    # How frames are built, and where they may stand.
    "frame-too-large": (data(bytes(16_385)), "a frame of 16385 bytes, where 16384 are allowed"),
    "header-interrupted": (
        frame(HEADERS, 0, 1, headers()) + frame(PING, 0, 0, bytes(8)),
        "a header is interrupted by PING",
    ),
    "header-interrupted-by-the-unknown": (
        frame(HEADERS, 0, 1, headers()) + frame(0xEE, 0, 0),
        "a header is interrupted by frame of type 238",
    ),
    "header-continued-elsewhere": (
        frame(HEADERS, 0, 1, headers()) + frame(CONTINUATION, END_HEADERS, 3),
        "a header is interrupted by CONTINUATION",
    ),
    "continuation-of-nothing": (frame(CONTINUATION, END_HEADERS, 1, headers()), "CONTINUATION of no header"),
    "continued-for-ever": (
        frame(HEADERS, 0, 1, headers()) + frame(CONTINUATION, 0, 1) * 200,
        "a header in more than 128 frames",
    ),
    "padding-beyond-the-frame": (
        head() + data(b"\x05four", PADDED),
        "DATA with more padding than it is long",
    ),
    "padding-of-nothing": (head() + data(b"", PADDED), "DATA with more padding than it is long"),
    "priority-cut-short": (
        frame(HEADERS, END_HEADERS | PRIORITISED, 1, bytes(4)),
        "HEADERS with more padding than it is long",
    ),
    "data-on-no-stream": (head() + data(b"x", stream=0), "DATA on stream 0, which is not open"),
    "data-on-another-stream": (head() + data(b"x", stream=3), "DATA on stream 3, which is not open"),
    "header-on-another-stream": (head(stream=3), "HEADERS on stream 3, which is not open"),
    "header-on-a-pushed-stream": (head(stream=2), "HEADERS on stream 2, which is not open"),
    "push": (
        frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + headers()),
        "the server pushes, although that was ruled out",
    ),
    "priority-of-no-stream": (frame(PRIORITY, 0, 0, bytes(5)), "PRIORITY on stream 0"),
    "short-priority": (frame(PRIORITY, 0, 1, bytes(4)), "PRIORITY of 4 bytes"),
    "ping-on-a-stream": (frame(PING, 0, 1, bytes(8)), "PING on stream 1"),
    "short-ping": (frame(PING, 0, 0, bytes(7)), "PING of 7 bytes"),
    # Settings.
    "settings-on-a-stream": (frame(SETTINGS, 0, 1), "SETTINGS on stream 1"),
    "settings-cut-short": (frame(SETTINGS, 0, 0, bytes(5)), "SETTINGS of 5 bytes"),
    "acknowledgement-with-settings": (frame(SETTINGS, ACK, 0, bytes(6)), "SETTINGS of 6 bytes"),
    "push-enabled": (setting(2, 1), "the server sets ENABLE_PUSH to 1"),
    "window-setting-too-large": (setting(4, 2**31), "the server sets INITIAL_WINDOW_SIZE to 2147483648"),
    "frame-setting-too-small": (setting(5, 16_383), "the server sets MAX_FRAME_SIZE to 16383"),
    "frame-setting-too-large": (setting(5, 2**24), "the server sets MAX_FRAME_SIZE to 16777216"),
    # Flow control.
    "window-by-nothing": (frame(WINDOW_UPDATE, 0, 0, bytes(4)), "WINDOW_UPDATE by nothing"),
    "stream-window-by-nothing": (frame(WINDOW_UPDATE, 0, 1, bytes(4)), "WINDOW_UPDATE by nothing"),
    "short-window": (frame(WINDOW_UPDATE, 0, 0, bytes(3)), "WINDOW_UPDATE of 3 bytes"),
    "window-of-an-idle-stream": (
        frame(WINDOW_UPDATE, 0, 3, b"\0\0\0\1"),
        "WINDOW_UPDATE on stream 3, which was never opened",
    ),
    "window-of-a-pushed-stream": (
        frame(WINDOW_UPDATE, 0, 2, b"\0\0\0\1"),
        "WINDOW_UPDATE on stream 2, which was never opened",
    ),
    "window-too-large": (
        frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"),
        "the server opens the flow control window beyond 2147483647 bytes",
    ),
    "stream-window-too-large": (
        frame(WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff"),
        "the server opens the flow control window beyond 2147483647 bytes",
    ),
    "stream-window-too-large-by-settings": (
        frame(WINDOW_UPDATE, 0, 1, b"\x00\x00\x00\x01") + setting(4, 2**31 - 1),
        "the server opens the flow control window beyond 2147483647 bytes",
    ),
    # How streams and connections end.
    "reset": (
        frame(RST_STREAM, 0, 1, (7).to_bytes(4, "big")),
        "the server reset the stream: REFUSED_STREAM",
    ),
    "reset-of-none-taken": (
        setting(3, 0) + frame(RST_STREAM, 0, 1, (7).to_bytes(4, "big")),
        "the server reset the stream: REFUSED_STREAM (it takes no requests: MAX_CONCURRENT_STREAMS is 0)",
    ),
    "reset-after-the-header": (
        head() + frame(RST_STREAM, 0, 1, (2).to_bytes(4, "big")),
        "the server reset the stream: INTERNAL_ERROR",
    ),
    "reset-without-error": (
        head() + frame(RST_STREAM, 0, 1, bytes(4)),
        "the server reset the stream: NO_ERROR",
    ),
    "reset-of-an-idle-stream": (
        frame(RST_STREAM, 0, 5, bytes(4)),
        "RST_STREAM on stream 5, which was never opened",
    ),
    "reset-of-no-stream": (frame(RST_STREAM, 0, 0, bytes(4)), "RST_STREAM on stream 0"),
    "short-reset": (frame(RST_STREAM, 0, 1, bytes(3)), "RST_STREAM of 3 bytes"),
    "goaway": (goaway(0, 0), "the server gave the connection up (GOAWAY): NO_ERROR"),
    "goaway-with-words": (
        goaway(1, 11, b"too_many\n"),
        "the server gave the connection up (GOAWAY): ENHANCE_YOUR_CALM b'too_many\\n'",
    ),
    "goaway-with-an-unknown-error": (
        goaway(1, 99),
        "the server gave the connection up (GOAWAY): error 99",
    ),
    "goaway-on-a-stream": (frame(GOAWAY, 0, 1, bytes(8)), "GOAWAY on stream 1"),
    "short-goaway": (frame(GOAWAY, 0, 0, bytes(7)), "GOAWAY of 7 bytes"),
    # Header blocks.
    "unknown-field": (
        frame(HEADERS, END_HEADERS, 1, b"\xc0"),
        "a header block refers to an unknown field (64)",
    ),
    "field-zero": (frame(HEADERS, END_HEADERS, 1, b"\x80"), "a header block refers to an unknown field (0)"),
    "block-cut-short": (
        frame(HEADERS, END_HEADERS, 1, headers(("x-a", "b"))[:-1]),
        "a header block is cut short",
    ),
    "block-cut-in-an-integer": (frame(HEADERS, END_HEADERS, 1, b"\xff\x80"), "a header block is cut short"),
    "integer-without-end": (
        frame(HEADERS, END_HEADERS, 1, b"\xff" + b"\x80" * 8),
        "a header block has an integer beyond all bounds",
    ),
    "wrong-code": (
        frame(HEADERS, END_HEADERS, 1, b"\x48\x82\x00\x00"),
        "a header block cannot be decoded: Incomplete Huffman string",
    ),
    "table-too-large": (
        frame(HEADERS, END_HEADERS, 1, b"\x3f\xe2\x1f" + headers()),
        "a header table of 4097 bytes, where 4096 are allowed",
    ),
    "table-resized-late": (
        frame(HEADERS, END_HEADERS, 1, headers() + b"\x20"),
        "a header block changes its table's size where it may not",
    ),
    "table-resized-for-ever": (
        frame(HEADERS, END_HEADERS, 1, b"\x20" * 3 + headers()),
        "a header block changes its table's size where it may not",
    ),
    "header-too-large": (
        frame(HEADERS, 0, 1, hpack.Encoder().encode([(":status", "200"), ("x-bomb", "y" * 4000)]))
        + frame(CONTINUATION, END_HEADERS, 1, b"\xbe" * 66),
        "a header larger than 262144 bytes when decoded",
    ),
    # What a header may say.
    "no-header-at-all": (frame(HEADERS, END_HEADERS, 1), "a response that does not begin with its status"),
    "no-status": (fields(("x-a", "b")), "a response that does not begin with its status"),
    "status-not-first": (
        fields(("x-a", "b"), (":status", "200")),
        "a response that does not begin with its status",
    ),
    "status-twice": (
        fields((":status", "200"), (":status", "200")),
        "a pseudo-header out of its place: b':status'",
    ),
    "status-of-two-digits": (head(status="20"), "a response of status b'20'"),
    "status-in-words": (head(status="abc"), "a response of status b'abc'"),
    "status-zero": (head(status="000"), "a response of status b'000'"),
    "pseudo-header-of-a-request": (head((":path", "/")), "a pseudo-header out of its place: b':path'"),
    "upper-case": (head(("Server", "x")), "a malformed header name: b'Server'"),
    "no-name": (head(("", "x")), "a malformed header name: b''"),
    "space-in-a-name": (head(("x y", "z")), "a malformed header name: b'x y'"),
    "colon-in-a-name": (head(("x:y", "z")), "a malformed header name: b'x:y'"),
    "line-end-in-a-value": (head(("x", "a\r\nb: c")), "a malformed value of the header x: b'a\\r\\nb: c'"),
    "nul-in-a-value": (head(("x", "a\0")), "a malformed value of the header x: b'a\\x00'"),
    "space-around-a-value": (head(("x", " a")), "a malformed value of the header x: b' a'"),
    "connection-header": (
        head(("connection", "close")),
        "the header connection, for which HTTP/2 has no place",
    ),
    "transfer-encoding": (
        head(("transfer-encoding", "chunked")),
        "the header transfer-encoding, for which HTTP/2 has no place",
    ),
    "te": (head(("te", "gzip")), "the header te, for which HTTP/2 has no place"),
    "length-in-words": (head(("content-length", "five")), "a malformed content-length: b'five'"),
    "two-lengths": (
        head(("content-length", "5"), ("content-length", "6")),
        "a malformed content-length",
    ),
    # In which order, and how much.
    "switching-protocols": (head(status="101"), "a response of status 101"),
    "informational-end": (head(status="103", flags=END_STREAM), "a response that ends with status 103"),
    "data-before-the-header": (data(b"x"), "a body before its header"),
    "second-header": (head() + head(), "a second header that is no trailer"),
    "status-in-a-trailer": (
        head() + head(flags=END_STREAM),
        "a pseudo-header out of its place: b':status'",
    ),
    "body-too-short": (
        head(("content-length", "6")) + data(b"hello", END_STREAM),
        "a body of 5 bytes, where 6 are announced",
    ),
    "body-too-long": (
        head(("content-length", "4")) + data(b"hello"),
        "a body of at least 5 bytes, where 4 are announced",
    ),
    "body-too-short-before-a-trailer": (
        head(("content-length", "6")) + data(b"hello") + fields(("x-a", "b"), flags=END_STREAM),
        "a body of 5 bytes, where 6 are announced",
    ),
    "no-body-where-one-is-announced": (
        head(("content-length", "6"), flags=END_STREAM),
        "a body of 0 bytes, where 6 are announced",
    ),
    "body-where-none-can-be": (
        head(status="204") + data(b"x"),
        "a body of at least 1 bytes, where 0 are announced",
    ),
}


@pytest.mark.parametrize("name", RULES)
async def test_rules_broken(name: str) -> None:
    sent, words = RULES[name]

    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        await wire.send(sent)
        await wire.hear(-1)

    async with engine(script_of(part)) as http:
        with pytest.raises(Failure, match=re.escape(words)) as caught:
            await whole(http)
        assert caught.value.fault is Fault.PROTOCOL
        assert caught.value.detail.startswith("HTTP/2: ")
        assert not http.ready()


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (frame(PING, 0, 0, bytes(8)), "does not begin with its SETTINGS"),
        (frame(SETTINGS, ACK, 0), "does not begin with its SETTINGS"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "answers in HTTP/1"),
        (b"\xff" * 20, "does not begin with its SETTINGS"),
    ],
)
async def test_settings_come_first(first: bytes, words: str) -> None:
    with pytest.raises(Failure, match=words):
        await Http2(Line([(first, 1.0)])).exchange(GET)


async def test_a_head_has_no_body() -> None:
    line = Line([(frame(SETTINGS, 0, 0) + head(("content-length", "5")) + data(b"hello", END_STREAM), 1.0)])
    http = Http2(line)
    await http.exchange(Request(b"HEAD", b"https", b"site.test", b"/", ()))
    with pytest.raises(Failure, match="where 0 are announced"):
        await http.read()


async def test_a_server_that_sends_beyond_the_window() -> None:
    """All of it comes while the request's body waits for a window, so nothing is read and given back."""
    allowed = data(bytes(16_384)) * (STREAM_WINDOW // 16_384)
    line = Line([(frame(SETTINGS, 0, 0) + head(), 1.0), (allowed, 1.0), (data(b"x"), 1.0)])
    with pytest.raises(Failure, match="more than the flow control window allows"):
        await Http2(line).exchange(post(bytes(100_000)))


FLOODS = {
    "settings": (b"", frame(SETTINGS, 0, 0)),
    "pings": (b"", frame(PING, 0, 0, bytes(8))),
    "unknown": (b"", frame(0xEE, 0, 0, bytes(1000))),
    "informational": (b"", head(status="103")),
    "empty-data": (head(), data(b"")),
    "data-of-a-byte": (head(), data(b"x")),
    "padding": (head(), data(b"\xff" + bytes(256), PADDED)),
    "continuation": (frame(HEADERS, 0, 1, headers()), frame(CONTINUATION, 0, 1, b"\x00\x01a\x01b" * 3000)),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_floods_are_cut(name: str) -> None:
    before, again = FLOODS[name]

    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        await wire.send(before)
        while True:
            await wire.send(again * 50)

    async with engine(script_of(part)) as http:
        with pytest.raises(Failure, match="more than 262144 bytes that are no part of a body"):
            await whole(http)


async def test_closed_without_a_response() -> None:
    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)

    async with engine(script_of(part)) as http:
        with pytest.raises(Failure, match="the connection was closed without a response"):
            await http.exchange(GET)


async def test_closed_in_the_body() -> None:
    line = Line([(frame(SETTINGS, 0, 0) + head() + data(b"half") + data(b"the rest")[:-2], 1.0)])
    http = Http2(line)
    await http.exchange(GET)
    assert await http.read() == b"half"
    with pytest.raises(Failure, match="the connection was closed in the middle of the response"):
        await http.read()


async def test_broken_before_the_response() -> None:
    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        wire.cut()

    async with engine(script_of(part)) as http:
        with pytest.raises(Failure, match=r"the connection broke before the response: .*reset") as caught:
            await http.exchange(GET)
        assert caught.value.fault is Fault.PROTOCOL


async def test_broken_in_the_body() -> None:
    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        await wire.send(head(), data(b"half"), frame(PING, 0, 0, bytes(8)))
        await wire.hear(PING)
        wire.cut()

    async with engine(script_of(part)) as http:
        await http.exchange(GET)
        assert await http.read() == b"half"
        with pytest.raises(Failure, match=r"the connection broke in the middle of the body: .*reset"):
            await http.read()
