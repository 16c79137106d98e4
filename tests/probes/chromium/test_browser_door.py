"""The door by which a browser speaks QUIC: where its datagrams go, and where they do not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing

import pytest
from namespace import needs_root, run_in_namespace

from probes.chromium import door as doors
from probes.chromium import fence as fences
from probes.chromium.door import Door
from probes.chromium.fence import Fence, Rules
from probes.failure import Failure, OwnFault
from probes.wire.addresses import Address
from probes.wire.names import Names

NO_WAY = Address("ff02::1", socket.AF_INET6)
"""Without an interface, a link's group has no way to it."""
HERE = Address("127.0.0.1", socket.AF_INET)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A server of datagrams, which answers only when it is told to."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


@pytest.fixture
def client() -> Iterator[socket.socket]:
    """A browser's socket."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """An open door that leads nowhere yet."""
    made = Door()
    await made.open()
    yield made
    made.close()


def fence(port: int, *addresses: Address, host: str = "page.test") -> Fence:
    """The fence of a visit to ``page.test``, where ``host`` is at these addresses."""
    return Fence(Names(), Rules("page.test", port, {(host, port): list(addresses)}))


async def until(holds: Callable[[], object]) -> None:
    """Wait for something."""
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


async def test_datagrams_go_to_the_origin_and_back_and_are_counted(
    door: Door, server: socket.socket, client: socket.socket
) -> None:
    loop, port = asyncio.get_running_loop(), server.getsockname()[1]
    way = fence(port, HERE)
    door.lead(way, "page.test", port)
    client.sendto(b"first", ("127.0.0.1", door.port))
    client.sendto(b"second", ("127.0.0.1", door.port))
    async with asyncio.timeout(30):
        assert await loop.sock_recv(server, 100) == b"first"
        data, back = await loop.sock_recvfrom(server, 100)
        assert data == b"second"
        server.sendto(b"an answer", back)
        assert await loop.sock_recv(client, 100) == b"an answer"
    (connection,) = way.connections
    assert (connection.host, connection.port, connection.address) == ("page.test", port, "127.0.0.1")
    assert (connection.sent, connection.received, connection.datagrams) == (11, 9, True)
    assert connection.failure is None


async def test_a_door_that_is_shut_leads_nowhere(
    door: Door, server: socket.socket, client: socket.socket
) -> None:
    loop, port = asyncio.get_running_loop(), server.getsockname()[1]
    before, after = fence(port, HERE), fence(port, HERE)
    door.lead(before, "page.test", port)
    door.shut()
    client.sendto(b"lost", ("127.0.0.1", door.port))
    await asyncio.sleep(0.05)
    door.lead(after, "page.test", port)
    client.sendto(b"led", ("127.0.0.1", door.port))
    async with asyncio.timeout(30):
        assert await loop.sock_recv(server, 100) == b"led"
    assert (len(before.connections), len(after.connections)) == (0, 1)


async def test_the_first_address_that_there_is_a_way_to_is_taken(
    door: Door, server: socket.socket, client: socket.socket
) -> None:
    loop, port = asyncio.get_running_loop(), server.getsockname()[1]
    way = fence(port, NO_WAY, HERE)
    door.lead(way, "page.test", port)
    client.sendto(b"hello", ("127.0.0.1", door.port))
    async with asyncio.timeout(30):
        assert await loop.sock_recv(server, 100) == b"hello"
    assert way.connections[0].address == "127.0.0.1"


async def test_no_way_anywhere_is_told(door: Door, client: socket.socket) -> None:
    way = fence(4433, NO_WAY)
    door.lead(way, "page.test", 4433)
    client.sendto(b"hello", ("127.0.0.1", door.port))
    await until(lambda: way.connections and way.connections[0].ended)
    failure = way.connections[0].failure
    assert failure is not None
    assert not isinstance(failure, OwnFault)  # no page can be there, whoever asks
    assert failure.detail.startswith("ff02::1 port 4433: ")


@needs_root
def test_a_machine_without_a_route_is_no_fault_of_the_page() -> None:
    async def asked() -> None:
        way = fence(443, Address("198.41.0.4", socket.AF_INET))
        connection = fences.Connection("page.test", 443, way.now(), datagrams=True)
        with pytest.raises(OwnFault, match="no way from here to 198"):
            await way.admit(connection)
        assert connection.address is None

    run_in_namespace(asked())


async def test_an_address_that_the_page_has_no_business_with_is_refused(
    door: Door, client: socket.socket
) -> None:
    way = Fence(Names(), Rules("page.test", 443))  # which is at no address that is known yet
    door.lead(way, "127.0.0.1", 4433)
    client.sendto(b"hello", ("127.0.0.1", door.port))
    await until(lambda: way.connections and way.connections[0].ended)
    assert way.connections[0].refused
    assert "127.0.0.1 is a loopback address" in str(way.connections[0].failure)


async def test_flows_and_what_waits_in_them_are_bounded(
    door: Door, server: socket.socket, client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "MOST_FLOWS", 1)
    monkeypatch.setattr(doors, "MOST_WAITING", 2)
    loop, port = asyncio.get_running_loop(), server.getsockname()[1]
    way = fence(port, HERE)
    door.lead(way, "page.test", port)
    for data in (b"1", b"2", b"3"):
        door.datagram_received(data, client.getsockname())
    door.datagram_received(b"another flow", ("127.0.0.1", 9))
    async with asyncio.timeout(30):
        assert [await loop.sock_recv(server, 100) for _ in range(2)] == [b"1", b"2"]
    assert len(way.connections) == 1
    assert way.connections[0].sent == 2


async def test_a_visit_has_so_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fences, "MOST_CONNECTIONS", 0)
    way = fence(443, HERE)
    with pytest.raises(Failure, match="too many connections"):
        await way.admit(fences.Connection("page.test", 443, way.now(), datagrams=True))
