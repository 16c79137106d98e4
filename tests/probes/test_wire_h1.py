"""HTTP/1.1: the engine against h11, which shares no code with it, and at the edges of the protocol."""

import asyncio

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.failure import Failure
from probes.sample import Clock, Fault
from probes.wire.bounds import HEAD_BYTES
from probes.wire.exchange import Request
from probes.wire.h1 import Http1
from probes.wire.h1_head import write_request


class Played:
    """A stream that plays back what a server sent, a piece at a time, each a second after the last."""

    clock = Clock.KERNEL

    def __init__(self, pieces):
        self._pieces = list(pieces)
        self.arrived = 0.0
        self.sent = b""

    async def receive(self, limit=65536):
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > limit:
            self._pieces.insert(0, piece[limit:])
        self.arrived += 1.0
        return piece[:limit]

    async def send(self, data):
        self.sent += data
        return self.arrived

    def close(self):
        pass


def request(method=b"GET", body=b""):
    return Request(method, b"http", b"shop.test", b"/", ((b"accept", b"*/*"),), body)


async def _all(engine, method=b"GET"):
    head = await engine.exchange(request(method))
    body = b""
    while piece := await engine.read():
        body += piece
    return head.status, head.headers, body, engine.ready()


def ours(pieces, method=b"GET"):
    """Status, headers, body and whether the connection can serve again, or ``None`` for a failure."""
    try:
        return asyncio.run(_all(Http1(Played(pieces)), method))
    except Failure as failure:
        return None if failure.fault is Fault.PROTOCOL else failure


