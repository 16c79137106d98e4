"""Slices and rollups: what counts as a look, and that neither order, batches nor lateness change a thing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator import START, Agent, Truth, joined, sample_at, samples

from monitor.sla.evidence import PageData, RegionData, periods
from monitor.sla.rollups import Figures, Rollup, Visits, day_of
from monitor.sla.sketch import Sketch
from monitor.sla.slices import DAY, HOUR, LENGTHS, Slices, slice_length, slice_reach
from monitor.sla.timeline import Grid, grid_of
from probes.sample import Attempt, Outcome, Sample


def bits(mask: int) -> list[int]:
    return [place for place in range(mask.bit_length()) if mask >> place & 1]


@pytest.mark.parametrize(
    ("every", "length", "reach"),
    [(0.25, 15, 1), (15, 15, 1), (16, 30, 1), (60, 60, 1), (61, 300, 1), (900, 900, 1), (86_400, 3600, 24)],
)
def test_a_slice_is_as_long_as_the_time_between_two_looks(every: float, length: int, reach: int) -> None:
    assert (slice_length(every), slice_reach(every)) == (length, reach)


def test_each_length_is_a_part_of_the_next() -> None:
    assert all(long % brief == 0 for brief in LENGTHS for long in LENGTHS if long > brief)


def test_what_measures_a_slice() -> None:
    """0: up. 1: down. 2: both, so down. 3 to 6 measure nothing. 7: only a burst."""
    seen = [
        sample_at(1),
        sample_at(16, up=False),
        sample_at(31),
        sample_at(40, up=False),
        sample_at(46, outcome=Outcome.BLOCKED),
        sample_at(61, outcome=Outcome.UNKNOWN),
        sample_at(76, tainted=["loop_lag"]),
        sample_at(91, up=False, tainted=["cpu"]),
        sample_at(106, up=False, attempt=Attempt.BURST),
        sample_at(-1, up=False),
        sample_at(HOUR, up=False),
    ]
    slices = Slices.of(seen, START, HOUR, 15)
    assert (bits(slices.measured), bits(slices.down)) == ([0, 1, 2], [1, 2])
    assert (slices.count, slices.end) == (240, START + HOUR)


def line(*held: Slices) -> tuple[Grid, list[int], list[int]]:
    grid = grid_of({"r": held})
    return grid, bits(grid.lines["r"].measured), bits(grid.lines["r"].down)


def test_a_sample_speaks_for_one_slice_more_and_over_the_edge_of_an_hour() -> None:
    first = Slices.of([sample_at(HOUR - 1, up=False)], START, HOUR, 15)
    second = Slices.of([sample_at(HOUR + 31)], START + HOUR, HOUR, 15)
    grid, measured, down = line(first, second)
    assert measured == [239, 240, 242, 243]
    assert down == [239, 240]
    assert bits(grid.lines["r"].fresh) == [239, 242]


def test_a_page_that_is_looked_at_every_six_hours_is_spoken_for_as_long() -> None:
    slices = Slices.of([sample_at(10)], START, DAY, 6 * HOUR)
    assert line(slices)[1] == [0, 1, 2, 3, 4, 5, 6]


def test_slices_of_two_lengths_meet_on_the_finer_grid_and_no_look_counts_twice() -> None:
    before = Slices.of([sample_at(0), sample_at(300, up=False)], START, HOUR, 300)
    after = Slices.of([sample_at(HOUR)], START + HOUR, HOUR, 15)
    grid, measured, down = line(before, after)
    assert (grid.length, grid.count) == (15, 480)
    assert measured[:60] == list(range(60))
    assert measured[-2:] == [240, 241]
    assert down == list(range(20, 60)[:40])  # the five minutes, and those that it speaks for
    assert bits(grid.lines["r"].fresh) == [0, 20, 240]


def test_lines_that_do_not_lie_on_whole_bytes_are_laid_out_too() -> None:
    hours = [Slices.of([sample_at(k * HOUR)], START + k * HOUR, HOUR, 60) for k in range(3)]
    assert line(*hours)[1] == [0, 1, 60, 61, 120, 121]


def test_a_grid_is_cut_to_the_slices_that_lie_whole_in_a_window() -> None:
    slices = Slices.of([sample_at(15 * k) for k in range(240)], START, HOUR, 15)
    grid = grid_of({"r": [slices], "silent": []}).cut(START + 7, START + 100)
    assert (grid.start, grid.count) == (START + 15, 5)
    assert grid.lines["silent"].measured == 0
    assert grid_of({"r": [], "s": []}).cut(START, START + HOUR).count == 0


def series(seed: int, length: float) -> list[Sample]:
    """A page with a few outages, a silent stretch, and samples of every sort."""
    chance = random.Random(seed)
    down = []
    for _ in range(3):
        at = chance.random() * length
        down.append((at, at + chance.choice([2, 20, 200])))
    truth = Truth(length, {"r": joined(down)})
    found = samples(truth, "r", Agent(15, 3.0, 14.0, ((500.0, 800.0),), seed))
    for sample in found:
        sample.ttfb = chance.lognormvariate(-1.4, 0.5) if sample.ttfb else None
        if chance.random() < 0.02:
            sample.tainted = ["cpu"]
        sample.vitals = {"cls": chance.choice([0.0, 0.1]), "http3_advertised": 1.0, "http3_works": 1.0}
    return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.randoms())
def test_order_batches_and_lateness_change_nothing(seed: int, order: random.Random) -> None:
    taken = series(seed, HOUR)
    whole = Rollup.of(taken, START, 15)
    shuffled = taken[:]
    order.shuffle(shuffled)
    merged = Rollup.of([], START, 15)
    while shuffled:
        size = order.randrange(1, 60)
        merged.merge(Rollup.of(shuffled[:size], START, 15))
        del shuffled[:size]
    assert merged == whole
    assert merged.visits.up + merged.visits.down + merged.visits.tainted == sum(
        one.attempt is Attempt.SCHEDULED for one in taken
    )


def test_a_day_of_hours_is_the_day_of_the_samples() -> None:
    taken = series(5, DAY)
    hours = [Rollup.of(taken, START + k * HOUR, 15) for k in range(24)]
    whole = Rollup.of(taken, START, 15, DAY)
    assert day_of(hours) == day_of(hours[::-1]) == whole
    assert hours[3].figures["ttfb"].count > 100  # and the hours are what they were
    assert hours == [Rollup.of(taken, START + k * HOUR, 15) for k in range(24)]
    figures = sorted(
        one.ttfb for one in taken
        if one.ttfb is not None and one.attempt is Attempt.SCHEDULED and not one.tainted
    )  # fmt: skip
    made = whole.figures["ttfb"]
    assert (made.count, made.least, made.most) == (len(figures), figures[0], figures[-1])
    assert made.total / 1e9 == pytest.approx(sum(figures), abs=1e-5)
    assert made.opened.quantile(0.95) == pytest.approx(figures[-(-len(figures) * 95 // 100) - 1], rel=0.01)


def test_a_day_in_which_the_slices_changed_their_length_keeps_its_hours() -> None:
    hours = [Rollup.of([sample_at(0)], START, 15), Rollup.of([sample_at(HOUR)], START + HOUR, 60)]
    assert day_of(hours) is None
    assert day_of([]) is None


def test_parts_of_an_hour_with_slices_of_two_lengths_add_up() -> None:
    coarse = Slices.of([sample_at(0, up=False)], START, HOUR, 60)
    fine = Slices.of([sample_at(60)], START, HOUR, 15)
    assert coarse.merge(fine) == fine.merge(coarse)
    assert bits(coarse.merge(fine).down) == [0, 1, 2, 3]


def test_figures_that_are_stored_are_merged_as_they_are() -> None:
    figures = Figures()
    for value in (0.2, 0.4):
        figures.add(value)
    stored = Figures(figures.count, figures.total, figures.least, figures.most, figures.opened.to_bytes())
    empty = Figures()
    empty.merge(stored)
    assert empty == figures
    assert Visits(1, 2, 3, 4, 5) + Visits(1, 1, 1, 1, 1) == Visits(2, 3, 4, 5, 6)


def test_which_figures_a_sample_has() -> None:
    sample = sample_at(
        0, ttfb=0.3, vitals={"cls": 0.0, "http3_advertised": 1.0, "http3_works": 0.0, "x": 1.0}
    )
    failed = sample_at(15, up=False)
    failed.ttfb = 0.1  # an answer that was not the page
    rollup = Rollup.of([sample, failed, sample_at(30, vitals={"http3_advertised": 0.0})], START, 15)
    assert {name: (one.count, one.total / 1e9) for name, one in rollup.figures.items()} == {
        "ttfb": (2, 0.5),
        "wait": (2, 0.25),
        "cls": (1, 0.0),
        "http3": (1, 0.0),
    }
    bare = sample_at(45, ttfb=0.2)
    bare.hops, bare.ttfb = [], None
    assert Rollup.of([bare], START, 15).figures == {}


def test_a_window_is_whole_days_and_hours_at_its_ends() -> None:
    found = periods(START + 22 * HOUR + 5, START + 2 * DAY + 90 * 60)
    assert found == [
        (START + 22 * HOUR, HOUR),
        (START + 23 * HOUR, HOUR),
        (START + DAY, DAY),
        (START + 2 * DAY, HOUR),
        (START + 2 * DAY + HOUR, HOUR),
    ]
    assert sum(length for _, length in periods(START, START + 30 * DAY)) == 30 * DAY


def test_variants_of_a_page_are_one_in_its_slices() -> None:
    ads, mail = Rollup.of([sample_at(0)], START, 15), Rollup.of([sample_at(1, up=False)], START, 15)
    data = PageData("v", "p", "channel", [RegionData("r", [ads], variant="ads"), RegionData("r", [mail])])
    assert bits(data.grid.lines["r"].down) == [0, 1]
    assert data.seen_from(["r"]).regions == data.regions
    assert data.seen_from(["other"]).regions == []
    assert data.seen_from([]) is data


def test_a_sketch_counts_no_figure_that_failed() -> None:
    assert Rollup.of([sample_at(0, up=False)], START, 15).figures == {}
    assert Sketch.sum([]) == Sketch()
