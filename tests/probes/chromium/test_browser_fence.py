"""The fence: a public page's browser connects to nothing inside.

Each test has a network of its own, in which the page has a public address and what is inside is truly there
and listening, over TCP and UDP: it writes down whoever knocks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from browsing import Browsing, browsing
from nameserver import nameserver, zone
from namespace import ADDRESSES, PUBLIC_4, needs_root, run_in_namespace
from wildsite import WildSite, page, redirect, script, wild_site

from probes.sample import Fault, Outcome

pytestmark = needs_root

INSIDE = ("10.0.0.1", "169.254.169.254", "100.64.0.1", "192.168.0.1")
SETUP = (*ADDRESSES, *(f"ip addr add {address}/32 dev lo" for address in INSIDE))
NAMES = {"page.test": [PUBLIC_4], "inside.test": ["127.0.0.1"], "meta.test": ["169.254.169.254"]}

WAYS = (
    "<script src='{}'></script>",
    "<img src='{}'>",
    "<iframe src='{}'></iframe>",
    "<link rel=stylesheet href='{}'>",
    "<link rel=prefetch href='{}'>",
    "<link rel=preconnect href='{}'>",
    "<link rel=dns-prefetch href='{}'>",
    "<script>fetch('{}', {{mode: 'no-cors'}})</script>",
    "<script>navigator.sendBeacon('{}', 'x')</script>",
    "<video src='{}' autoplay></video>",
    "<object data='{}'></object>",
    "<script>new EventSource('{}')</script>",
    "<script>new WebSocket('{}'.replace('http', 'ws'))</script>",
    "<script>new Worker(URL.createObjectURL(new Blob([`fetch('{}', {{mode: 'no-cors'}})`])))</script>",
    "<script>window.open('{}')</script>",
    "<form action='{}' target=_blank method=post></form><script>document.forms[0].submit()</script>",
)
UDP = """<script>
const rtc = new RTCPeerConnection({iceServers: [{urls: 'stun:HOST:PORT'},
    {urls: 'turn:HOST:PORT?transport=udp', username: 'a', credential: 'b'},
    {urls: 'turn:HOST:PORT?transport=tcp', username: 'a', credential: 'b'}]});
rtc.createDataChannel('x'); rtc.createOffer().then(offer => rtc.setLocalDescription(offer));
try { new WebTransport('https://HOST:PORT/x').ready.catch(() => 0) } catch {}
</script>"""


class Vault:
    """What is inside: it notes whoever knocks at any of its addresses."""

    def __init__(self) -> None:
        self.port = 0
        self.knocks: list[str] = []

    async def tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocks.append(f"tcp {writer.get_extra_info('sockname')[0]}")
        writer.close()

    def datagrams(self) -> asyncio.DatagramProtocol:
        return _Listening(self.knocks)


class _Listening(asyncio.DatagramProtocol):
    def __init__(self, knocks: list[str]) -> None:
        self._knocks = knocks

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._knocks.append("udp")


@asynccontextmanager
async def vault() -> AsyncIterator[Vault]:
    made = Vault()
    server = await asyncio.start_server(made.tcp, "0.0.0.0", 0)
    made.port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(made.datagrams, local_addr=("0.0.0.0", made.port))
    try:
        yield made
    finally:
        transport.close()
        server.close()


@asynccontextmanager
async def scene() -> AsyncIterator[tuple[Browsing, WildSite, Vault, dict[str, object]]]:
    """A public page, what is inside, and the options of visits that find both by name."""
    async with contextlib.AsyncExitStack() as stack:
        names = await stack.enter_async_context(nameserver(zone(NAMES)))
        site = await stack.enter_async_context(wild_site(host=PUBLIC_4))
        inside = await stack.enter_async_context(vault())
        browse = await stack.enter_async_context(browsing())
        yield browse, site, inside, {"nameservers": [names.address]}


def test_nothing_on_a_public_page_connects_to_what_is_inside() -> None:
    async def work() -> None:
        async with scene() as (browse, site, inside, options):
            hosts = ["127.0.0.1", "localhost", "inside.test", "meta.test", "[::1]", *INSIDE]
            urls = [f"http://{host}:{inside.port}/" for host in hosts]
            urls += [site.url(f"/go{number}", "page.test") for number in range(len(urls))]
            for number, url in enumerate(urls[: len(hosts)]):
                site.pages[f"/go{number}"] = redirect(url)
            body = "".join(way.format(url) for url in urls for way in WAYS)
            for host in ("127.0.0.1", "169.254.169.254", "inside.test"):
                body += UDP.replace("HOST", host).replace("PORT", str(inside.port))
            site.pages["/"] = page(f"<h1>Hello there</h1>{body}")
            sample = await browse(site.url("/", "page.test"), limit="30s", **options)
            assert (sample.status, sample.hops[0].address) == (200, PUBLIC_4), sample.detail
            errors = [one["error"] for one in sample.evidence["browser"]["failed"]]
            assert "forbidden by the fence" in errors
            assert inside.knocks == []
            opened = [head for head in site.asked if "/go" in head]
            assert opened  # the page did try

    run_in_namespace(work(), *SETUP)


def test_a_public_page_that_leads_inside_is_not_followed() -> None:
    async def work() -> None:
        async with scene() as (browse, site, inside, options):
            site.pages["/redirect"] = redirect(f"http://inside.test:{inside.port}/")
            site.pages["/script"] = script(f"location.href = 'http://169.254.169.254:{inside.port}/'")
            site.pages["/meta"] = page(
                f"<meta http-equiv=refresh content='0;url=http://10.0.0.1:{inside.port}/'>"
            )
            for path in ("/redirect", "/script", "/meta"):
                sample = await browse(site.url(path, "page.test"), **options)
                assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.REDIRECT), sample.detail
                assert "not connected" in (sample.detail or "")
            assert inside.knocks == []

    run_in_namespace(work(), *SETUP)


def test_what_the_config_allows_is_reached() -> None:
    async def work() -> None:
        async with scene() as (browse, site, inside, options):
            site.pages["/"] = page(f"<h1>Hello there</h1><img src='http://10.0.0.1:{inside.port}/'>")
            await browse(site.url("/", "page.test"), allow_networks=["10.0.0.0/8"], **options)
            assert set(inside.knocks) == {"tcp 10.0.0.1"}

    run_in_namespace(work(), *SETUP)


def test_a_page_inside_may_reach_what_is_as_near_and_no_other() -> None:
    async def work() -> None:
        async with scene() as (browse, _, inside, options), wild_site(host="10.0.0.1") as near:
            near.pages["/"] = page(
                "<h1>Hello there</h1>"
                + "".join(
                    f"<img src='http://{host}:{inside.port}/'>"
                    for host in ("192.168.0.1", "127.0.0.1", "169.254.169.254")
                )
            )
            sample = await browse(near.url("/", "10.0.0.1"), **options)
            assert sample.outcome is Outcome.UP, sample.detail
            assert set(inside.knocks) == {"tcp 192.168.0.1"}

    run_in_namespace(work(), *SETUP)
