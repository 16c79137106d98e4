from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sla.sketch import ERROR, Sketch

BRIEF = settings(max_examples=50, deadline=None)  # no test depends on the machine
FIGURES = st.lists(
    st.one_of(st.floats(1e-5, 1e8), st.just(0.0), st.floats(-1e6, -1e-5)), min_size=1, max_size=60
)
SHARES = (0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


@BRIEF
@given(FIGURES)
def test_a_percentile_is_within_one_percent_of_the_true_one(figures: list[float]) -> None:
    sketch, ordered = Sketch.of(figures), sorted(figures)
    for share in SHARES:
        true = ordered[max(1, math.ceil(round(share * len(figures), 6))) - 1]
        assert sketch.quantile(share) == pytest.approx(true, rel=ERROR * 1.0001, abs=1e-6)
    assert sketch.count == len(figures)


@BRIEF
@given(FIGURES, FIGURES, FIGURES)
def test_merging_is_counting_in_any_order(one: list[float], two: list[float], three: list[float]) -> None:
    whole = Sketch.of([*one, *two, *three])
    parts = [Sketch.of(three), Sketch.of(one).to_bytes(), Sketch.of(two)]
    assert Sketch.sum(parts) == Sketch.sum(parts[::-1]) == whole
    merged = Sketch.of(two)
    merged.merge(Sketch.of(three))
    merged.merge(Sketch.of(one))
    assert merged.to_bytes() == whole.to_bytes()


@BRIEF
@given(FIGURES)
def test_bytes_hold_all_of_it(figures: list[float]) -> None:
    sketch = Sketch.of(figures)
    assert Sketch.from_bytes(sketch.to_bytes()) == sketch


@BRIEF
@given(FIGURES, st.one_of(st.floats(1e-4, 1e7), st.just(0.0), st.floats(-1e5, -1e-4)))
def test_what_lies_at_or_below_a_limit_is_bounded(figures: list[float], limit: float) -> None:
    sketch = Sketch.of(figures)
    certain, possible = sketch.at_most(limit)
    assert certain <= sum(figure <= limit for figure in figures) <= possible
    assert Sketch.beyond(sketch.to_bytes(), limit) == Sketch.beyond(sketch, limit) == len(figures) - certain


def test_a_target_is_missed_by_no_more_than_its_own_bucket() -> None:
    figures = [0.3 * 1.02**step for step in range(-50, 50)]
    certain, possible = Sketch.of(figures).at_most(0.3)
    assert possible - certain <= 2


def test_a_sketch_of_a_day_is_small_and_one_of_nothing_says_nothing() -> None:
    chance = random.Random(1)
    day = Sketch.of(chance.lognormvariate(-1.4, 0.4) for _ in range(5760))
    assert len(day.to_bytes()) < 500
    assert Sketch().quantile(0.5) is None
    assert Sketch.from_bytes(Sketch().to_bytes()) == Sketch()
    assert Sketch.beyond(Sketch().to_bytes(), 0.3) == 0


def test_what_is_beyond_all_measure_is_counted_at_the_end() -> None:
    assert Sketch.of([1e300]).quantile(0.5) == pytest.approx(1e9, rel=0.02)


@pytest.mark.parametrize("cut", [1, 5, 12, 30, -1])
def test_bytes_that_are_cut_off_are_refused(cut: int) -> None:
    data = Sketch.of([0.1, 0.2, 0.5]).to_bytes()
    with pytest.raises(ValueError, match="cut off"):
        Sketch.from_bytes(data[:cut])


def test_bytes_that_are_no_sketch_are_refused() -> None:
    data = Sketch.of([0.1]).to_bytes()
    with pytest.raises(ValueError, match="version 9"):
        Sketch.from_bytes(b"\x09" + data[1:])
    with pytest.raises(ValueError, match="another length"):
        Sketch.from_bytes(data + b"\x00")
    with pytest.raises(ValueError, match="cut off"):
        Sketch.from_bytes(b"")


@given(st.lists(st.lists(st.floats(0.0, 50.0), max_size=300), max_size=6), st.lists(FIGURES, max_size=3))
def test_many_are_added_up_at_once_whatever_they_hold(
    packed: list[list[float]], others: list[list[float]]
) -> None:
    whole = Sketch()
    for figures in (*packed, *others):
        whole.merge(Sketch.of(figures))
    assert Sketch.sum([*(Sketch.of(one).to_bytes() for one in packed), *map(Sketch.of, others)]) == whole
    assert Sketch.sum(Sketch.of(one).to_bytes() for one in (*packed, *others)) == whole


def test_many_of_which_one_is_no_sketch_are_refused() -> None:
    data = Sketch.of([0.1, 0.2, 0.5]).to_bytes()
    for wrong in (data[-10:], b"\x09" + data[1:], data[:20] + data[-9:], data[:-9] + b"\x00" + data[-9:]):
        with pytest.raises(ValueError, match=r"cut off|version 9 is not known|another length"):
            Sketch.sum([data, wrong])


def test_many_add_up_where_the_last_bytes_of_one_with_negative_figures_are_zeros() -> None:
    figures = [-0.5] * 300 + [-1.0] * 3  # its second plane counts the first bucket alone
    data = Sketch.of(figures).to_bytes()
    assert data.endswith(bytes(9))
    assert Sketch.sum([data, Sketch.of([0.3]).to_bytes()]) == Sketch.of([*figures, 0.3])