def theirs(data, method=b"GET"):
    """The same by h11."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
    connection.send(h11.Request(method=method, target="/", headers=[("host", "shop.test")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    connection.receive_data(b"")
    head, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                break
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return None
    except h11.RemoteProtocolError:
        return None
    assert head is not None
    return head.status_code, tuple(head.headers), body


def cut(data, sizes):
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [piece for piece in [*pieces, data[at:]] if piece]


NAMES = st.sampled_from([b"Server", b"X-Edge", b"Content-Type", b"Set-Cookie", b"Connection"])
VALUES = st.sampled_from([b"", b"a", b"a b", b"close", b"keep-alive, x", b"\xe9t\xe9", b"  padded\t", b"a,b"])


@st.composite
def responses(draw):
    """Responses that are right, in every framing."""
    version = draw(st.sampled_from([b"1.0", b"1.1"]))
    status = draw(st.sampled_from([b"200 OK", b"200", b"404 Not Found", b"204 No Content", b"302 "]))
    fields = draw(st.lists(st.tuples(NAMES, VALUES), max_size=5))
    body = draw(st.binary(max_size=300))
    end = draw(st.sampled_from([b"\r\n", b"\n"]))
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    early = draw(
        st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"])
    )
    lines = [b"HTTP/" + version + b" " + status, *(name + b": " + value for name, value in fields)]
    if status.startswith(b"204"):
        body, framing = b"", "none"
    if framing == "length":
        lines.append(b"Content-Length: %d" % len(body))
    if framing == "chunked":
        lines.append(b"Transfer-Encoding: chunked")
        step = draw(st.integers(1, 100))
        chunks = [body[at : at + step] for at in range(0, len(body), step)]
        trailer = draw(st.sampled_from([b"", b"X-Sum: 1\r\n"]))
        extension = draw(st.sampled_from([b"", b";a=b"]))
        coded = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
        body = coded + b"0\r\n" + trailer + b"\r\n"
    return early + end.join(lines) + end + end + body


@given(data=responses(), sizes=st.lists(st.integers(1, 40), max_size=20))
def test_a_right_response_is_read_as_h11_reads_it_however_it_is_cut(data, sizes):
    expected = theirs(data)
    assert expected is not None
    assert ours(cut(data, sizes))[:3] == expected


@given(
    data=responses(), at=st.integers(0, 400), noise=st.binary(max_size=3), sizes=st.lists(st.integers(1, 40))
)
def test_what_h11_refuses_in_a_spoiled_response_is_not_taken_for_a_good_one(data, at, noise, sizes):
    """Ours may be the stricter of the two, never the laxer in what it makes of the body."""
    at %= len(data)
    spoiled = data[:at] + noise + data[at + 1 :]
    mine, expected = ours(cut(spoiled, sizes)), theirs(spoiled)
    if mine is not None and expected is not None:
        assert mine[2] == expected[2]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 099 X\r\n\r\n",
        b"HTTP/1.1 200 O\x00K\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSpace : x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_what_is_no_response_is_a_fault_of_the_protocol(answer):
    assert ours([answer] if answer else []) is None
    assert ours([answer[at : at + 1] for at in range(len(answer))]) is None


@pytest.mark.parametrize(
    ("answer", "body", "ready"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi", b"hi", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", b"hi", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", b"hi", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", b"hi", True),
        (b"HTTP/1.1 200 OK\r\n\r\nhi", b"hi", False),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b"", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\n0\nX: y\n\n", b"hi", True),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Length: 1\n\n2\nhi\n0\n\n", b"hi", True),
        (b"HTTP/1.1 200 OK\r\nX: a\r\n  folded\r\nContent-Length: 2\r\n\r\nhi", b"hi", True),
    ],
)  # fmt: skip
def test_the_body_ends_where_the_head_says_and_the_connection_serves_on_where_it_can(answer, body, ready):
    for pieces in ([answer], [answer[at : at + 1] for at in range(len(answer))]):
        found = ours(pieces)
        assert found[2] == body
        if ready or len(pieces) == 1:
            assert found[3] is ready


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n0\r\nX: y\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ],
)
def test_what_is_cut_short_is_no_body(answer):
    assert ours([answer]) is None


def test_a_head_response_has_no_body_whatever_it_says():
    assert ours([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"], b"HEAD")[2:] == (b"", True)


async def test_a_103_is_timed_apart_and_the_final_head_from_its_own_first_byte():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    apart = await Http1(Played([hints[:10], hints[10:], final[:5], final[5:]])).exchange(request())
    assert (apart.early, apart.first_byte) == (1.0, 3.0)
    together = await Http1(Played([hints + final[:5], final[5:]])).exchange(request())
    assert (together.early, together.first_byte) == (1.0, 1.0)


async def test_two_requests_go_over_one_connection():
    engine = Http1(
        Played(
            [
                b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
                b"HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n",
            ]
        )
    )
    assert (await _all(engine))[0] == 200
    assert (await _all(engine))[0] == 201


@pytest.mark.parametrize(
    ("flood", "words"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, "before the end of the header"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60_000, "before the end of the header"),
    ],
)  # fmt: skip
async def test_heads_without_end_are_given_up(flood, words):
    with pytest.raises(Failure, match=words):
        await Http1(Played([flood])).exchange(request())


@pytest.mark.parametrize(
    ("flood", "words"),
    [
        (b"0\r\n" + b"X: y\r\n" * 60_000, "of trailers"),
        (b"0\r\n" + b"x" * 300_000, "of trailers"),
        (b"1;" + b"a=b;" * 80_000, "no size of a chunk"),
    ],
)
async def test_chunks_that_lead_nowhere_are_given_up(flood, words):
    engine = Http1(Played([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", flood]))
    await engine.exchange(request())
    with pytest.raises(Failure, match=words):
        await engine.read()


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (request(), b"GET / HTTP/1.1\r\nhost: shop.test\r\naccept: */*\r\n\r\n"),
        (request(b"POST"), b"POST / HTTP/1.1\r\nhost: shop.test\r\naccept: */*\r\ncontent-length: 0\r\n\r\n"),
        (
            request(b"DELETE", b"a=1"),
            b"DELETE / HTTP/1.1\r\nhost: shop.test\r\naccept: */*\r\ncontent-length: 3\r\n\r\na=1",
        ),
    ],
)
def test_a_request_is_written_as_h11_reads_it(made, expected):
    assert write_request(made) == expected
    server = h11.Connection(h11.SERVER)
    server.receive_data(expected)
    event = server.next_event()
    assert (event.method, event.target) == (made.method, made.target)
