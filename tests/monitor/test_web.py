from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import socket
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitor.config.fields import Address
from monitor.metrics.collector import Metrics
from monitor.scoreboard import USUAL
from monitor.web.app import make_app
from monitor.web.board import KEPT, SHARE, Board, Facts, sections
from monitor.web.listener import listen, serving, url_of
from probes.sample import Outcome
from probes.target import Target
from storage.failure import StoreUnavailable
from storage.standing import Standing

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
ROW = Standing(
    vendor="easyshop",
    page="sale",
    region="eu-west",
    probe="http",
    counts=dict(zip(Outcome, (237, 3, 2, 1), strict=True)),
    ttfb_mean=0.35,
    ttfb_count=237,
    last_at=NOW - timedelta(seconds=7),
    last_outcome=Outcome.UP,
    last_fault=None,
    last_ttfb=0.2,
    last_protocol="h2",
)
FACTS = Facts("eu-west", USUAL, {("easyshop", "sale", "eu-west", "http", ""): 15.0}, "1.2.3")


class Daemon:
    """What the web asks: the store, the facts, troubles and the loop's lag."""

    def __init__(self) -> None:
        self.rows = [ROW]
        self.asked: list[datetime] = []
        self.facts = FACTS
        self.troubles: list[str] = []
        self.lag = 0.0
        self.now = 100.0

    def standing(self, since: datetime) -> list[Standing]:
        self.asked.append(since)
        return self.rows


@pytest.fixture
def daemon():
    return Daemon()


@asynccontextmanager
async def open_web(daemon: Daemon):
    """A client of the web as it really listens."""
    metrics = Metrics()
    metrics.watch([Target("easyshop", "sale", "https://x/", "eu-west", "http", None)])
    board = Board(daemon.standing, lambda: daemon.facts, wall=NOW.timestamp, mono=lambda: daemon.now)
    app = make_app(metrics, board, troubles=lambda: daemon.troubles, loop_lag=lambda: daemon.lag)
    listening = listen(Address("127.0.0.1", 0))
    async with (
        serving(app, listening),
        httpx.AsyncClient(base_url=url_of(listening), trust_env=False) as client,
    ):
        yield client
    metrics.close()
    board.close()


@pytest.fixture
async def client(daemon):
    async with open_web(daemon) as client:
        yield client


async def test_metrics_in_the_format_that_was_asked_for(client):
    plain = await client.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'landwatch_samples_total{vendor="easyshop",page="sale"' in plain.text
    packed = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert packed.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text.endswith("# EOF\n")


async def test_alive_while_the_loop_turns(client, daemon):
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "alive\n")
    daemon.lag = 3.21
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "the event loop is 3.2 s late\n")


async def test_ready_or_the_reasons_why_not(client, daemon):
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})
    daemon.troubles = ["the schedule does not run"]
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": daemon.troubles})


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz"])
async def test_head_is_answered_too(client, path):
    answer = await client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/healthz", "/readyz", "/nowhere", "/docs", "/openapi.json"]
)
async def test_browsers_are_told_to_be_careful(client, path):
    answer = await client.get(path)
    assert answer.status_code == (200 if path in ("/", "/metrics", "/healthz", "/readyz") else 404)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


async def test_the_page_shows_figures_with_their_counts(client):
    answer = await client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for words in (
        "easyshop / sale",
        '<b class="bad">350 ms</b> <small>mean of 237</small>',
        '<b class="bad">98.75 %</b> <small>3 of 240 failed, 2 blocked, 1 unknown</small>',
        '<b class="good">up</b> <small>7 s ago</small>',
        "TTFB at most 300ms on average",
        "landwatch 1.2.3 in eu-west",
        "Seen in the last 1h",
    ):
        assert words in answer.text


