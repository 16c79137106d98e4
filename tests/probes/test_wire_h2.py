"""The HTTP/2 engine with servers that keep to the rules."""

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
from h2_server import GET, Line, Wire, body_of, engine, frames_in, post, script_of

from probes.failure import Failure
from probes.wire.exchange import Request
from probes.wire.h2 import Http2
from probes.wire.h2_settings import CONNECTION_WINDOW, OPENING, STREAM_WINDOW

PRIORITY, PUSHED_PRIORITY = 2, 0x20
HELLO = frame(DATA, END_STREAM, 1, b"hello")


def head(stream: int = 1, *extra: tuple[str, str], status: str = "200", flags: int = 0) -> bytes:
    return frame(HEADERS, END_HEADERS | flags, stream, headers(*extra, status=status))


def window(stream: int, increment: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, increment.to_bytes(4, "big"))


async def test_a_response_with_a_body() -> None:
    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        await wire.send(head(1, ("server", "test"), ("content-length", "5")), HELLO)
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


async def test_what_is_sent_first() -> None:
    line = Line([(frame(SETTINGS, 0, 0) + head(flags=END_STREAM), 1.0)])
    await Http2(line).exchange(GET)
    (sent,) = line.sent
    assert sent.startswith(OPENING)
    request = sent[len(OPENING) :]
    assert request[:9] == frame(HEADERS, END_HEADERS | END_STREAM, 1, request[9:])[:9]
    assert hpack.Decoder().decode(request[9:], raw=True) == [
        (b":method", b"GET"),
        (b":authority", b"site.test"),
        (b":scheme", b"https"),
        (b":path", b"/"),
        (b"accept", b"*/*"),
    ]


async def test_headers_without_a_place_in_http2_are_not_sent() -> None:
    line = Line([(frame(SETTINGS, 0, 0) + head(flags=END_STREAM), 1.0)])
    unfit = ((b"connection", b"close"), (b"host", b"other.test"), (b"te", b"gzip"), (b"cookie", b"a=b"))
    await Http2(line).exchange(Request(b"GET", b"https", b"site.test", b"/", unfit))
    fields = hpack.Decoder().decode(line.sent[0][len(OPENING) + 9 :], raw=True)
    assert [name for name, _ in fields] == [b":method", b":authority", b":scheme", b":path", b"cookie"]


async def test_requests_follow_one_another() -> None:
    heard = []

    async def part(wire: Wire) -> None:
        decoder, encoder = hpack.Decoder(), hpack.Encoder()
        while True:
            asked = await wire.hear(HEADERS)
            heard.append((asked.stream, decoder.decode(asked.payload, raw=True)))
            block = encoder.encode([(":status", "200"), ("x-kept", "in the table")])
            await wire.send(
                frame(HEADERS, END_HEADERS, asked.stream, block),
                frame(DATA, END_STREAM, asked.stream, b"hello"),
            )

    async with engine(script_of(part)) as http:
        for number in range(3):
            got = await http.exchange(GET)
            assert got.get(b"x-kept") == "in the table"
            assert await body_of(http) == b"hello"
            assert http.ready(), number
    assert [stream for stream, _ in heard] == [1, 3, 5]
    assert heard[0][1] == heard[2][1]


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
            (head(1, ("link", "</a.css>"), status="103"), 2.0),
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
                frame(
                    HEADERS, END_HEADERS | PADDED | PUSHED_PRIORITY, 1, b"\x03" + bytes(5) + block + bytes(3)
                ),
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
            (frame(SETTINGS, 0, 0) + head(1, ("content-length", "5")), 1.0),
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
        [(frame(SETTINGS, 0, 0) + head(1, ("content-length", "9"), status=status, flags=END_STREAM), 1.0)]
    )
    http = Http2(line)
    await http.exchange(Request(method, b"https", b"site.test", b"/", ()))
    assert await http.read() == b""


async def test_settings_and_pings_are_answered() -> None:
    answers = []

    async def part(wire: Wire) -> None:
        answers.append(await wire.hear(SETTINGS))
        answers.append(await wire.hear(SETTINGS))
        await wire.send(frame(PING, 0, 0, b"are you?"))
        answers.append(await wire.hear(PING))
        await wire.send(head(flags=END_STREAM))
        await wire.hear(-1)

    async with engine(script_of(part)) as http:
        await http.exchange(GET)
    first, acknowledged, answered = answers
    assert not first.flags & ACK
    assert (acknowledged.flags, acknowledged.payload) == (ACK, b"")
    assert (answered.flags, answered.payload) == (ACK, b"are you?")


