"""Figures over HTTP/3 against a server that knows, for each request, how long it made it wait.

What ``test_accuracy`` holds for TCP, with the same bounds: never shorter than the truth, and what a busy loop
or machine adds is seen in the best of several visits.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest
from authority import Authority
from delayserver import DelayServer
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
def options(authority: Authority, h3_delays: DelayServer) -> dict[str, Any]:
    """Options with which the server is found and trusted."""
    pin = f"localhost:{h3_delays.port}:127.0.0.1"
    return {"ca": str(authority.ca_file), "resolve": [pin], "protocol": "h3"}


def wait_of(sample: Sample) -> float:
    """The wait of a visit that went well."""
    assert (sample.outcome, sample.fault) == (Outcome.UP, None), sample.detail
    wait = sample.hops[-1].wait
    assert wait is not None
    return wait


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.1])
async def test_a_wait_over_http3_is_what_the_server_made_of_it(
    visit: Visit, h3_delays: DelayServer, options: dict[str, Any], names: Iterator[str], delay: float
) -> None:
    asked = {name: await visit(h3_delays.url(delay, name), **options) for name in itertools.islice(names, 8)}
    truths = h3_delays.truths()
    errors = [wait_of(sample) - truths[name] for name, sample in asked.items()]
    assert min(errors) > -EARLIER
    assert min(errors) < 0.005
    for sample in asked.values():
        assert wait_of(sample) >= delay - EARLIER


@pytest.mark.skipif(not STAMPS, reason="this kernel does not say when bytes arrived")
async def test_a_loop_that_stands_still_does_not_inflate_a_wait_over_http3(
    visit: Visit, h3_delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    """The answer arrives while the loop sleeps, and is read long after."""

    async def stand_still() -> None:
        while True:
            time.sleep(STALL)
            await asyncio.sleep(0)

    standing = asyncio.create_task(stand_still())
    asked = {}
    for name in itertools.islice(names, 8):
        asked[name] = await visit(h3_delays.url(STALL / 2, name), **options)
    standing.cancel()
    truths = h3_delays.truths()
    errors = []
    for name, sample in asked.items():
        assert sample.clock is Clock.KERNEL
        errors.append(wait_of(sample) - truths[name])
    assert min(errors) > -EARLIER
    assert min(errors) < STALL / 4


async def test_a_103_over_http3_is_timed(
    visit: Visit, h3_delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    name = next(names)
    sample = await visit(h3_delays.url(0.1, name, "early"), **options)
    assert wait_of(sample) > h3_delays.truths()[name] - EARLIER
    early = sample.hops[0].early
    assert early is not None
    assert 0.05 - 0.002 < early < wait_of(sample)


async def test_phases_over_http3_add_up(
    visit: Visit, h3_delays: DelayServer, options: dict[str, Any], names: Iterator[str]
) -> None:
    sample = await visit(h3_delays.url(0.02, next(names)), **options)
    (hop,) = sample.hops
    assert hop.connect is not None
    assert hop.transfer is not None
    assert sample.ttfb == pytest.approx(hop.connect + wait_of(sample))
    assert sample.client is not None
    assert sample.client >= 0
    assert sample.duration is not None
    assert sample.ttfb is not None
    assert sample.ttfb + sample.client + hop.transfer <= sample.duration + EARLIER
