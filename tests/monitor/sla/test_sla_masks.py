from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sla.masks import Tally, between, grouped, near, ones, runs, short, spread, stretched, union

BRIEF = settings(max_examples=50, deadline=None)  # no test depends on the machine
SETS = st.sets(st.integers(0, 90))


def mask(places: set[int]) -> int:
    return sum(1 << place for place in places)


def places(bits: int) -> set[int]:
    return {place for place in range(bits.bit_length()) if bits >> place & 1}


@BRIEF
@given(SETS)
def test_runs_are_the_stretches_of_neighbours(held: set[int]) -> None:
    found = list(runs(mask(held)))
    assert {place for first, last in found for place in range(first, last)} == held
    assert all(last < following for (_, last), (following, _) in pairwise(found))


def test_runs_that_lie_over_the_edge_of_a_byte_are_one() -> None:
    assert list(runs(between(5, 19) | between(40, 41))) == [(5, 19), (40, 41)]


@BRIEF
@given(st.lists(SETS, min_size=1, max_size=9))
def test_a_tally_counts_the_sets_that_hold_a_slice(sets: list[set[int]]) -> None:
    tally = Tally(map(mask, sets), ones(91))
    counts = [sum(place in one for one in sets) for place in range(91)]
    for number in range(12):
        assert places(tally.exactly(number)) == {p for p, count in enumerate(counts) if count == number}
        assert places(tally.at_least(number)) == {p for p, count in enumerate(counts) if count >= number}
    assert places(union(list(map(mask, sets)))) == set().union(*sets)


@BRIEF
@given(SETS, st.sampled_from([1, 2, 4, 5, 20]))
def test_groups_are_whole_of_which_one_is_there(held: set[int], factor: int) -> None:
    found = places(grouped(mask(held), factor, 100))
    assert found == {place for place in range(100) if {p // factor for p in held} & {place // factor}}


@BRIEF
@given(SETS, st.sampled_from([2, 4, 20]))
def test_a_finer_grid_has_each_slice_as_its_parts_or_its_first_part(held: set[int], factor: int) -> None:
    assert places(stretched(mask(held), factor)) == {p * factor + k for p in held for k in range(factor)}
    assert places(spread(mask(held), factor)) == {p * factor for p in held}


@BRIEF
@given(SETS)
def test_short_runs_are_those_of_one_or_two(held: set[int]) -> None:
    brief = {p for first, last in runs(mask(held)) if last - first <= 2 for p in range(first, last)}
    assert places(short(mask(held))) == brief
    around = {q for p in held for q in range(p - 2, p + 3) if q >= 0}
    assert places(near(mask(held))) == around
