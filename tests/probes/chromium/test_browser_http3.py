"""Visits over HTTP/3, through the door in the fence, to a server that shares no code with ours."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from authority import Authority
from browsing import Browsing
from caddyserver import Caddy, caddy
from firstscreen_set import ALL
from firstscreen_site import site
from pydantic import ValidationError
from wildsite import wild_site

from probes.chromium.options import Options
from probes.sample import Fault, Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELLO = 'header Content-Type text/html\nrespond "<h1>Hello there</h1>"'
ASKS_OVER_UDP = """<script>
for (const host of ["127.0.0.1", "site.test", "localhost"]) {
  try { new WebTransport(`https://${host}:PORT/x`).ready.catch(() => 0) } catch {}
  const rtc = new RTCPeerConnection({iceServers: [{urls: `stun:${host}:PORT`}]});
  rtc.createDataChannel("x"); rtc.createOffer().then(offer => rtc.setLocalDescription(offer));
  fetch(`https://${host}:PORT/`, {mode: "no-cors"}).catch(() => 0);
}
</script>"""
PAGES = {case.name: case for case in ALL}
SLACK = 0.05
"""Seconds by which clocks of server and browser may differ in when a visit began."""


@pytest.fixture
def hello(tmp_path: Path, authority: Authority) -> Iterator[Caddy]:
    """A page that is there at once, over every version of HTTP."""
    with caddy(tmp_path, authority.leaf("site.test"), directives=HELLO) as server:
        yield server


async def test_the_page_comes_over_http3_and_its_handshake_is_one_phase(
    browse: Browsing, authority: Authority, hello: Caddy
) -> None:
    sample = await browse(
        hello.url("/"), http3=True, resolve=[hello.resolve], ca=str(authority.ca_file), runs=2
    )
    assert (sample.outcome, sample.protocol, sample.status) == (Outcome.UP, "h3", 200), sample.detail
    (hop,) = sample.hops
    assert (hop.address, hop.dns, hop.tls) == ("127.0.0.1", None, None)
    assert hop.connect is not None
    assert hop.connect > 0
    assert hop.wait is not None
    assert sample.ttfb is not None
    assert sample.ttfb >= hop.connect + hop.wait - 0.001
    assert sample.evidence["browser"]["http3"] is True
    assert [run["outcome"] for run in sample.evidence["browser"]["runs"]] == ["up", "up"]


async def test_the_same_browser_goes_over_tcp_where_nothing_else_is_asked_for(
    browse: Browsing, authority: Authority, hello: Caddy
) -> None:
    asked = {"resolve": [hello.resolve], "ca": str(authority.ca_file)}
    assert (await browse(hello.url("/"), http3=True, **asked)).protocol == "h3"
    sample = await browse(hello.url("/"), **asked)
    assert (sample.outcome, sample.protocol) == (Outcome.UP, "h2"), sample.detail
    assert sample.evidence["browser"]["http3"] is False


@pytest.mark.parametrize(("http3", "protocol"), [(False, "h2"), (True, "h3")])
async def test_the_page_set_is_told_no_sooner_than_its_truth_over_any_protocol(
    browse: Browsing, authority: Authority, tmp_path: Path, http3: bool, protocol: str
) -> None:
    async with site(ALL) as served:
        proxy = f"reverse_proxy 127.0.0.1:{served.port} {{\nflush_interval -1\n}}"
        with caddy(tmp_path, authority.leaf("site.test"), directives=proxy) as server:
            asked = {"resolve": [server.resolve], "ca": str(authority.ca_file), "http3": http3}
            for name in ("hero-0.9", "late-text-1.0"):
                sample = await browse(server.url(PAGES[name].path), **asked)
                assert (sample.outcome, sample.protocol) == (Outcome.UP, protocol), (name, sample.detail)
                truth = served.truth(PAGES[name], {})
                assert truth - SLACK <= sample.vitals["first_screen"] < truth + 3, name


async def test_where_http3_is_not_spoken_the_page_is_down(
    browse: Browsing, authority: Authority, tmp_path: Path
) -> None:
    with caddy(tmp_path, authority.leaf("site.test"), protocols="h1 h2", directives=HELLO) as server:
        asked = {"resolve": [server.resolve], "ca": str(authority.ca_file)}
        sample = await browse(server.url("/"), http3=True, **asked)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert f"127.0.0.1 port {server.port}: Connection refused" in (sample.detail or "")


async def test_a_server_that_says_nothing_over_quic_is_down(browse: Browsing, tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        sample = await browse(
            f"https://site.test:{port}/",
            timeout=12,
            limit="5s",
            http3=True,
            resolve=[f"site.test:{port}:127.0.0.1"],
        )
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT), sample.detail
    assert sample.detail == "nothing answered over QUIC"


async def test_a_name_without_an_address_is_a_fault_of_dns(browse: Browsing) -> None:
    sample = await browse(
        "https://nowhere.invalid/", timeout=20, limit="8s", http3=True, nameservers=["127.0.0.1:9"]
    )
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.DNS), sample.detail


async def test_a_redirect_to_another_origin_is_followed_over_tcp(
    browse: Browsing, authority: Authority, tmp_path: Path
) -> None:
    async with wild_site() as other:
        leads = f"redir http://127.0.0.1:{other.port}/"
        with caddy(tmp_path, authority.leaf("site.test"), directives=leads) as server:
            asked = {"resolve": [server.resolve], "ca": str(authority.ca_file)}
            sample = await browse(server.url("/"), http3=True, **asked)
    assert [hop.protocol for hop in sample.hops] == ["h3", "h1"], sample.detail


async def test_no_datagram_goes_anywhere_else(browse: Browsing, authority: Authority, tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as inside:
        inside.bind(("127.0.0.1", 0))
        inside.setblocking(False)
        port = inside.getsockname()[1]
        (tmp_path / "index.html").write_text(
            "<h1>Hello there</h1>" + ASKS_OVER_UDP.replace("PORT", str(port))
        )
        files = f"root * {tmp_path}\nfile_server"
        with caddy(tmp_path, authority.leaf("site.test"), directives=files) as server:
            asked = {"resolve": [server.resolve], "ca": str(authority.ca_file)}
            sample = await browse(server.url("/"), http3=True, **asked)
        assert (sample.outcome, sample.protocol) == (Outcome.UP, "h3"), sample.detail
        with pytest.raises(BlockingIOError):
            inside.recv(2000)


async def test_options_that_do_not_go_together_are_told(browse: Browsing) -> None:
    for others, words in (
        ({"network": "4g"}, "network 4g is not made for HTTP/3"),
        ({"insecure": True}, "name its root in ca"),
    ):
        with pytest.raises(ValidationError, match=words):
            Options.model_validate({"http3": True, **others})
    for url, words in (
        ("http://127.0.0.1:9/", "http3 needs an https URL"),
        ("https://[::1]:9/", "http3 needs a URL with a name or an IPv4 address"),
    ):
        sample = await browse(url, http3=True)
        assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
        assert words in (sample.detail or "")