async def test_a_large_body_is_asked_for_as_it_is_read() -> None:
    size = CONNECTION_WINDOW * 3 // 2
    asked: dict[int, int] = {0: 0, 1: 0}

    async def part(wire: Wire) -> None:
        await wire.hear(HEADERS)
        await wire.send(head(1, ("content-length", str(size))))
        block = bytes(16_384)
        sent = 0
        while sent < size:
            allowed = min(CONNECTION_WINDOW + asked[0], STREAM_WINDOW + asked[1]) - sent
            if allowed < len(block):
                update = await wire.hear(WINDOW_UPDATE)
                asked[update.stream] += int.from_bytes(update.payload, "big")
                continue
            sent += len(block)
            await wire.send(frame(DATA, END_STREAM if sent == size else 0, 1, block))
        await wire.hear(-1)

    async with engine(script_of(part)) as http:
        await http.exchange(GET)
        length = 0
        while piece := await http.read():
            length += len(piece)
    assert length == size
    assert 0 < asked[0] <= size
    assert 0 < asked[1] <= size


async def test_padding_counts_in_the_windows() -> None:
    """A body of which half is padding: the windows are opened for that, too."""
    padded = frame(DATA, PADDED, 1, b"\xff" + bytes(255) + bytes(256))
    times = STREAM_WINDOW * 2 // 512
    opened = 0

    async def part(wire: Wire) -> None:
        nonlocal opened
        await wire.hear(HEADERS)
        await wire.send(head())
        left = STREAM_WINDOW
        for _ in range(times):
            while left < 512:
                update = await wire.hear(WINDOW_UPDATE)
                opened += update.stream == 1
                left += int.from_bytes(update.payload, "big") if update.stream == 1 else 0
            await wire.send(padded)
            left -= 512
        await wire.send(frame(DATA, END_STREAM, 1))
        await wire.hear(-1)

    async with engine(script_of(part)) as http:
        await http.exchange(GET)
        length = 0
        while piece := await http.read():
            length += len(piece)
    assert length == times * 256
    assert opened > 1


def settings(**values: int) -> bytes:
    numbers = {"max_streams": 3, "window": 4, "frame_size": 5}
    return b"".join(
        numbers[name].to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in values.items()
    )


async def take_body(wire: Wire, stream: int, left: dict[int, int]) -> bytes:
    """Read a request's body, opening the windows (of which ``left`` is left) by turns and by little."""
    got = b""
    turn = 0
    while True:
        while min(left.values()) <= 0:
            await wire.send(window(turn, 10_000))
            left[turn] += 10_000
            turn = stream - turn
        said = await wire.hear(DATA)
        assert said.stream == stream
        got += said.payload
        for which in left:
            left[which] -= len(said.payload)
            assert left[which] >= 0
        if said.flags & END_STREAM:
            return got


async def test_a_request_body_keeps_to_both_windows() -> None:
    body = bytes(range(256)) * 400
    got = []

    async def part(wire: Wire) -> None:
        # What was sent at once may not know of our settings yet; what follows must keep to them.
        await wire.hear(HEADERS)
        await wire.send(head(flags=END_STREAM))
        asked = await wire.hear(HEADERS)
        assert not asked.flags & END_STREAM
        got.append(await take_body(wire, 3, {0: 65_535, 3: 1_000}))
        await wire.send(head(3, flags=END_STREAM))
        await wire.hear(-1)

    async with engine(script_of(part, settings(window=1_000))) as http:
        await http.exchange(GET)
        assert http.ready()
        assert (await http.exchange(post(body))).status == 200
    assert got == [body]


async def test_a_window_that_is_taken_back() -> None:
    """A server may shrink the window below what was sent already (RFC 9113, section 6.9.2)."""
    body = bytes(70_000)
    line = Line(
        [
            (frame(SETTINGS, 0, 0, settings(window=100)) + window(0, 70_000), 1.0),
            (window(1, 65_434), 1.0),
            (frame(SETTINGS, 0, 0, settings(window=102)), 1.0),
            (window(1, 70_000), 1.0),
            (head(flags=END_STREAM), 1.0),
        ]
    )
    await Http2(line).exchange(post(body))
    sent = [said for said in frames_in(b"".join(line.sent[1:])) if said.kind == DATA]
    assert [(said.stream, said.flags, len(said.payload)) for said in sent] == [
        (1, 0, 1),
        (1, END_STREAM, 4_464),
    ]


