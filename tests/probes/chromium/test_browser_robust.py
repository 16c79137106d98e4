"""What could upset a browser gives a typed sample in time, and the next visit works."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import psutil
import pytest
from browsing import Browsing, browsers, processes
from wildsite import WildSite

from probes.sample import Fault, Outcome, Sample

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHORT = "2500ms"
"""How long a page is watched that never comes to rest."""


async def works(browse: Browsing, wild: WildSite) -> None:
    sample = await browse(wild.url("/"))
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert sample.vitals["first_screen"] > 0


async def under_way(browse: Browsing, wild: WildSite, **options: Any) -> asyncio.Task[Sample]:
    """A visit that waits for a page which never answers."""
    heard = asyncio.Event()
    wild.heard = lambda head: heard.set()
    visit = asyncio.create_task(browse(wild.url("/never"), **options))
    await asyncio.wait((visit, asyncio.ensure_future(heard.wait())), return_when=asyncio.FIRST_COMPLETED)
    wild.heard = None
    assert heard.is_set(), await visit
    return visit


def told(sample: Sample) -> tuple[Outcome, Fault | None]:
    return sample.outcome, sample.fault


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/blank", Fault.CONTENT),
        ("/500", Fault.STATUS),
        ("/404-without-a-page", Fault.STATUS),
        ("/204", Fault.CONTENT),
        ("/download", Fault.CONTENT),
        ("/spin", Fault.TIMEOUT),
        ("/spin-at-once", Fault.TIMEOUT),
        ("/reloads", Fault.REDIRECT),
        ("/round", Fault.REDIRECT),
        ("/to-weixin", Fault.REDIRECT),
        ("/to-intent", Fault.REDIRECT),
        ("/to-file", Fault.REDIRECT),
        ("/to-about", Fault.REDIRECT),
        ("/script-to-about", Fault.REDIRECT),
        ("/no-http", Fault.PROTOCOL),
        ("/closes", Fault.PROTOCOL),
        ("/half-and-gone", Fault.PROTOCOL),
        ("/half", Fault.TIMEOUT),
        ("/never", Fault.TIMEOUT),
    ],
)
async def test_a_page_that_fails_says_how(browse: Browsing, wild: WildSite, path: str, fault: Fault) -> None:
    sample = await browse(wild.url(path), limit="6s" if path == "/reloads" else SHORT)
    assert told(sample) == (Outcome.DOWN, fault), sample.detail
    assert sample.detail
    if path.startswith("/spin"):
        await works(browse, wild)


@pytest.mark.parametrize(
    "path",
    [
        "/dialogs",
        "/popup",
        "/worker",
        "/client-redirect",
        "/meta-refresh",
        "/script-to-weixin",
        "/script-to-file",
    ],
)
async def test_a_page_that_does_strange_things_is_up(browse: Browsing, wild: WildSite, path: str) -> None:
    sample = await browse(wild.url(path))
    assert told(sample) == (Outcome.UP, None), sample.detail
    assert sample.vitals["first_screen"] > 0


async def test_a_page_of_120000_nodes_is_told(browse: Browsing, wild: WildSite) -> None:
    sample = await browse(wild.url("/nodes"), limit="30s")
    assert sample.outcome is Outcome.UP or sample.fault is Fault.TIMEOUT, sample.detail


async def test_a_page_that_eats_all_memory_is_ended(browse: Browsing, wild: WildSite) -> None:
    """It is too busy to answer, too: which of the two ends it first depends on the machine."""
    sample = await browse(wild.url("/memory"), limit="45s")
    assert sample.outcome is Outcome.DOWN
    assert sample.fault in (Fault.CONTENT, Fault.TIMEOUT), sample.detail
    await works(browse, wild)


async def test_a_service_worker_is_not_installed(browse: Browsing, wild: WildSite) -> None:
    wild.asked.clear()
    await browse(wild.url("/worker").replace("127.0.0.1", "localhost"))
    assert not any("GET /sw.js" in head for head in wild.asked)


async def test_a_client_redirect_is_a_hop(browse: Browsing, wild: WildSite) -> None:
    sample = await browse(wild.url("/client-redirect"))
    assert [hop.url for hop in sample.hops] == [wild.url("/client-redirect"), wild.url("/")]
    assert sample.evidence["browser"]["final_url"] == wild.url("/")


async def test_a_script_that_leads_nowhere_is_a_failure(browse: Browsing, wild: WildSite) -> None:
    from wildsite import script

    wild.pages["/to-nowhere"] = script("location.href = 'http://nowhere.test/'")
    sample = await browse(wild.url("/to-nowhere"))
    assert told(sample) == (Outcome.DOWN, Fault.DNS), sample.detail


async def test_a_refused_connection_is_told_in_our_own_words(browse: Browsing, wild: WildSite) -> None:
    import socket

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        sample = await browse(f"http://127.0.0.1:{port}/")
    assert told(sample) == (Outcome.DOWN, Fault.CONNECT)
    assert sample.detail == f"127.0.0.1 port {port}: Connection refused"
    assert sample.hops[0].connect is None


async def test_a_name_that_is_none_is_told(browse: Browsing) -> None:
    sample = await browse("http://no-such-name.test/", nameservers=["127.0.0.1:1"])
    assert told(sample) == (Outcome.DOWN, Fault.DNS), sample.detail


async def test_a_challenge_is_blocked(browse: Browsing, wild: WildSite) -> None:
    sample = await browse(wild.url("/challenge"))
    assert told(sample) == (Outcome.BLOCKED, Fault.BLOCKED)
    assert "Cloudflare" in (sample.detail or "")


@pytest.mark.parametrize("which", ["the browser", "its driver", "the worker"])
async def test_what_is_killed_in_the_middle_is_our_own_fault(
    browse: Browsing, wild: WildSite, which: str
) -> None:
    visit = await under_way(browse, wild, timeout=30)
    victims = {
        "the browser": [one for one in browsers() if "--remote-debugging-pipe" in one.cmdline()],
        "its driver": processes("run-driver"),
        "the worker": processes("probes.chromium.worker"),
    }[which]
    assert victims
    before = browse.pool.restarts
    for victim in victims:
        os.kill(victim.pid, signal.SIGKILL)
    sample = await visit
    assert browse.pool.restarts == before + 1
    assert told(sample) == (Outcome.UNKNOWN, Fault.INTERNAL), sample.detail
    assert browse.took < 20
    await works(browse, wild)


async def test_a_worker_that_died_while_it_was_idle_is_replaced(browse: Browsing, wild: WildSite) -> None:
    await works(browse, wild)
    before = browse.pool.restarts
    for victim in processes("probes.chromium.worker"):
        victim.kill()
    await works(browse, wild)
    assert browse.pool.restarts == before + 1


async def test_a_worker_that_hangs_is_killed_in_time(browse: Browsing, wild: WildSite) -> None:
    visit = await under_way(browse, wild, timeout=5)
    before = {one.pid for one in browsers()}
    assert before
    for victim in processes("probes.chromium.worker"):
        victim.suspend()
    sample = await visit
    assert told(sample) == (Outcome.UNKNOWN, Fault.INTERNAL), sample.detail
    psutil.wait_procs([psutil.Process(pid) for pid in before if psutil.pid_exists(pid)], timeout=10)
    assert not before & {one.pid for one in browsers()}
    await works(browse, wild)


async def test_a_run_that_is_cancelled_leaves_nothing_running(browse: Browsing, wild: WildSite) -> None:
    visit = await under_way(browse, wild)
    before = browsers()
    assert before
    visit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await visit
    _, alive = psutil.wait_procs(before, timeout=10)
    assert alive == []
    await works(browse, wild)
