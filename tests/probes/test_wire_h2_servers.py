"""The HTTP/2 engine with servers that others wrote: caddy, and the h2 package's server side."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import h2.config
import h2.connection
import h2.events
import pytest
from authority import Authority
from caddyserver import Caddy, caddy
from h2_server import body_of, engine, post
from scripted import Script

from probes.wire.addresses import Address
from probes.wire.exchange import Request
from probes.wire.h2 import Http2
from probes.wire.tcp import connect
from probes.wire.tls import TlsStream, terms
from probes.wire.trust import Trust

LARGE = bytes(range(256)) * 16 * 1024 * 5  # 20 MiB, more than either window

DIRECTIVES = """
    header X-Long "{0}"
    respond /hello "hello"
    respond /empty 204
    redir /away /hello
    route /echo {{
        request_body {{
            max_size 100MB
        }}
        respond "{{http.request.body}}"
    }}
    root * {1}
    file_server
"""


@pytest.fixture(scope="module")
def site(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    folder = tmp_path_factory.mktemp("caddy")
    (folder / "large.bin").write_bytes(LARGE)
    with caddy(
        folder, authority.leaf("site.test"), directives=DIRECTIVES.format("y" * 5000, folder)
    ) as running:
        yield running


@contextlib.asynccontextmanager
async def connected(site: Caddy, authority: Authority) -> AsyncIterator[Http2]:
    address = Address.parse("127.0.0.1")
    assert address is not None
    socket, _ = await connect(asyncio.get_running_loop(), address, site.port)
    try:
        stream = TlsStream(socket, terms(Trust(ca=authority.ca_file), ("h2",)), site.name)
        await stream.handshake()
        assert stream.alpn == "h2"
        yield Http2(stream)
    finally:
        socket.close()


def get(path: bytes, method: bytes = b"GET") -> Request:
    return Request(method, b"https", b"site.test", path, ((b"user-agent", b"test"), (b"accept", b"*/*")))


async def test_caddy_answers_one_request_after_another(site: Caddy, authority: Authority) -> None:
    async with connected(site, authority) as http:
        for path, status, body in (
            (b"/away", 302, b""),
            (b"/hello", 200, b"hello"),
            (b"/empty", 204, b""),
            (b"/large.bin", 200, LARGE),
            (b"/hello", 200, b"hello"),
        ):
            head = await http.exchange(get(path))
            assert (head.status, head.get(b"x-long")) == (status, "y" * 5000)
            assert head.first_byte >= head.sent
            assert await body_of(http) == body
            assert http.ready()


async def test_caddy_answers_without_a_body(site: Caddy, authority: Authority) -> None:
    async with connected(site, authority) as http:
        head = await http.exchange(get(b"/large.bin", b"HEAD"))
        assert head.get(b"content-length") == str(len(LARGE))
        assert await body_of(http) == b""
        assert http.ready()


async def test_caddy_takes_a_body(site: Caddy, authority: Authority) -> None:
    body = b"what was sent " * 50_000
    async with connected(site, authority) as http:
        request = Request(b"POST", b"https", b"site.test", b"/echo", (), body)
        assert (await http.exchange(request)).status == 200
        assert await body_of(http) == body
        assert http.ready()


def echoing(closing: bool = False) -> Script:
    """A server on the h2 package that sends back what it was sent, and with ``closing`` says farewell."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        bodies: dict[int, bytes] = {}
        unsent: dict[int, bytes] = {}
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    bodies[event.stream_id] = b""
                    connection.send_headers(event.stream_id, [(":status", "103"), ("link", "</a.css>")])
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    unsent[event.stream_id] = bodies.pop(event.stream_id) or b"nothing"
                    connection.send_headers(event.stream_id, [(":status", "200"), ("x-again", "and again")])
            for stream in list(unsent):
                while unsent[stream]:
                    room = min(connection.local_flow_control_window(stream) - 8, 10_000)
                    if room <= 0:
                        break
                    piece, unsent[stream] = unsent[stream][:room], unsent[stream][room:]
                    connection.send_data(stream, piece, pad_length=len(piece) % 7)
                if not unsent[stream]:
                    del unsent[stream]
                    connection.end_stream(stream)
                    if closing:
                        connection.close_connection()
            writer.write(connection.data_to_send())
            await writer.drain()

    return script


async def test_h2_sends_back_what_it_was_sent() -> None:
    bodies = [b"", b"hello", bytes(range(256)) * 40_000, b"", b"y" * 65_535]
    async with engine(echoing()) as http:
        for body in bodies:
            head = await http.exchange(post(body) if body else get(b"/"))
            assert (head.status, head.headers) == (200, ((b"x-again", b"and again"),))
            assert head.early is not None
            assert head.early <= head.first_byte
            assert await body_of(http) == (body or b"nothing")
            assert http.ready()


async def test_h2_says_farewell() -> None:
    async with engine(echoing(closing=True)) as http:
        await http.exchange(post(b"hello"))
        assert await body_of(http) == b"hello"
        # The farewell may come a little later than the end of the response.
        with contextlib.suppress(Exception):
            while http.ready():
                await http._step()
        assert not http.ready()
