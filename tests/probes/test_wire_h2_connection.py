"""An HTTP/2 connection beside its responses: acknowledgements, windows, farewells, and what comes next."""

from __future__ import annotations

import hpack
import pytest
from framing import (
    ACK,
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
    settings,
    window,
)

from probes.failure import Failure
from probes.wire.h2 import Http2
from probes.wire.h2_settings import CONNECTION_WINDOW, STREAM_WINDOW


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
        await wire.send(head(("content-length", str(size))))
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
        [
            (frame(SETTINGS, 0, 0) + head(flags=END_STREAM), 1.0),
            (late + head(stream=3, flags=END_STREAM), 2.0),
        ]
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