async def test_the_page_needs_nothing_from_elsewhere_and_its_style_is_allowed(client):
    answer = await client.get("/")
    assert "//" not in answer.text.replace("<!DOCTYPE html>", "")
    assert "<script" not in answer.text
    style = re.search(r"<style>(.*)</style>", answer.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert "prefers-color-scheme: dark" in style
    assert 'name="viewport"' in answer.text


async def test_names_can_carry_no_markup(client, daemon):
    daemon.rows = [replace(ROW, vendor="<script>alert(1)</script>", region='"><b>')]
    text = (await client.get("/")).text
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert '"><b>' not in text


async def test_a_window_of_time_can_be_chosen_from_a_closed_set(client, daemon):
    answer = await client.get("/", params={"window": "24h"})
    assert "Seen in the last 24h" in answer.text
    assert daemon.asked == [NOW - timedelta(hours=24)]
    wrong = await client.get("/", params={"window": "<b>"})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert "<b>" not in wrong.text


async def test_a_page_is_kept_for_a_moment_and_made_once_for_many(client, daemon):
    await asyncio.gather(*(client.get("/") for _ in range(5)))
    assert len(daemon.asked) == 1
    daemon.now += KEPT - 0.1
    await client.get("/")
    assert len(daemon.asked) == 1
    daemon.now += 0.2
    await client.get("/")
    assert len(daemon.asked) == 2


async def test_a_page_that_took_long_is_kept_long(daemon):
    def slow(since):
        daemon.now += 4.0
        return Daemon.standing(daemon, since)

    board = Board(slow, lambda: FACTS, mono=lambda: daemon.now)
    await board.page("30d")
    daemon.now += SHARE * 4.0 - 0.1
    await board.page("30d")
    assert len(daemon.asked) == 1
    daemon.now += 0.2
    await board.page("30d")
    assert len(daemon.asked) == 2
    board.close()


async def test_troubles_of_our_own_stand_on_the_page(client, daemon):
    daemon.facts = replace(FACTS, troubles=["the store does not answer"])
    daemon.rows = []
    text = (await client.get("/")).text
    assert "the store does not answer" in text
    assert "no sample yet" in text


async def test_a_store_that_is_away_is_said_and_nothing_is_made_up(daemon):
    def away(since):
        raise StoreUnavailable("connection <refused>")

    board = Board(away, lambda: replace(FACTS, every={}), wall=NOW.timestamp)
    page = (await board.page("1h")).decode()
    board.close()
    assert "the store can&#39;t be read, so nothing is shown from it: connection &lt;refused&gt;" in page
    assert "Nothing was seen in this time." in page


def test_a_page_is_one_section_for_each_probe_with_all_its_regions():
    rows = [ROW, replace(ROW, region="us-east", ttfb_mean=0.15), replace(ROW, probe="browser")]
    http, browser = sections(rows, NOW, FACTS)  # what promises are about comes first
    assert [line.region for line in http.lines] == ["eu-west", "us-east"]
    assert (http.ttfb.text, http.ttfb.note) == ("250 ms", "mean of 2 regions")
    assert (browser.probe, len(browser.lines)) == ("browser", 1)


def test_a_page_is_one_section_for_each_variant_too():
    seen = [
        replace(ROW, probe="channel", variant=variant, region=region, ttfb_mean=mean)
        for variant, region, mean in (
            ("tiktok", "eu-west", 0.1),
            ("google", "eu-west", 0.2),
            ("tiktok", "us-east", 0.3),
        )
    ]
    plain, google, tiktok = sections([*seen, ROW], NOW, FACTS)
    assert [one.title for one in (plain, google, tiktok)] == ["sale", "sale · google", "sale · tiktok"]
    assert (tiktok.ttfb.text, tiktok.ttfb.note) == ("200 ms", "mean of 2 regions")
    assert [line.region for line in tiktok.lines] == ["eu-west", "us-east"]
    assert len(google.lines) == len(plain.lines) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "", "::1"])
def test_where_it_listens(host):
    if host == "::1" and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    with closing(listen(Address(host, 0))) as listening:
        port = listening.getsockname()[1]
        assert url_of(listening) in (
            f"http://127.0.0.1:{port}/",
            f"http://localhost:{port}/",
            f"http://[::1]:{port}/",
        )
        name = {"::1": "::1"}.get(host, "127.0.0.1")
        socket.create_connection((name, port), timeout=5).close()


def test_an_address_that_is_taken_is_an_error():
    with closing(listen(Address("127.0.0.1", 0))) as taken, pytest.raises(OSError, match="in use"):
        listen(Address("127.0.0.1", taken.getsockname()[1]))


async def test_what_is_under_way_when_it_closes_is_answered(daemon):
    started, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Metrics):
        async def render(self, wanted):
            started.set()
            await go_on.wait()
            return await super().render(wanted)

    metrics, board = Slow(), Board(daemon.standing, lambda: FACTS)
    listening = listen(Address("127.0.0.1", 0))
    app = make_app(metrics, board, troubles=list, loop_lag=float)
    async with httpx.AsyncClient(base_url=url_of(listening), trust_env=False) as client:
        async with serving(app, listening):
            scrape = asyncio.create_task(client.get("/metrics"))
            await started.wait()
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        assert (await scrape).status_code == 200
    metrics.close()
    board.close()
