"""Outages in a stream are those that the judge finds in all samples at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bookkeeping import PAGE, at, sample
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.judging.every import USUAL, Cut, Paces
from monitor.judging.rows import outage_of
from monitor.judging.trace import Before, trace
from monitor.sla.outages import find_outages
from monitor.sla.rollups import Rollup
from monitor.sla.slices import slice_length, slice_reach
from probes.sample import Fault, Outcome, Sample

_OUTCOMES = st.sampled_from([Outcome.UP, Outcome.DOWN, Outcome.DOWN, Outcome.BLOCKED, Outcome.UNKNOWN])


@st.composite
def streams(draw: st.DrawFn) -> list[Sample]:
    seconds, found = 0.0, []
    for _ in range(draw(st.integers(0, 25))):
        seconds += draw(st.sampled_from([0.25, 5.0, 15.0, 300.0]))
        outcome = draw(_OUTCOMES)
        fault = draw(st.sampled_from([Fault.DNS, Fault.TIMEOUT, None])) if outcome is Outcome.DOWN else None
        took = draw(st.sampled_from([None, 0.1, 10.0]))
        tainted = draw(st.sampled_from([[], [], [], ["cpu"]]))
        found.append(sample(seconds, outcome=outcome, fault=fault, duration=took, tainted=tainted))
    return found


@settings(max_examples=200, deadline=None)
@given(samples=streams(), cut=st.integers(0, 25))
def test_a_stream_has_the_outages_of_all_its_samples(samples: list[Sample], cut: int) -> None:
    expected = find_outages(samples, 15.0)
    found, end = trace(samples, 1, 15.0, Before())
    assert end is None
    assert [outage_of(row, "eu-west") for row in found] == expected
    first, _ = trace(samples[:cut], 1, 15.0, Before())
    goods = [one.at for one in samples[:cut] if one.outcome is Outcome.UP and not one.tainted]
    begun = first.pop() if first and first[-1].first_good is None else None
    before = Before(goods[-1] if goods else None, begun)
    rest, _ = trace(samples[cut:], 1, 15.0, before)
    assert [outage_of(row, "eu-west") for row in first + rest] == expected


def test_it_reads_on_to_the_first_good_sample_after_its_end() -> None:
    down = {"outcome": Outcome.DOWN}
    samples = [sample(0), sample(15, **down), sample(30, **down), sample(45), sample(60, **down)]
    found, end = trace(samples, 1, 15.0, Before(), at(20))
    assert end == at(45)
    assert [(row.first_bad, row.first_good) for row in found] == [(at(15), at(45))]


@pytest.mark.parametrize("every", [0.25, 15, 20, 60, 900, 3600, 10_000])
def test_a_cut_is_that_of_its_pace(every: float) -> None:
    cut = Cut.of(every)
    assert cut == (slice_length(every), slice_reach(every))
    samples = [sample(1), sample(2000, outcome=Outcome.DOWN)]
    start = int(at(0).timestamp())
    assert cut.rollup(samples, start) == Rollup.of(samples, start, every)


def test_an_hour_speaks_for_as_long_as_its_slowest_pace() -> None:
    assert Cut.of(15).for_pace(300) == (15, 20)
    assert Cut.of(15).for_pace(300).for_pace(15) == (15, 20)
    assert Cut.of(300).for_pace(15) == (300, 1)


def test_the_pace_of_a_series_is_that_of_its_page_where_its_variant_is_gone() -> None:
    key = (PAGE.vendor, PAGE.page, PAGE.probe, "a")
    paces = Paces({key: 300.0})
    assert paces.pace(replace_variant("a")) == 300.0
    assert paces.pace(replace_variant("gone")) == 300.0
    assert paces.pace(PAGE._replace(page="other")) == USUAL


def replace_variant(name: str):
    return PAGE._replace(variant=name)


def test_samples_are_left_as_they_are() -> None:
    one = sample(0, outcome=Outcome.DOWN)
    before = replace(one)
    trace([one], 1, 15.0, Before())
    assert one == before
