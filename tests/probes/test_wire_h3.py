"""HTTP/3's frames and headers alone, held against another implementation of them."""

from __future__ import annotations

import pylsqpack
import pytest
from aioquic.buffer import Buffer, encode_uint_var
from aioquic.quic.events import StreamDataReceived
from h3_server import body, frame, head
from hypothesis import given
from hypothesis import strategies as st

from probes.failure import Failure
from probes.wire.exchange import Request
from probes.wire.h3_frames import DATA, HEADERS, Frame, FrameReader, make_frame, read_varint, write_varint
from probes.wire.h3_qpack import decode, encode
from probes.wire.h3_session import OPENING, Session
from probes.wire.h3_static import STATIC

GET = Request(b"GET", b"https", b"site.test", b"/", ((b"accept", b"*/*"),))

names = st.from_regex(rb"[a-z0-9-]{1,40}", fullmatch=True)
values = st.binary(max_size=400)
fields = st.lists(st.one_of(st.tuples(names, values), st.sampled_from(STATIC)), min_size=1, max_size=30)


@given(fields)
def test_what_we_say_is_understood(said: list[tuple[bytes, bytes]]) -> None:
    _, heard = pylsqpack.Decoder(0, 0).feed_header(0, encode(tuple(said)))
    assert heard == said


@given(fields)
def test_what_others_say_is_understood(said: list[tuple[bytes, bytes]]) -> None:
    _, block = pylsqpack.Encoder().encode(0, said)
    assert list(decode(block)) == said


def test_the_static_table_is_that_of_others() -> None:
    decoder = pylsqpack.Decoder(0, 0)
    for index, field in enumerate(STATIC):
        named = bytes([0xC0 | index]) if index < 63 else bytes([0xFF, index - 63])
        assert decoder.feed_header(4 * index, b"\x00\x00" + named)[1] == [field]
    with pytest.raises(pylsqpack.DecompressionFailed):
        decoder.feed_header(4000, b"\x00\x00" + bytes([0xFF, len(STATIC) - 63]))


@pytest.mark.parametrize("name", [b"authorization", b"cookie", b"proxy-authorization"])
def test_a_secret_is_never_to_be_indexed(name: bytes) -> None:
    """Neither is it coded: what is kept of Huffman codes would hold it."""
    block = encode(((name, b"s3cret"),))
    assert block[2] & 0xF0 in (0x70, 0x30)  # by a name of the table, or by one of its own
    assert b"s3cret" in block


@given(st.integers(0, (1 << 62) - 1))
def test_integers(value: int) -> None:
    written = write_varint(value)
    assert written == encode_uint_var(value)
    assert read_varint(written, 0) == (value, len(written))
    assert Buffer(data=written).pull_uint_var() == value
    for end in range(len(written)):
        assert read_varint(written[:end], 0) is None


def test_an_integer_that_is_too_large() -> None:
    with pytest.raises(ValueError, match="larger than QUIC can write"):
        write_varint(1 << 62)


def frames_of(*pieces: bytes) -> list[Frame]:
    """The frames in ``pieces``, of which each comes a second after the one before it."""
    reader = FrameReader()
    found: list[Frame] = []
    for at, piece in enumerate(pieces):
        reader.feed(piece, float(at))
        while (taken := reader.take()) is not None:
            found.append(taken)
    assert reader.between
    return found


WHOLE = make_frame(HEADERS, b"header") + make_frame(0x21, b"grease") + make_frame(HEADERS, b"trailer")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 100])
def test_frames_are_the_same_however_they_come(size: int) -> None:
    pieces = [WHOLE[at : at + size] for at in range(0, len(WHOLE), size)]
    found = frames_of(*pieces)
    assert [taken.payload for taken in found] == [b"header", b"trailer"]
    # Each began with the piece that its first byte is in.
    starts = [0, len(WHOLE) - len(make_frame(HEADERS, b"trailer"))]
    assert [taken.began for taken in found] == [float(start // size) for start in starts]


@given(st.lists(st.integers(1, 30), max_size=20))
def test_a_response_is_the_same_however_it_comes(sizes: list[int]) -> None:
    stream = head(("x-a", "b"), status="103") + head(("x-c", "d")) + body(b"he") + frame(0x40) + body(b"llo")
    session = Session()
    session.begin(GET)
    at = 0
    for size in [*sizes, len(stream)]:
        piece = stream[at : at + size]
        at += len(piece)
        session.take(StreamDataReceived(piece, at == len(stream), 0), 1.0)
        if at == len(stream):
            break
    response = session.response
    assert response.head == (200, ((b"x-c", b"d"),))
    assert response.early == 1.0
    assert b"".join(response.pieces) == b"hello"
    assert session.ready()


def test_what_comes_on_another_stream_is_not_looked_at() -> None:
    session = Session()
    session.begin(GET)
    session.take(StreamDataReceived(head() + body(), True, 0), 1.0)
    session.begin(GET)
    session.take(StreamDataReceived(b"late", True, 0), 2.0)
    assert session.response.head is None
    assert not session.ready()


def test_a_header_that_comes_in_pieces_began_with_its_first() -> None:
    session = Session()
    session.begin(GET)
    whole = head(("x", "y" * 100))
    for at in range(len(whole)):
        session.take(StreamDataReceived(whole[at : at + 1], False, 0), 10.0 + at)
    assert session.response.began == 10.0


def test_what_a_client_says_first() -> None:
    """A control stream with how large a header may be, and nothing of tables or pushes."""
    kind, length = OPENING[0], OPENING[2]
    assert (kind, OPENING[1], length) == (0, 4, len(OPENING) - 3)
    settings = Buffer(data=OPENING[3:])
    assert (settings.pull_uint_var(), settings.pull_uint_var(), settings.eof()) == (6, 262144, True)


def test_a_request_with_a_body() -> None:
    written = Session().begin(Request(b"POST", b"https", b"site.test", b"/", (), b"hello"))
    reader = FrameReader()
    reader.feed(written, 0.0)
    first, second = reader.take(), reader.take()
    assert first is not None
    assert second is not None
    assert (b"content-length", b"5") in decode(first.payload)
    assert (second.kind, second.payload) == (DATA, b"hello")


def test_a_body_makes_up_for_what_is_none() -> None:
    """A long page with a little beside each piece of it is no attack."""
    reader = FrameReader()

    def take(*frames: bytes) -> None:
        for made in frames * 20:
            reader.feed(made, 0.0)
            while reader.take() is not None:
                pass

    take(make_frame(0x21, bytes(20_000)), make_frame(DATA, bytes(20_000)))
    with pytest.raises(Failure, match="more than 262144 bytes"):
        take(make_frame(0x21, bytes(20_000)))
