"""Figures against a server that knows, for each request, how long it made it wait.

What is asserted holds on any machine: a wait is never shorter than the truth, and what a busy loop or a
busy machine adds is bounded by comparing a wait with the same visit's other times, or by taking the best of
several visits. How close the figures come under load is the benchmark's matter.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from authority import Authority
from caddyserver import caddy
from delayserver import LATE, DelayServer
from scripted import answering, head, redirect, response, serve
from visiting import Visit

from probes.sample import Clock, Outcome, Sample
from probes.wire.clock import STAMPS

EARLIER = 0.0002
"""Seconds by which a wait may come out shorter than the truth: two processes read the clock."""

STALL = 0.05
"""Seconds for which the loop is made to stand still."""

_numbers = itertools.count()


@pytest.fixture
def names(request: pytest.FixtureRequest) -> Iterator[str]:
    """Names for requests that nobody else uses."""
    return (f"{request.node.name.partition('[')[0]}-{number}" for number in _numbers)


@pytest.fixture
def options(authority: Authority, delays: DelayServer) -> dict[str, Any]:
    """Options with which the server is found and trusted."""
    return {"ca": str(authority.ca_file), "resolve": [f"localhost:{delays.port}:127.0.0.1"]}


def wait_of(sample: Sample) -> float:
    """The wait of a visit that went well."""
    assert (sample.outcome, sample.fault) == (Outcome.UP, None), sample.detail
    wait = sample.hops[-1].wait
    assert wait is not None
    return wait


@pytest.mark.parametrize("protocol", ["h1", "h2"])
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1])
async def test_a_wait_is_what_the_server_made_of_it(
    visit: Visit,
    delays: DelayServer,
    options: dict[str, Any],
    names: Iterator[str],
    protocol: str,
    delay: float,
) -> None:
    asked = {
        name: await visit(delays.url(delay, name), protocol=protocol, **options)
        for name in itertools.islice(names, 5)
    }
    truths = delays.truths()
    errors = [wait_of(sample) - truths[name] for name, sample in asked.items()]
    assert min(errors) > -EARLIER
    assert min(errors) < 0.005
    for sample in asked.values():
        assert sample.protocol == protocol
        assert wait_of(sample) >= delay - EARLIER


@pytest.mark.skipif(not STAMPS, reason="this kernel does not say when bytes arrived")
@pytest.mark.parametrize("protocol", ["h1", "h2"])
async def test_a_loop_that_stands_still_does_not_inflate_a_wait(
    visit: Visit, delays: DelayServer, options: dict[str, Any], names: Iterator[str], protocol: str
) -> None:
    """The answer arrives while the loop sleeps, and is read long after."""

    async def stand_still() -> None:
        while True:
            time.sleep(STALL)
            await asyncio.sleep(0)

    standing = asyncio.create_task(stand_still())
    asked = {}
    for name in itertools.islice(names, 5):
        asked[name] = await visit(delays.url(STALL / 2, name), protocol=protocol, **options)
    standing.cancel()
    truths = delays.truths()
    errors = []
    for name, sample in asked.items():
        assert sample.clock is Clock.KERNEL
        errors.append(wait_of(sample) - truths[name])
        # By the loop's time the answer came at the end of a stall at the earliest: what the loop added
        # is accounted for as our own, not as the page's.
        assert sample.client is not None
        assert sample.client > STALL / 2 - 0.01
    assert min(errors) > -EARLIER
    assert min(errors) < STALL / 4


@pytest.mark.skipif(not STAMPS, reason="this kernel does not say when bytes arrived")
async def test_a_hundred_visits_at_once_do_not_inflate_each_other(
    visit: Visit, delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    """The loop is kept busy by the other visits' handshakes, and the kernel's time tells them apart."""
    chosen = list(itertools.islice(names, 100))
    samples = await asyncio.gather(*(visit(delays.url(0.05, name), 30.0, **options) for name in chosen))
    truths = delays.truths()
    errors = [wait_of(sample) - truths[name] for name, sample in zip(chosen, samples, strict=True)]
    assert min(errors) > -EARLIER
    # The server's own threads get in each other's way, so not each of them can be held to it.
    assert sorted(errors)[25] < 0.02


async def test_a_103_is_kept_apart(
    visit: Visit, delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    name = next(names)
    sample = await visit(delays.url(0.1, name, "early"), protocol="h1", **options)
    assert wait_of(sample) > delays.truths()[name] - EARLIER
    early = sample.hops[0].early
    assert early is not None
    assert 0.05 - EARLIER < early < wait_of(sample)


async def test_a_wait_ends_with_the_first_byte(
    visit: Visit, delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    """The first byte of the status line comes alone; the rest of the head belongs to the transfer."""
    asked = {
        name: await visit(delays.url(0.02, name, "late"), protocol="h1", **options)
        for name in itertools.islice(names, 5)
    }
    truths = delays.truths()
    errors = []
    for name, sample in asked.items():
        errors.append(wait_of(sample) - truths[name])
        transfer = sample.hops[0].transfer
        assert transfer is not None
        assert wait_of(sample) + transfer > truths[name] + LATE - EARLIER
    assert min(errors) > -EARLIER
    assert min(errors) < LATE / 2


async def test_phases_add_up(
    visit: Visit, delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    sample = await visit(delays.url(0.02, next(names)), **options)
    hop = sample.hops[0]
    assert hop.dns is None  # the address was given, so nothing was looked up
    assert hop.connect is not None
    assert hop.tls is not None
    assert hop.transfer is not None
    assert sample.ttfb is not None
    assert sample.client is not None
    assert sample.duration is not None
    assert sample.ttfb == pytest.approx(hop.connect + hop.tls + wait_of(sample))
    assert sample.ttfb + sample.client + hop.transfer <= sample.duration + EARLIER
    assert sample.client >= 0


async def test_every_visit_is_a_cold_one(
    visit: Visit, delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    for _ in range(3):
        sample = await visit(delays.url(0.0, next(names)), **options)
        assert sample.hops[0].connect is not None
        assert sample.hops[0].tls is not None


async def test_a_redirect_counts_in_full(
    visit: Visit, delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    name = next(names)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        await asyncio.sleep(0.05)
        writer.write(redirect(delays.url(0.05, name)))

    async with serve(script) as server:
        sample = await visit(server.url(), **options)
    first, last = sample.hops
    assert first.wait is not None
    assert first.wait >= 0.05 - 0.002  # asyncio's clock may round a sleep down by its resolution
    assert wait_of(sample) > delays.truths()[name] - EARLIER
    assert sample.ttfb is not None
    assert sample.ttfb >= first.wait + wait_of(sample)
    assert (first.status, last.status) == (302, 200)


async def test_what_is_sent_late_is_not_in_the_wait(visit: Visit) -> None:
    """A server that takes its time before it reads the request makes the visitor wait all the same."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        await answering(response())(reader, writer)

    async with serve(script) as server:
        sample = await visit(server.url())
    assert wait_of(sample) > 0.05 - 0.002


@pytest.mark.parametrize(
    ("protocols", "asked", "spoken"), [("h1 h2", "auto", "h2"), ("h1", "auto", "h1"), ("h1 h2", "h1", "h1")]
)
async def test_a_server_of_another_make(
    visit: Visit, authority: Authority, tmp_path: Path, protocols: str, asked: str, spoken: str
) -> None:
    with caddy(tmp_path, authority.leaf("site.test"), protocols=protocols) as server:
        sample = await visit(
            server.url(),
            resolve=[server.resolve],
            ca=str(authority.ca_file),
            protocol=asked,
            expect={"body": "hello"},
        )
    assert (sample.outcome, sample.detail) == (Outcome.UP, None)
    assert (sample.protocol, sample.status, sample.bytes) == (spoken, 200, 5)
