"""The histogram of first screens: who visited is a label, and what was promised is an edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from scraping import UP, make_target, read, value

from monitor.metrics.collector import Metrics
from monitor.metrics.declared import FIRST_SCREEN
from probes.sample import Attempt, Fault, Outcome, Sample

COUNT = "landwatch_first_screen_seconds_count"
BUCKET = "landwatch_first_screen_seconds_bucket"
MOBILE = {"profile": "mobile", "network": "none"}


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    made = Metrics()
    made.watch([make_target()])
    yield made
    made.close()


def visit(seconds: float, profile: str = "mobile", network: str = "none", **others: Any) -> Sample:
    evidence = {"browser": {"profile": profile, "network": network}}
    return replace(UP, vitals={"first_screen": seconds}, evidence=evidence, **others)


async def test_a_first_screen_at_the_promise_is_within_it(metrics: Metrics) -> None:
    assert 2.5 in FIRST_SCREEN.edges
    for seconds in (0.7, 2.5, 2.5001):
        metrics.record(visit(seconds))
    found = await read(metrics)
    assert value(found, BUCKET, **MOBILE, le="2.5") == 2
    assert value(found, BUCKET, **MOBILE, le="+Inf") == 3
    assert value(found, COUNT, **MOBILE) == 3
    assert value(found, "landwatch_first_screen_seconds_sum", **MOBILE) == pytest.approx(5.7001)


async def test_visitors_and_their_networks_do_not_mix(metrics: Metrics) -> None:
    metrics.record(visit(1))
    metrics.record(visit(2, "desktop"))
    metrics.record(visit(3, network="3g"))
    found = await read(metrics)
    assert value(found, COUNT, **MOBILE) == 1
    assert value(found, COUNT, profile="mobile", network="3g") == 1
    assert value(found, COUNT, profile="desktop", network="none") == 1


@pytest.mark.parametrize(
    "sample",
    [
        visit(1, outcome=Outcome.DOWN, fault=Fault.STATUS),
        visit(1, outcome=Outcome.BLOCKED, fault=Fault.BLOCKED),
        visit(1, tainted=["cpu"]),
        visit(1, attempt=Attempt.BURST),
        replace(UP, evidence={"browser": MOBILE}),
    ],
    ids=["down", "blocked", "tainted", "burst", "without a first screen"],
)
async def test_what_is_no_good_visit_does_not_count(metrics: Metrics, sample: Sample) -> None:
    metrics.record(sample)
    assert COUNT not in await read(metrics)


async def test_a_promise_becomes_an_edge(metrics: Metrics) -> None:
    metrics.watch([make_target()], screens=[1.8])
    metrics.record(visit(1.8))
    metrics.record(visit(1.9))
    found = await read(metrics)
    assert value(found, BUCKET, **MOBILE, le="1.8") == 1
    assert value(found, BUCKET, **MOBILE, le="2.0") == 2
