"""What a visit finds, and what its options make of it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from authority import Authority
from browsing import Browsing
from caddyserver import caddy
from wildsite import WildSite, page, script, wild_site

from probes.sample import Clock, Fault, Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_visit_has_its_hops_its_figures_and_its_evidence(browse: Browsing, wild: WildSite) -> None:
    wild.pages["/rich"] = page(
        f"<h1>Hello there</h1><img src=/nothing.png><script src='http://localhost:{wild.port}/x.js'></script>"
        "<script>console.error('oh no'); undefinedThing()</script>"
    )
    sample = await browse(wild.url("/rich"))
    assert (sample.outcome, sample.clock, sample.protocol) == (Outcome.UP, Clock.BROWSER, "h1")
    (hop,) = sample.hops
    assert (hop.status, hop.address, hop.dns, hop.tls) == (200, "127.0.0.1", None, None)
    assert None not in (hop.connect, hop.wait, hop.transfer, sample.ttfb, sample.client)
    assert {"first_screen", "fcp", "cls", "tbt", "speed_index"} <= sample.vitals.keys()
    seen = sample.evidence["browser"]
    assert seen["requests"] == {"document": 1, "image": 1, "script": 1}
    assert seen["bytes"]["document"] > 100
    assert seen["third_party"]["requests"] == 1
    assert seen["console_count"] >= 2
    assert any("oh no" in words for words in seen["console"])
    assert any("undefinedThing" in words for words in seen["console"])
    assert seen["kind"] is not None
    assert (seen["profile"], seen["network"], seen["cpu"], seen["chosen"]) == ("mobile", "none", 1, 0)


@pytest.mark.parametrize(
    ("profile", "words", "width"),
    [("mobile", ("Android", "Mobile"), 412), ("desktop", ("X11; Linux",), 1350)],
)
async def test_a_profile_is_what_the_page_sees(
    browse: Browsing, wild: WildSite, profile: str, words: tuple[str, ...], width: int
) -> None:
    wild.asked.clear()
    wild.pages["/width"] = script(
        "fetch('/seen?' + screen.width + '&' + navigator.userAgentData?.mobile + '&' + navigator.userAgent)"
    )
    sample = await browse(wild.url("/width"), profile=profile)
    major = sample.evidence["browser"]["version"].partition(".")[0]
    (seen,) = [head for head in wild.asked if "GET /seen" in head]
    assert f"/seen?{width}&" in seen
    assert all(word in seen for word in (*words, f"Chrome/{major}.0.0.0"))


async def test_the_median_of_the_runs_is_the_sample(browse: Browsing, wild: WildSite) -> None:
    sample = await browse(wild.url("/"), runs=3)
    seen = sample.evidence["browser"]
    screens = [one["vitals"]["first_screen"] for one in seen["runs"]]
    assert len(screens) == 3
    assert sample.vitals["first_screen"] == sorted(screens)[1] == screens[seen["chosen"]]
    assert seen["spread"] == pytest.approx(max(screens) - min(screens))


async def test_what_must_be_visible_must_be(browse: Browsing, wild: WildSite) -> None:
    good = await browse(wild.url("/"), expect={"selector": "#hello", "text": "hello there", "status": 200})
    assert (good.outcome, good.detail) == (Outcome.UP, None)
    for expect in ({"selector": "#secret"}, {"text": "Hidden words"}, {"selector": "#nowhere"}):
        sample = await browse(wild.url("/"), expect=expect)
        assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT), sample.detail
        assert next(iter(expect.values())) in (sample.detail or "")
    sample = await browse(wild.url("/500"), expect={"status": [500]})
    assert sample.outcome is Outcome.UP


async def test_a_journey_has_the_duration_of_each_step(
    browse: Browsing, wild: WildSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUYER", "hush hush")
    steps = [
        {"fill": "#name", "value": {"env": "BUYER"}},
        {"select": "#size", "value": "M"},
        {"click": "button", "name": "send"},
        {"wait_for": "#thanks"},
        {"press": "Enter"},
        {"goto": wild.url("/")},
    ]
    sample = await browse(wild.url("/form"), steps=steps)
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    told = sample.evidence["browser"]["steps"]
    names = ["fill #name", "select #size", "send", "wait_for #thanks", "press Enter", f"goto {wild.url('/')}"]
    assert [step["name"] for step in told] == names
    assert all(step["duration"] > 0 and step["error"] is None for step in told)
    assert told[3]["duration"] < 10
    assert b"hush" not in sample.to_json()


async def test_a_step_that_cannot_be_made_is_told(
    browse: Browsing, wild: WildSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUYER", "hush hush")
    steps = [
        {"select": "#size", "value": {"env": "BUYER"}, "within": "500ms"},
        {"click": "#nowhere"},
    ]
    sample = await browse(wild.url("/form"), steps=steps)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONTENT)
    assert "step 1 (select #size)" in (sample.detail or "")
    first, second = sample.evidence["browser"]["steps"]
    assert first["error"] is not None
    assert (second["duration"], second["error"]) == (None, None)
    assert b"hush" not in sample.to_json()
    refused = await browse(wild.url("/form"), steps=[{"goto": "http://nowhere.test/"}])
    assert refused.fault is Fault.CONTENT
    assert "step 1" in (refused.detail or "")


async def test_what_is_hidden_is_not_shown(browse: Browsing, wild: WildSite) -> None:
    sample = await browse(wild.url("/"), hide=["#hello"], expect={"selector": "#hello"})
    assert sample.fault is Fault.CONTENT


async def test_cookies_and_credentials_go_to_the_page_alone(
    browse: Browsing, wild: WildSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "t0ken")
    async with wild_site() as other:
        wild.asked.clear()
        wild.pages["/mixed"] = page(f"<h1>Hello there</h1><img src={other.url('/x', 'localhost')}>")
        await browse(
            wild.url("/mixed"),
            cookies={"who": {"env": "TOKEN"}},
            headers={"X-Watch": "yes"},
            user_agent="mine",
        )
        assert "t0ken" in wild.asked[0]
        assert all("user-agent: mine" in head.lower() for head in [wild.asked[0], *other.asked])
        assert all("x-watch: yes" in head.lower() for head in [wild.asked[0], *other.asked])
        assert other.asked
        assert "t0ken" not in "".join(other.asked)


async def test_a_password_is_given_where_the_page_asks_for_it(
    browse: Browsing, wild: WildSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "pa55")
    from wildsite import answer

    wild.pages["/closed"] = answer("<h1>Who?</h1>", "401 Unauthorized", WWW_Authenticate="Basic realm=x")
    wild.asked.clear()
    await browse(wild.url("/closed"), auth={"user": "me", "password": {"env": "PASSWORD"}})
    assert "Authorization: Basic bWU6cGE1NQ==" in "".join(wild.asked)


@pytest.mark.parametrize("network", ["slow-4g"])
async def test_a_slow_network_slows_bodies(browse: Browsing, wild: WildSite, network: str) -> None:
    wild.pages["/big"] = page("<h1>Hello there</h1>" + "<!-- " + "x" * 200_000 + " -->")
    fast = await browse(wild.url("/big"))
    slow = await browse(wild.url("/big"), network=network, cpu=2)
    assert slow.hops[0].transfer is not None
    assert fast.hops[0].transfer is not None
    assert slow.hops[0].transfer > fast.hops[0].transfer
    assert (slow.evidence["browser"]["network"], slow.evidence["browser"]["cpu"]) == (network, 2)


async def test_certificates_are_verified(browse: Browsing, authority: Authority) -> None:
    good, wrong = authority.leaf("shop.test"), authority.leaf("other.test")
    for leaf, options, outcome in (
        (good, {"ca": str(authority.ca_file)}, Outcome.UP),
        (good, {}, Outcome.DOWN),
        (good, {"insecure": True}, Outcome.UP),
        (wrong, {"ca": str(authority.ca_file)}, Outcome.DOWN),
        (authority.expired("shop.test"), {"ca": str(authority.ca_file)}, Outcome.DOWN),
    ):
        async with wild_site(leaf.context()) as site:
            pins = [f"shop.test:{site.port}:127.0.0.1"]
            sample = await browse(site.url("/", "shop.test"), resolve=pins, **options)
            assert sample.outcome is outcome, sample.detail
            if outcome is Outcome.UP:
                assert (sample.hops[0].tls or 0) > 0
            else:
                assert sample.fault is Fault.TLS
                assert "ERR_CERT" in (sample.detail or "")
            assert sample.evidence["browser"]["insecure"] is bool(options.get("insecure"))


async def test_http2_is_spoken_where_the_server_speaks_it(
    browse: Browsing, authority: Authority, tmp_path: Path
) -> None:
    directives = 'header Content-Type text/html\nrespond "<h1>Hello there</h1>"'
    with caddy(tmp_path, authority.leaf("site.test"), directives=directives) as server:
        sample = await browse(server.url("/"), resolve=[server.resolve], ca=str(authority.ca_file))
    assert (sample.outcome, sample.protocol) == (Outcome.UP, "h2"), sample.detail


async def test_a_handshake_that_breaks_is_told(browse: Browsing) -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(server.close)
        sample = await browse(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TLS), sample.detail


async def test_a_secret_that_is_missing_is_our_own_fault(browse: Browsing, wild: WildSite) -> None:
    sample = await browse(wild.url("/"), cookies={"who": {"env": "NO_SUCH_VARIABLE_AT_ALL"}})
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)
    assert "NO_SUCH_VARIABLE_AT_ALL" in (sample.detail or "")
