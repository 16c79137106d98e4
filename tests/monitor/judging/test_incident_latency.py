"""Latencies: minutes in which a promised time was missed, and how many of them make an incident."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from simulator import START, moment_of, sample_at
from watching import config

from monitor.judging.incident_course import Matter, Seen
from monitor.judging.incident_latency import (
    CAUGHT_UP,
    DELAY,
    Figure,
    Latencies,
    aggregate,
    is_latency,
    look_at,
)
from monitor.judging.incident_plan import plans_of
from monitor.sla.incidents import IncidentKind, Look
from monitor.sla.promise import Promise
from probes.sample import Attempt, Sample

TTFB = Promise("ttfb", "ttfb", "mean", 0.3)
MATTER = Matter(IncidentKind.LATENCY, "vendor", "page", "ttfb")


def figures(**regions: Iterable[float]) -> list[Figure]:
    return [Figure(value, name, f"{name}-{value}") for name, values in regions.items() for value in values]


@pytest.mark.parametrize(
    ("how", "value"), [("mean", 0.35), ("pooled", 0.3), ("p50", 0.2), ("p75", 0.5), ("p99", 0.5)]
)
def test_figures_become_one_as_the_promise_has_it(how: str, value: float) -> None:
    found = figures(a=[0.2, 0.2], b=[0.5])
    promise = Promise("x", "ttfb", how, 0.3)  # type: ignore[arg-type]
    assert aggregate(promise, found) == pytest.approx(value)


def test_without_a_figure_there_is_no_look() -> None:
    assert look_at(TTFB, [], START) is None


def test_a_bad_look_names_the_slow_regions_and_the_slowest_sample() -> None:
    look = look_at(TTFB, figures(a=[0.2], b=[0.5, 0.9]), START)
    assert look is not None
    finding = look.finding
    assert (finding.look, finding.regions, finding.sample, finding.severity) == (
        Look.BAD,
        ("b",),
        "b-0.9",
        0.9,
    )
    assert finding.reason == "ttfb 450ms"
    assert look.edge().at == finding.at == moment_of(0)  # type: ignore[union-attr]


def test_on_the_target_is_good() -> None:
    look = look_at(TTFB, figures(a=[0.3]), START)
    assert look is not None
    assert (look.finding.look, look.edge()) == (Look.GOOD, None)


@pytest.mark.parametrize(
    ("indicator", "how", "it_is"),
    [
        ("ttfb", "mean", True),
        ("lcp", "p75", True),
        ("ttfb", "max", False),
        ("recovery", "max", False),
        ("cls", "p75", False),
        ("availability", "share", False),
    ],
)
def test_only_promises_about_usual_times_are_looked_at(indicator: str, how: str, it_is: bool) -> None:
    assert is_latency(Promise("x", indicator, how, 1.0)) is it_is  # type: ignore[arg-type]


class Visits:
    """Samples of a page, and which stretches were asked for."""

    def __init__(self, samples: list[Sample]) -> None:
        self._samples = samples
        self.asked: list[float] = []

    def __call__(self, since: datetime, until: datetime) -> Iterable[Sample]:
        self.asked.append((since - moment_of(0)) / timedelta(seconds=1))
        return [one for one in self._samples if since <= one.at < until]


def looks(latencies: Latencies, visits: Visits, now: float, **options: str) -> list[Seen]:
    plans = {plan.key: plan for plan in plans_of(config(**options))}
    return list(latencies.looks(plans, moment_of(now), visits).get(MATTER, ()))


def test_each_minute_is_looked_at_once_when_its_samples_are_there() -> None:
    visits = Visits([sample_at(at, ttfb=0.5 if at >= 120 else 0.1) for at in range(0, 600, 15)])
    latencies, found = Latencies(), []
    for now in range(7, 600, 15):
        found += looks(latencies, visits, now)
    assert visits.asked == [float(at) for at in range(-60, 480, 60)]
    assert [one.finding.look for one in found] == [Look.GOOD] * 2 + [Look.BAD] * 6
    assert found[0].finding.at == moment_of(0)


def test_what_was_missed_is_caught_up_with_but_not_hours_of_it() -> None:
    visits = Visits([])
    latencies = Latencies()
    looks(latencies, visits, 0.0)
    looks(latencies, visits, 180.0 + DELAY)
    assert visits.asked == [-60.0, 0.0, 60.0, 120.0]
    looks(latencies, visits, 36_000.0 + DELAY)
    assert len(visits.asked) == 4 + CAUGHT_UP
    assert visits.asked[-1] == 35_940.0


def test_a_clock_that_is_set_back_lets_no_minute_count_twice() -> None:
    visits = Visits([])
    latencies = Latencies()
    for now in (600.0, 660.0, 300.0, 660.0):
        looks(latencies, visits, now)
    assert visits.asked == [540.0]


def test_what_is_no_figure_has_no_part_in_it() -> None:
    odd = [
        sample_at(60, ttfb=9.0, attempt=Attempt.BURST),
        sample_at(61, ttfb=9.0, tainted=["cpu"]),
        sample_at(62, ttfb=9.0, probe="browser"),
        sample_at(63, up=False),
        sample_at(64, ttfb=0.1),
    ]
    latencies, visits = Latencies(), Visits(odd)
    looks(latencies, visits, 100.0)
    (look,) = looks(latencies, visits, 200.0)
    assert look.finding.look is Look.GOOD


def test_pages_that_are_visited_seldom_are_looked_at_as_seldom() -> None:
    visits = Visits([sample_at(400, ttfb=0.9)])
    latencies, found = Latencies(), []
    for now in range(0, 1000, 15):
        found += looks(latencies, visits, now, every="5m")
    assert visits.asked == [-300.0, 0.0, 300.0, 600.0]
    assert [one.finding.at for one in found] == [moment_of(300)]


@pytest.mark.parametrize(
    "more",
    [
        "maintenance: [{from: 2026-01-01T00:00Z, until: 2026-01-01T00:02Z, declared: 2025-01-01T00:00Z}]",
        "objectives: [{name: ttfb, indicator: ttfb, at_most: 1s, regions: [elsewhere]}]",
    ],
)
def test_neither_maintenance_nor_other_regions_are_looked_at(more: str) -> None:
    visits = Visits([sample_at(at, ttfb=2.0) for at in range(0, 240, 15)])
    latencies = Latencies()
    looks(latencies, visits, 60.0, more=more)
    looks(latencies, visits, 120.0, more=more)
    assert looks(latencies, visits, 180.0, more=more) == []
