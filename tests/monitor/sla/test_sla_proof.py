from __future__ import annotations

from math import comb

import pytest

from monitor.sla import proof


@pytest.mark.parametrize(("bad", "looks"), [(0, 29_956), (1, 47_437), (5, 105_128)])
def test_what_it_takes_for_four_nines(bad: int, looks: int) -> None:
    """The numbers that tables of Clopper and Pearson have."""
    assert proof.looks_needed(bad, 1e-4) == looks
    assert proof.proves(looks - bad, bad, 0.9999)
    assert not proof.proves(looks - bad - 1, bad, 0.9999)


@pytest.mark.parametrize(("days", "length", "met", "breached"), [
    (30, 15, 150, 375), (90, 15, 585, 975), (180, 15, 1290, 1830), (30, 60, 0, 540), (90, 60, 360, 1200),
])  # fmt: skip
def test_the_bad_seconds_that_settle_a_window(days: int, length: int, met: int, breached: int) -> None:
    looks = days * 86_400 // length
    assert proof.proves_at_most(met // length, looks, 1e-4)
    assert not proof.proves_at_most(met // length + 1, looks, 1e-4)
    assert proof.proves_more_than(breached // length, looks, 1e-4)
    assert not proof.proves_more_than(breached // length - 1, looks, 1e-4)


@pytest.mark.parametrize("looks", [1, 7, 40])
@pytest.mark.parametrize("chance", [0.001, 0.2, 0.5, 0.93])
def test_the_probability_is_the_sum_of_the_binomials(looks: int, chance: float) -> None:
    for bad in range(looks + 1):
        exact = sum(comb(looks, k) * chance**k * (1 - chance) ** (looks - k) for k in range(bad + 1))
        assert proof.at_most(bad, looks, chance) == pytest.approx(exact, abs=1e-9)


def test_bounds_are_where_the_proof_turns() -> None:
    high, low = proof.upper(3, 1000), proof.lower(3, 1000)
    assert proof.proves_at_most(3, 1000, high * 1.001)
    assert not proof.proves_at_most(3, 1000, high * 0.999)
    assert proof.proves_more_than(3, 1000, low * 0.999)
    assert not proof.proves_more_than(3, 1000, low * 1.001)
    assert proof.upper(0, 10) == pytest.approx(1 - 0.05**0.1)
    assert (proof.upper(5, 5), proof.lower(0, 5), proof.upper(0, 0), proof.lower(0, 0)) == (1, 0, 1, 0)


def test_the_ends_of_the_scale() -> None:
    assert proof.proves(0, 3, 0.0)
    assert not proof.proves(10**9, 0, 1.0)
    assert proof.looks_needed(0, 0.0) is None
    assert proof.proves_at_most(7, 7, 1.0)
    assert not proof.proves_at_most(0, 0, 0.5)
    assert proof.proves_more_than(1, 10, 0.0)
    assert not proof.proves_more_than(0, 10, 0.0)
    assert proof.at_most(-1, 5, 0.5) == 0.0


def test_students_t_is_that_of_the_tables() -> None:
    for freedom, quantile in ((4, 2.132), (7, 1.895), (29, 1.699), (1000, 1.646)):
        assert proof.students_t(0.95, freedom) == pytest.approx(quantile, rel=0.01)
    assert proof.students_t(0.99, 10) == pytest.approx(2.764, rel=0.01)
