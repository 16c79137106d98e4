"""Confirmed seconds: every slice once, from the beginning on, never fewer."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.judging.confirmed import Confirmed

START = 1_800_000_000


def test_a_slice_counts_once() -> None:
    counted = Confirmed(START)
    for _ in range(3):
        counted.take(START, 15, 0b111, 0b010)
    assert (counted.measured, counted.bad) == (45, 15)


def test_slices_from_before_the_beginning_do_not_count() -> None:
    counted = Confirmed(START + 16)
    counted.take(START, 15, 0b1111, 0b1111)
    assert (counted.measured, counted.bad) == (30, 30)


def test_what_came_late_is_added_and_what_turned_out_good_stays() -> None:
    counted = Confirmed(START)
    counted.take(START, 15, 0b11, 0b10)
    counted.take(START, 15, 0b11, 0b01)
    assert (counted.measured, counted.bad) == (30, 30)


def test_a_window_that_moves_on_or_back_counts_nothing_twice() -> None:
    counted = Confirmed(START)
    counted.take(START, 15, 0b1111, 0b1000)
    counted.take(START + 30, 15, 0b111, 0b010)
    counted.take(START - 15, 15, 0b11111, 0b10000)
    assert (counted.measured, counted.bad) == (75, 15)


def test_slices_of_another_length_count_from_where_the_others_ended() -> None:
    counted = Confirmed(START)
    counted.take(START, 15, 0b1111, 0)
    counted.take(START, 60, 0b11, 0b11)
    assert (counted.measured, counted.bad) == (120, 60)


@settings(deadline=None)
@given(st.integers(0, 2**60), st.integers(0, 2**60), st.randoms())
def test_in_whatever_pieces_it_comes_the_sum_is_the_same(known: int, bad: int, chance: random.Random) -> None:
    bad &= known
    counted = Confirmed(START)
    before = (0, 0)
    for _ in range(5):
        some = chance.getrandbits(61)
        counted.take(START, 15, known & some, bad & some)
        assert (counted.measured, counted.bad) >= before
        before = (counted.measured, counted.bad)
    counted.take(START, 15, known, bad)
    assert (counted.measured, counted.bad) == (15 * known.bit_count(), 15 * bad.bit_count())


@settings(deadline=None)
@given(st.integers(0, 2**60), st.lists(st.integers(0, 70), max_size=8))
def test_wherever_the_window_moves_no_slice_counts_twice(known: int, starts: list[int]) -> None:
    counted = Confirmed(START)
    for at in starts:
        counted.take(START + 15 * at, 15, known >> at, known >> at)
    assert counted.measured == counted.bad <= 15 * known.bit_count()
