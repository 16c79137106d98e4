"""What the HTTP/2 engine sends, and that it keeps to what the server lets it send."""

from __future__ import annotations

import hpack
from framing import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    SETTINGS,
    frame,
)
from h2_server import (
    GET,
    HELLO,
    Line,
    Wire,
    body_of,
    engine,
    frames_in,
    head,
    post,
    script_of,
    settings,
    window,
)

from probes.wire.exchange import Request
from probes.wire.h2 import Http2
from probes.wire.h2_settings import OPENING


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
        await wire.send(head(stream=3, flags=END_STREAM))
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
            await wire.send(window(0, 100_000), head(stream=stream, flags=END_STREAM))
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
