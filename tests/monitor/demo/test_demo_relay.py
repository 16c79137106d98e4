from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from monitor.demo.layout import HOST
from monitor.demo.relay import tcp_relay, udp_relay

NEAR = "127.0.0.11"
ANY = (NEAR, 0)
DELAY = 0.03


@asynccontextmanager
async def echo_server() -> AsyncIterator[tuple[int, list[str]]]:
    """A TCP server that says everything back, and knows from which addresses it was visited."""
    visitors: list[str] = []

    visits: set[asyncio.Task[None] | None] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.add(asyncio.current_task())
        visitors.append(writer.get_extra_info("peername")[0])
        try:
            while chunk := await reader.read(1 << 16):
                writer.write(chunk)
                await writer.drain()
        except ConnectionResetError:
            visitors.append("reset")
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(echo, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1], visitors
    finally:
        server.close()
        await asyncio.gather(*filter(None, visits))


class EchoDatagrams(asyncio.DatagramProtocol):
    """A UDP server that says everything back."""

    def __init__(self) -> None:
        self.visitors: set[tuple[str, int]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.visitors.add(addr)
        self.transport.sendto(data, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def echo_datagrams() -> AsyncIterator[tuple[int, EchoDatagrams]]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(EchoDatagrams, local_addr=(HOST, 0))
    try:
        yield transport.get_extra_info("sockname")[1], protocol
    finally:
        transport.close()


async def ask(sock: socket.socket, data: bytes) -> tuple[bytes, float]:
    """Send ``data``, wait for the answer, and say how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await loop.sock_sendall(sock, data)
    answer = await asyncio.wait_for(loop.sock_recv(sock, 1 << 16), 10)
    return answer, loop.time() - began


def datagram_client(port: int) -> socket.socket:
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.connect((NEAR, port))
    return sock


async def test_a_round_trip_takes_twice_the_delay_and_comes_from_the_relays_address() -> None:
    async with echo_server() as (upstream, visitors), tcp_relay(ANY, (HOST, upstream), DELAY) as port:
        reader, writer = await asyncio.open_connection(NEAR, port)
        loop = asyncio.get_running_loop()
        began = loop.time()
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        assert loop.time() - began >= 2 * DELAY
        writer.close()
        await writer.wait_closed()
    assert visitors[0] == NEAR


async def test_every_byte_arrives_in_order_and_the_end_of_a_stream_too() -> None:
    sent = bytes(range(256)) * 40_000  # 10 MB, more than a direction holds at a time
    async with echo_server() as (upstream, _), tcp_relay(ANY, (HOST, upstream), 0.001) as port:
        reader, writer = await asyncio.open_connection(NEAR, port)

        async def send() -> None:
            writer.write(sent)
            await writer.drain()
            writer.write_eof()

        _, received = await asyncio.gather(send(), reader.read(-1))
        writer.close()
        await writer.wait_closed()
    assert received == sent


async def test_a_server_that_is_not_there_ends_the_connection() -> None:
    with socket.socket() as deaf:  # bound, but it does not listen
        deaf.bind((HOST, 0))
        async with tcp_relay(ANY, deaf.getsockname(), DELAY) as port:
            reader, writer = await asyncio.open_connection(NEAR, port)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()


async def test_a_reset_is_passed_on() -> None:
    async with echo_server() as (upstream, visitors), tcp_relay(ANY, (HOST, upstream), 0.0) as port:
        reader, writer = await asyncio.open_connection(NEAR, port)
        writer.write(b"hello")
        await reader.readexactly(5)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
        async with asyncio.timeout(10):
            while "reset" not in visitors:
                await asyncio.sleep(0.005)


async def test_an_open_connection_does_not_hold_up_the_end_of_the_relay() -> None:
    async with echo_server() as (upstream, _):
        async with tcp_relay(ANY, (HOST, upstream), DELAY) as port:
            reader, writer = await asyncio.open_connection(NEAR, port)
            writer.write(b"hello")
            await reader.readexactly(5)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 10)
        writer.close()


async def test_datagrams_take_twice_the_delay_and_each_client_has_its_own_flow() -> None:
    async with echo_datagrams() as (upstream, server), udp_relay(ANY, (HOST, upstream), DELAY) as port:
        with datagram_client(port) as one, datagram_client(port) as two:
            for sock, word in ((one, b"one"), (two, b"two"), (one, b"three")):
                answer, took = await ask(sock, word)
                assert answer == word
                assert took >= 2 * DELAY
    assert len(server.visitors) == 2
    assert {host for host, _ in server.visitors} == {NEAR}


async def test_a_datagram_that_comes_before_its_flow_is_open_is_not_lost() -> None:
    async with echo_datagrams() as (upstream, _), udp_relay(ANY, (HOST, upstream), 0.0) as port:
        with datagram_client(port) as sock:
            assert (await ask(sock, b"at once"))[0] == b"at once"


async def test_the_oldest_flow_gives_way_to_a_new_one() -> None:
    async with (
        echo_datagrams() as (upstream, server),
        udp_relay(ANY, (HOST, upstream), 0.0, flows=1) as port,
    ):
        with datagram_client(port) as one, datagram_client(port) as two:
            await ask(one, b"one")
            await ask(two, b"two")
            assert (await ask(one, b"again"))[0] == b"again"
    assert len(server.visitors) == 3


async def test_datagrams_under_way_at_the_end_are_dropped_quietly() -> None:
    loop = asyncio.get_running_loop()
    troubles: list[object] = []
    loop.set_exception_handler(lambda _, context: troubles.append(context))
    async with echo_datagrams() as (upstream, server):
        with socket.socket(type=socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            async with udp_relay(ANY, (HOST, upstream), DELAY) as port:
                sock.connect((NEAR, port))
                await ask(sock, b"first")
                await loop.sock_sendall(sock, b"there")
                async with asyncio.timeout(10):
                    while not server.visitors:
                        await asyncio.sleep(0.001)
                await asyncio.sleep(1.5 * DELAY)  # one datagram on its way back
                await loop.sock_sendall(sock, b"and one on its way there")
                await asyncio.sleep(0)
            await asyncio.sleep(2 * DELAY)
    assert troubles == []
