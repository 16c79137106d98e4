"""However the network cuts what a server sends into pieces, the response is the same."""

from __future__ import annotations

import asyncio

import hpack
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
    WINDOW_UPDATE,
    frame,
)
from h2_server import GET, Line, body_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.wire.exchange import Headers
from probes.wire.h2 import Http2

HEAD = [(":status", "200"), ("server", "test"), ("x-long", "y" * 300), ("content-length", "2005")]

UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""A slow machine is no mistake of what is tested."""


def stream_of(early: bool, padding: int, cuts: list[int], trailer: bool) -> tuple[bytes, int | None, int]:
    """What a server sends, and where in it the 103 (if any) and the final header begin."""
    encoder = hpack.Encoder()
    sent = frame(SETTINGS, 0, 0) + frame(WINDOW_UPDATE, 0, 0, b"\0\0\1\0") + frame(SETTINGS, ACK, 0)
    hint = len(sent) if early else None
    if early:
        sent += frame(HEADERS, END_HEADERS, 1, encoder.encode([(":status", "103"), ("link", "</a.css>")]))
        sent += frame(PING, 0, 0, bytes(8))
    final = len(sent)
    block = encoder.encode(HEAD)
    parts = [block[low:high] for low, high in zip([0, *cuts], [*cuts, len(block)], strict=True)]
    for number, part in enumerate(parts):
        flags = END_HEADERS if number == len(parts) - 1 else 0
        sent += frame(CONTINUATION if number else HEADERS, flags, 1, part)
    sent += frame(DATA, PADDED, 1, bytes([padding]) + b"hello" + bytes(padding))
    sent += frame(0xEE, 0, 1, b"unknown") + frame(DATA, 0 if trailer else END_STREAM, 1, bytes(2000))
    if trailer:
        sent += frame(HEADERS, END_HEADERS | END_STREAM, 1, encoder.encode([("x-end", "1")]))
    return sent, hint, final


async def follow(pieces: list[bytes]) -> tuple[int, Headers, float, float | None, bytes, bool, bytes]:
    """What comes of ``pieces``, of which each arrives a second after the one before."""
    line = Line([(piece, float(number)) for number, piece in enumerate(pieces)])
    http = Http2(line)
    head = await http.exchange(GET)
    body = await body_of(http)
    sent = b"".join(line.sent) + http._session.due()
    return head.status, head.headers, head.first_byte, head.early, body, http.ready(), sent


@UNHURRIED
@given(
    early=st.booleans(),
    padding=st.integers(0, 255),
    cuts=st.lists(st.integers(0, 60), max_size=3).map(sorted),
    trailer=st.booleans(),
    at=st.lists(st.floats(0, 1), max_size=12) | st.just(None),
)
def test_any_split_gives_the_same(
    early: bool, padding: int, cuts: list[int], trailer: bool, at: list[float] | None
) -> None:
    sent, hint, final = stream_of(early, padding, cuts, trailer)
    places = (
        range(1, len(sent))
        if at is None
        else sorted({int(place * len(sent)) for place in at} - {0, len(sent)})
    )
    pieces = [sent[low:high] for low, high in zip([0, *places], [*places, len(sent)], strict=True)]

    whole = asyncio.run(follow([sent]))
    split = asyncio.run(follow(pieces))

    def arrival(place: int) -> float:
        return float(sum(1 for cut in places if cut <= place))

    assert whole[:4] == (
        200,
        tuple((n.encode(), v.encode()) for n, v in HEAD[1:]),
        0.0,
        0.0 if early else None,
    )
    assert whole[4:6] == (b"hello" + bytes(2000), True)
    assert split[:2] == whole[:2]
    assert split[4:] == whole[4:]
    assert split[2] == arrival(final)
    assert split[3] == (None if hint is None else arrival(hint))
