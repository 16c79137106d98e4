"""``cache_bust``: the page once more under an address that no cache can know."""

import asyncio
import re

import pytest
from rounding import Remembering, watching
from scripted import answering, redirect, response, serve

from probes.http import Options
from probes.sample import Hop, Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit.cache import _led_to, busted
from probes.visit.plan import make_plan
from probes.wire.addresses import Scope

PAGE = response(b"hello")
OURS = rb"landwatch=[0-9a-f]{16}"
BEARER = {"bearer": {"env": "SHOP_TOKEN"}}


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "secret")


def late(seconds):
    """A script that answers a request, ``seconds`` after it came."""

    async def script(reader, writer):
        await asyncio.sleep(seconds)
        writer.write(PAGE)

    return script


def test_the_parameter_stands_behind_the_pages_own_query():
    assert re.fullmatch(r"https://a\.test/\?landwatch=[0-9a-f]{16}", busted("https://a.test/"))
    assert re.fullmatch(r"https://a\.test/s\?b=2&a=1&landwatch=.{16}", busted("https://a.test/s?b=2&a=1"))
    assert busted("https://a.test/") != busted("https://a.test/")


async def test_the_pages_query_is_neither_ordered_nor_encoded_anew():
    script = Remembering(PAGE)
    path = "/sale?utm_source=tik%54ok&b=+&a=%7E&a=%20&c"
    async with serve(script) as server, watching() as visit:
        await visit(server.url(path + "#top"), cache_bust=True)
    first, second = script.lines
    assert first == f"GET {path} HTTP/1.1".encode()
    assert re.fullmatch(rb"GET " + re.escape(path.encode()) + b"&" + OURS + rb" HTTP/1\.1", second)


async def test_the_parameter_is_new_in_each_round():
    script = Remembering(PAGE)
    async with serve(script) as server, watching() as visit:
        await visit(server.url(), cache_bust=True)
        visit.now = 300.0
        await visit(server.url())
    values = [re.search(OURS, line)[0] for line in script.lines if b"landwatch" in line]
    assert len(set(values)) == 2


async def test_what_the_edge_saved_is_a_number():
    """The first answer comes at once, as out of a cache; the second is made 0.2 s long."""
    async with serve(Remembering(PAGE, late(0.2))) as server, watching() as visit:
        sample = await visit(server.url(), cache_bust=True)
    look = sample.evidence["cache_busted"]
    assert (sample.outcome, look["outcome"], look["cache"]) == (Outcome.UP, "up", None)
    assert look["wait"] >= 0.2
    assert look["slower_by"] == look["wait"] - sample.hops[-1].wait
    assert look["ttfb"] >= look["wait"]


async def test_an_answer_out_of_a_cache_all_the_same_is_no_figure_of_the_origin():
    hit = response(b"hello", "X-Cache: HIT")
    async with serve(Remembering(PAGE, hit)) as server, watching() as visit:
        sample = await visit(server.url(), cache_bust=True)
    look = sample.evidence["cache_busted"]
    assert (look["outcome"], look["cache"], look["slower_by"]) == ("up", "hit", None)


async def test_the_address_that_redirects_led_to_is_asked():
    page = Remembering(PAGE)
    async with (
        serve(page) as there,
        serve(Remembering(redirect(there.url("/land?a=1")))) as here,
        watching() as visit,
    ):
        sample = await visit(
            here.url(), cache_bust=True, headers={"X-Key": "1"}, cookies={"who": "us"}, auth=BEARER
        )
    assert len(sample.hops) == 2
    assert re.fullmatch(rb"GET /land\?a=1&" + OURS + rb" HTTP/1\.1", page.lines[1])
    # Another origin than the page's: what proves who we are is not for it.
    heads = [head.lower() for head in page.heads]
    assert all(b"x-key: 1" in head for head in heads)
    assert not any(b"cookie" in head or b"authorization" in head for head in heads)
    assert sample.evidence["cache_busted"]["slower_by"] is not None


async def test_the_pages_own_origin_is_told_who_asks():
    script = Remembering(PAGE)
    async with serve(script) as server, watching() as visit:
        await visit(server.url(), cache_bust=True, auth=BEARER, cookies={"who": "us"})
    for head in script.heads:
        assert b"authorization: bearer secret" in head.lower()
        assert b"cookie: who=us" in head.lower()


async def test_what_is_led_on_is_compared_with_nothing():
    async with serve(answering(PAGE)) as there:
        script = Remembering(PAGE, redirect(there.url()))
        async with serve(script) as here, watching() as visit:
            sample = await visit(here.url(), cache_bust=True)
    look = sample.evidence["cache_busted"]
    assert (look["outcome"], look["slower_by"]) == ("up", None)


async def test_what_fails_is_compared_with_nothing():
    script = Remembering(PAGE, response(status="404 Not Found"))
    async with serve(script) as server, watching() as visit:
        sample = await visit(server.url(), cache_bust=True)
    look = sample.evidence["cache_busted"]
    assert (sample.outcome, look["fault"], look["slower_by"]) == (Outcome.UP, "status", None)


async def test_a_look_that_gets_no_answer_has_no_cache():
    async def gone(reader, writer):
        pass

    async with serve(Remembering(PAGE, gone)) as server, watching() as visit:
        sample = await visit(server.url(), cache_bust=True)
    look = sample.evidence["cache_busted"]
    assert (look["fault"], look["cache"], look["slower_by"]) == ("protocol", None, None)


async def test_it_goes_through_a_proxy_as_the_page_does():
    script = Remembering(PAGE)
    async with serve(script) as proxy, watching() as visit:
        sample = await visit("http://shop.test/", cache_bust=True, proxy=f"http://127.0.0.1:{proxy.port}")
    assert sample.evidence["cache_busted"]["outcome"] == "up"
    assert re.fullmatch(rb"GET http://shop\.test/\?" + OURS + rb" HTTP/1\.1", script.lines[1])


async def test_a_redirect_leads_no_further_than_it_led_the_visit():
    """The name that a redirect named may have another address by the time of the look."""
    plan = make_plan(Target("v", "p", "https://shop.test/", "here", "http", Options()))
    trace = Trace(0.0)
    trace.hops = [Hop("https://shop.test/", address="192.175.48.42"), Hop("https://www.shop.test/")]
    assert _led_to(plan, "https://www.shop.test/?x", trace).within is Scope.PUBLIC
    assert _led_to(plan, "https://shop.test/?x", trace).within is None
