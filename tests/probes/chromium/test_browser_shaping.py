"""The network that a visitor is in: what passes over it is late, and comes no faster than it lets it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from authority import Authority
from browsing import Browsing
from nameserver import nameserver, zone
from namespace import ADDRESSES, needs_root, run_in_namespace
from wildsite import WildSite, page, wild_site

from probes.chromium.fence import Connection, Fence, Rules
from probes.chromium.profiles import NETWORKS, Network
from probes.chromium.shaping import FIRST_WINDOW, SEGMENT, Line, Shaping, Way, Window
from probes.failure import OwnFault
from probes.sample import Fault, Outcome
from probes.visit.options import parse_server
from probes.wire.addresses import Address
from probes.wire.names import Names

RTT = 0.15
SLOW = Network(rtt=RTT, down=1_600_000, up=800_000)
FAST = Network(rtt=0.0, down=1e12, up=1e12)


def now() -> float:
    return asyncio.get_running_loop().time()


class Pipe:
    """What is read from it is what it was given; what is written to it is kept, with its time."""

    def __init__(self, data: bytes = b"", ends: OSError | None = None) -> None:
        self.arrived: list[tuple[float, bytes]] = []
        self._data = data
        self._ends = ends

    async def read(self, most: int) -> bytes:
        data, self._data = self._data[:most], self._data[most:]
        if not data and self._ends is not None:
            raise self._ends
        return data

    async def write(self, data: bytes) -> None:
        self.arrived.append((now(), data))

    @property
    def all(self) -> bytes:
        return b"".join(data for _, data in self.arrived)


def test_a_line_takes_one_after_another_at_its_rate() -> None:
    line = Line(8000)
    assert line.put(500, 10.0) == 10.5
    assert line.put(500, 10.1) == 11.0
    assert line.put(1000, 20.0) == 21.0
    assert (line.piece, Line(9_000_000).piece) == (SEGMENT, 11_250)


def test_a_connection_starts_slowly() -> None:
    window = Window(RTT)
    assert window.room(0.0) == FIRST_WINDOW
    window.sent(SEGMENT, 0.1)
    window.sent(9 * SEGMENT, 0.2)
    assert (window.room(0.2), window.next_room()) == (0, 0.1 + RTT)
    assert window.room(0.1 + RTT) == 2 * SEGMENT
    assert window.room(0.2 + RTT) == 2 * FIRST_WINDOW


async def test_bytes_come_unchanged_at_the_rate_and_late() -> None:
    data = bytes(range(256)) * 200
    pipe, began = Pipe(data), now()
    await Shaping(SLOW).down().carry(pipe.read, pipe.write)
    assert pipe.all == data
    assert max(len(part) for _, part in pipe.arrived) <= Line(SLOW.down).piece
    assert pipe.arrived[0][0] - began >= RTT / 2
    assert pipe.arrived[-1][0] - began >= len(data) * 8 / SLOW.down + RTT / 2


async def test_connections_share_the_line() -> None:
    shaping = Shaping(SLOW)
    pipes, began = [Pipe(bytes(30_000)), Pipe(bytes(30_000))], now()
    await asyncio.gather(*(shaping.down().carry(pipe.read, pipe.write) for pipe in pipes))
    ends = [pipe.arrived[-1][0] - began for pipe in pipes]
    assert max(ends) >= 60_000 * 8 / SLOW.down + RTT / 2
    # They took turns: when the first was done, of the other no more was missing than is on the way.
    by_then = sum(len(data) for at, data in pipes[1].arrived if at - began <= ends[0])
    assert by_then > 15_000


async def test_what_was_sent_before_a_break_arrives() -> None:
    pipe = Pipe(b"first words", ConnectionResetError("gone"))
    with pytest.raises(ConnectionResetError, match="gone"):
        await Shaping(SLOW).up().carry(pipe.read, pipe.write)
    assert pipe.all == b"first words"


async def test_who_takes_nothing_is_sent_no_more() -> None:
    taken = 0

    async def read(most: int) -> bytes:
        nonlocal taken
        taken += 1
        return b"x"

    async def write(_: bytes) -> None:
        await asyncio.Event().wait()

    carrying = asyncio.ensure_future(Way(Line(FAST.down), 0.0, now).carry(read, write))
    for _ in range(5000):
        await asyncio.sleep(0)
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)
    assert 200 < taken < 300


async def test_a_name_is_asked_for_once() -> None:
    shaping = Shaping(SLOW)
    waits = await asyncio.gather(shaping.look_up("a.test"), shaping.look_up("a.test"))
    assert min(waits) >= RTT - 0.05  # the second began a moment later
    assert await shaping.look_up("a.test") < min(waits)
    assert await shaping.look_up("b.test") >= RTT


@asynccontextmanager
async def asked(fence: Fence, host: str, port: int) -> AsyncIterator[tuple[bytes, Connection]]:
    """Ask a fence for a connection; gives its answer, and what it wrote down."""
    await fence.open()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", fence.port)
        named = bytes([len(host)]) + host.encode() + port.to_bytes(2, "big")
        writer.write(b"\x05\x01\x00" + b"\x05\x01\x00\x03" + named)
        try:
            yield (await reader.readexactly(12))[2:], fence.connections[0]
        finally:
            writer.close()
    finally:
        await fence.close()


def took(connection: Connection) -> float:
    assert connection.ended is not None
    return connection.ended - connection.asked


async def test_a_refusal_takes_a_round_trip_as_well() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        fence = Fence(Names(), Rules("localhost", port, ip="4"), Shaping(SLOW))
        async with asked(fence, "localhost", port) as (answer, connection):
            assert answer[:2] == b"\x05\x05"
            assert connection.failure is not None
            assert (connection.failure.fault, took(connection) >= RTT) == (Fault.CONNECT, True)


async def test_a_name_that_is_not_there_takes_a_round_trip_as_well() -> None:
    async with nameserver(zone({})) as names:
        rules = Rules("shop.test", 80, servers=(parse_server(names.address),))
        async with asked(Fence(Names(), rules, Shaping(SLOW)), "shop.test", 80) as (answer, connection):
            assert answer[:2] == b"\x05\x04"
            assert connection.failure is not None
            assert (connection.failure.fault, took(connection) >= RTT) == (Fault.DNS, True)


async def test_what_this_machine_cannot_do_is_not_late() -> None:
    class Shut(Names):
        async def look_up(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise OwnFault(Fault.DNS, "no way out of this machine")

    far = Network(rtt=30.0, down=1e6, up=1e6)
    async with asked(Fence(Shut(), Rules("shop.test", 80), Shaping(far)), "shop.test", 80) as (_, connection):
        assert took(connection) < far.rtt


@needs_root
def test_without_a_way_out_nothing_is_late() -> None:
    async def work() -> None:
        far = Shaping(Network(rtt=60.0, down=1e6, up=1e6))
        with pytest.raises(OwnFault):
            await asyncio.wait_for(far.connect(Address("192.0.2.1", socket.AF_INET), 80), 20)

    run_in_namespace(work(), *ADDRESSES)


async def test_a_connection_that_is_given_up_is_closed() -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        shaping = Shaping(Network(rtt=60.0, down=1e6, up=1e6))
        opening = asyncio.ensure_future(shaping.connect(Address("127.0.0.1", socket.AF_INET), port))
        await asyncio.sleep(0.2)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await asyncio.wait_for(gone.wait(), 20)


@pytest.mark.asyncio(loop_scope="module")
async def test_every_phase_of_a_visit_is_as_late_as_the_network(
    browse: Browsing, authority: Authority
) -> None:
    size = 400_000
    async with (
        nameserver(zone({"shop.test": ["127.0.0.1"]})) as names,
        wild_site(authority.leaf("shop.test").context()) as site,
    ):
        site.pages["/"] = page("<h1>Hello there</h1><!-- " + "x" * size + " -->")
        options = {"ca": str(authority.ca_file), "nameservers": [names.address]}
        near = await browse(site.url("/", "shop.test"), **options)
        far = await browse(site.url("/", "shop.test"), network="slow-4g", **options)
    assert (near.outcome, far.outcome) == (Outcome.UP, Outcome.UP), (near.detail, far.detail)
    network = NETWORKS["slow-4g"]
    for phase in ("dns", "connect", "tls", "wait"):
        assert getattr(far.hops[0], phase) >= network.rtt * 0.99, phase
    assert (far.ttfb or 0) >= 4 * network.rtt * 0.99
    assert (far.hops[0].transfer or 0) >= 0.95 * (size - 2 * FIRST_WINDOW) * 8 / network.down
    assert (near.ttfb or 0) < (far.ttfb or 0)
    assert far.vitals["first_screen"] >= 4 * network.rtt * 0.99
    assert near.evidence["browser"]["shaped"] is None
    assert far.evidence["browser"]["shaped"] == network.facts()


@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_page_sends_passes_over_the_line(browse: Browsing, wild: WildSite) -> None:
    body = "fetch('/x', {method: 'POST', body: 'x'.repeat(60000)}).then(() => {})"
    wild.pages["/post"] = page(f"<h1>Hello there</h1><script>{body}</script>")
    sample = await browse(wild.url("/post"), network="3g")
    assert (sample.outcome, sample.evidence["browser"]["requests"]["fetch"]) == (Outcome.UP, 1), sample.detail