async def test_a_large_request_is_sent_in_frames_of_the_size_that_is_taken() -> None:
    large = Request(b"POST", b"https", b"site.test", b"/", ((b"x-large", b"\x80" * 40_000),), bytes(50_000))
    heard: list[list[tuple[int, int, int]]] = []

    async def part(wire: Wire) -> None:
        for stream in (1, 3):
            wire.said.clear()
            said = await wire.hear(DATA)
            while not said.flags & END_STREAM:
                said = await wire.hear(DATA)
            heard.append([(it.kind, it.flags, len(it.payload)) for it in wire.said if it.stream == stream])
            await wire.send(window(0, 100_000), head(stream, flags=END_STREAM))
        await wire.hear(-1)

    async with engine(script_of(part, settings(frame_size=20_000))) as http:
        for _ in range(2):
            await http.exchange(large)
            assert http.ready()
    first, second = heard
    assert [(kind, flags) for kind, flags, _ in first[:3]] == [
        (HEADERS, 0),
        (CONTINUATION, 0),
        (CONTINUATION, END_HEADERS),
    ]
    assert [length for kind, _, length in first if kind == DATA] == [16_384, 16_384, 16_384, 848]
    assert [length for kind, _, length in second if kind == DATA] == [20_000, 20_000, 10_000]


async def test_a_large_window_is_filled_without_waiting() -> None:
    body = bytes(1_000_000)
    line = Line(
        [
            (frame(SETTINGS, 0, 0, settings(window=2_000_000)) + window(0, 2_000_000), 1.0),
            (head(flags=END_STREAM), 2.0),
        ]
    )
    got = await Http2(line).exchange(post(body))
    assert (got.sent, got.first_byte) == (1.0, 2.0)
    assert sum(len(data) for data in line.sent) > len(body)


async def test_an_answer_before_all_is_sent_ends_the_sending() -> None:
    line = Line([(frame(SETTINGS, 0, 0) + head(status="413", flags=END_STREAM), 1.0)])
    http = Http2(line)
    assert (await http.exchange(post(bytes(100_000)))).status == 413
    assert await http.read() == b""
    assert not http.ready()


async def test_what_is_sent_after_the_answer_began_does_not_count_as_sending() -> None:
    line = Line(
        [
            (frame(SETTINGS, 0, 0), 1.0),
            (head(), 2.0),
            (window(0, 100_000) + window(1, 100_000), 3.0),
            (HELLO, 4.0),
        ]
    )
    http = Http2(line)
    got = await http.exchange(post(bytes(100_000)))
    assert (got.sent, got.first_byte) == (0.0, 2.0)
    assert await body_of(http) == b"hello"
    assert http.ready()


async def test_a_farewell_lets_the_response_end() -> None:
    line = Line(
        [
            (frame(SETTINGS, 0, 0) + frame(GOAWAY, 0, 0, b"\x7f\xff\xff\xff" + bytes(4)), 1.0),
            (head() + HELLO, 1.0),
        ]
    )
    http = Http2(line)
    await http.exchange(GET)
    assert await body_of(http) == b"hello"
    assert not http.ready()


@pytest.mark.parametrize(
    ("after", "ready"),
    [
        (frame(RST_STREAM, 0, 1, bytes(4)), True),
        (window(1, 5) + frame(PING, 0, 0, bytes(8)), True),
        (frame(DATA, 0, 1, b"more")[:-1], True),
        (frame(DATA, 0, 1, b"more"), False),
        (frame(GOAWAY, 0, 0, b"\0\0\0\1" + bytes(4)), False),
        (frame(SETTINGS, 0, 0, settings(max_streams=0)), False),
    ],
)
async def test_what_follows_the_end_says_whether_another_request_may(after: bytes, ready: bool) -> None:
    line = Line([(frame(SETTINGS, 0, 0) + head() + HELLO + after, 1.0)])
    http = Http2(line)
    await http.exchange(GET)
    assert await body_of(http) == b"hello"
    assert http.ready() is ready


async def test_frames_of_an_earlier_request_are_no_concern_of_the_next() -> None:
    late = window(1, 1) + frame(RST_STREAM, 0, 1, bytes(4))
    line = Line(
        [(frame(SETTINGS, 0, 0) + head(flags=END_STREAM), 1.0), (late + head(3, flags=END_STREAM), 2.0)]
    )
    http = Http2(line)
    await http.exchange(GET)
    assert (await http.exchange(GET)).first_byte == 2.0


async def test_no_request_is_sent_where_none_is_taken() -> None:
    line = Line([(frame(SETTINGS, 0, 0, settings(max_streams=0)) + head(flags=END_STREAM), 1.0)])
    http = Http2(line)
    await http.exchange(GET)
    with pytest.raises(Failure, match="takes no requests"):
        await http.exchange(GET)


async def test_nothing_is_sent_once_the_response_is_whole() -> None:
    """The server may be gone by then, and what it said before counts."""
    line = Line([(frame(SETTINGS, 0, 0) + frame(PING, 0, 0, bytes(8)) + head() + HELLO, 1.0)])
    http = Http2(line)
    await http.exchange(GET)
    assert await body_of(http) == b"hello"
    assert len(line.sent) == 1


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
