"""Figures of KPIs: what they are made of, and between what they lie for certain."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import FIRST, SOURCE, daily, day, history, kpi, trial

from monitor.scorecard.days import Days
from monitor.scorecard.figures import Figure, Making, change
from monitor.scorecard.history import History
from storage.kpis import StoredKpi

REACH = "values from 2026-10-05 to 2026-11-03 reach over 30 of 60 days, and 80 % are needed"


def making(*parts: list[StoredKpi], coverage: float = 0.8, by_mean: bool = False) -> Making:
    return Making(history(*parts), "easyshop", coverage, by_mean)


def test_a_day_counts_when_it_is_over_where_the_scorecard_is() -> None:
    late = datetime(2026, 10, 10, 22, 30, tzinfo=UTC)
    assert Days.at(FIRST, day(30), late, "UTC").passed == day(5)
    assert Days.at(FIRST, day(30), late, "Europe/Berlin").passed == day(6)
    before = Days.at(FIRST, day(30), datetime(2026, 9, 1, tzinfo=UTC), "UTC")
    assert (before.elapsed, before.over, before.whole) == (0, False, 30)
    after = Days.at(FIRST, day(30), datetime(2027, 9, 1, tzinfo=UTC), "UTC")
    assert (after.elapsed, after.over, after.last) == (30, True, day(29))
    last = Days.last_of(7, late, "UTC")
    assert (last.first, last.last, last.elapsed, last.over) == (date_of(3), date_of(9), 7, True)


def date_of(number: int) -> object:
    return datetime(2026, 10, number).date()


def test_a_sum_is_of_the_days_that_are_over_and_in_the_stage() -> None:
    rows = daily("content", lambda number: 1, range(-3, 40))
    found = making(rows).figure(kpi("content"), trial(12))
    assert (found.value, found.low, found.high, found.days, found.of) == (12, 12, math.inf, 12, 12)
    assert making(rows).figure(kpi("content"), trial()).high == 30


def test_a_sum_with_missing_days_is_at_least_what_is_known() -> None:
    found = making(daily("content", [1] * 24)).figure(kpi("content"), trial())
    assert (found.value, found.low, found.high) == (24, 24, math.inf)
    assert found.missing == ("values of 24 of 30 days: import 0 for a day on which there was nothing",)


def test_a_rate_is_made_of_the_counts_behind_it_and_not_of_daily_rates() -> None:
    rows = [
        *daily("completions", lambda number: 9 if number else 100),
        *daily("starts", lambda number: 10 if number else 1000),
        *daily("completion_rate", lambda number: 0.9 if number else 0.1),
    ]
    found = making(rows).figure(kpi("completion_rate"), trial())
    assert found.value == pytest.approx((100 + 29 * 9) / (1000 + 290))
    assert found.low == found.high == found.value
    assert found.notes == (
        "361 completions by 1,290 starts",
        "daily rates were imported too, and are not used",
    )
    assert found.kpis == ("completions", "starts")


def test_days_that_have_only_one_of_two_counts_are_no_part_of_a_rate() -> None:
    rows = [
        *daily("completions", lambda number: 5),
        *daily("starts", lambda number: 10, range(20)),
    ]
    found = making(rows).figure(kpi("completion_rate"), trial())
    assert (found.value, found.days) == (0.5, 20)
    assert found.missing == ("values of 20 of 30 days, and 80 % are needed",)


def test_daily_rates_give_a_mean_and_the_bounds_of_the_rate() -> None:
    rows = daily("completion_rate", [0.4, 0.5, 0.6], range(3))
    found = making(rows).figure(kpi("completion_rate"), trial(3))
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == (0.4, 0.6)
    assert found.notes == ("mean of 3 daily rates, unweighted",)
    agreed = making(rows, by_mean=True).figure(kpi("completion_rate"), trial(3))
    assert agreed.low == agreed.high == agreed.value == found.value


@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(1, 10_000)).map(lambda pair: (min(pair), max(pair))),
        min_size=1,
        max_size=30,
    )
)
def test_the_rate_never_lies_beside_the_bounds_of_its_daily_rates(counts: list[tuple[int, int]]) -> None:
    days = trial(len(counts), len(counts))
    rates = daily("completion_rate", [float(Fraction(*pair)) for pair in counts], range(len(counts)))
    bounds = making(rates).figure(kpi("completion_rate"), days)
    counted = making(
        daily("completions", [pair[0] for pair in counts], range(len(counts))),
        daily("starts", [pair[1] for pair in counts], range(len(counts))),
    ).figure(kpi("completion_rate"), days)
    assert counted.value is not None
    assert bounds.low <= counted.value * (1 + 1e-12)
    assert counted.value <= bounds.high * (1 + 1e-12)
    assert bounds.value is not None
    assert bounds.low <= bounds.value <= bounds.high


def test_a_figure_is_what_it_is_on_paper() -> None:
    """Floats would have each of them a little beside it, and on the wrong side of a target that it is on."""
    amounts = [0.1, 0.2, 0.3, 0.7, 0.1]
    spent = making(daily("spend", amounts), daily("acquisitions", [1] * 5))
    assert spent.figure(kpi("spend"), trial(5, 5)).value == 1.4
    assert spent.weekly(kpi("spend"), trial(5, 5)).value == 1.96
    assert spent.figure(kpi("cpa"), trial(5, 5)).value == 0.28
    assert making(daily("organic_rank", amounts)).figure(kpi("organic_rank"), trial(5, 5)).value == 0.28
    rates = making(daily("ctr", amounts), by_mean=True)
    assert rates.figure(kpi("ctr"), trial(5, 5)).value == 0.28


@given(st.integers(1, 10_000), st.integers(-99, 300))
def test_a_change_that_is_just_what_was_asked_for_is_it(thousandths: int, percents: int) -> None:
    base, now = thousandths / 1000, float(Fraction(thousandths * (100 + percents), 100_000))
    found = change(Figure(now, now, now), Figure(base, base, base))
    assert found.value == found.low == found.high == percents / 100


@given(st.integers(1, 50), st.integers(28, 180), st.integers(100, 100_000))
def test_a_growth_that_is_just_what_was_asked_for_is_it(percents: int, between: int, first: int) -> None:
    last = first * (1 + percents / 100) ** (between / 30)
    rows = daily("organic_followers", [first, last], (0, between))
    found = making(rows).monthly(kpi("organic_followers"), trial(between + 1, between + 1))
    assert found.value == percents / 100


def test_a_share_of_the_days_is_counted_in_days() -> None:
    for known, carried in ((55, True), (54, False)):
        rows = [
            *daily("organic_rank", [4] * known, range(known)),
            *daily("organic_followers", [4] * known, range(known)),
        ]
        for name in ("organic_rank", "organic_followers"):
            found = making(rows, coverage=0.55).figure(kpi(name), trial(100, 100))
            assert (found.missing == ()) is carried


def test_too_few_days_carry_nothing() -> None:
    rows = daily("completion_rate", [0.5] * 23)
    found = making(rows).figure(kpi("completion_rate"), trial())
    assert found.missing == ("values of 23 of 30 days, and 80 % are needed",)
    assert making(rows, coverage=0.75).figure(kpi("completion_rate"), trial()).missing == ()


def test_daily_rates_stand_in_where_too_few_counts_are_known() -> None:
    rows = [
        *daily("completions", lambda number: 5, range(3)),
        *daily("starts", lambda number: 10, range(3)),
        *daily("completion_rate", lambda number: 0.6),
    ]
    assert making(rows).figure(kpi("completion_rate"), trial()).days == 30


def test_counts_that_can_not_be_are_told_and_have_no_figure() -> None:
    rows = [*daily("completions", lambda number: 20), *daily("starts", lambda number: 10)]
    found = making(rows).figure(kpi("completion_rate"), trial())
    assert (found.value, found.missing) == (
        None,
        ("600 completions of 300 starts are no share: check the values",),
    )
    none = [*daily("completions", lambda number: 0), *daily("starts", lambda number: 0)]
    assert making(none).figure(kpi("completion_rate"), trial()).missing == ("there were no starts",)


def test_a_ratio_may_be_more_than_one() -> None:
    rows = [*daily("revenue", lambda number: 320), *daily("spend", lambda number: 100)]
    assert making(rows).figure(kpi("roas"), trial()).value == 3.2


def test_nothing_that_was_imported_is_no_figure() -> None:
    for name in ("content", "organic_rank", "organic_followers"):
        found = making([]).figure(kpi(name), trial())
        assert (found.value, found.days, found.of) == (None, 0, 30)
        assert found.missing == (f"no value of {name} was imported for these days",)
    found = making([]).figure(kpi("cpa"), trial())
    assert found.missing == (
        "no value of cpa was imported for these days; best is to import spend and acquisitions",
    )
    assert making([]).figure(kpi("content"), trial(0)).missing == ("no day is over yet",)


def test_a_rank_is_the_mean_of_its_days() -> None:
    found = making(daily("organic_rank", [4, 6], range(2))).figure(kpi("organic_rank"), trial(2))
    assert (found.value, found.low, found.high, found.notes) == (5, 5, 5, ("mean of 2 days",))


def test_what_is_known_as_it_stands_is_its_last_value() -> None:
    rows = daily("organic_followers", [1000, 1100, 1300], (0, 14, 28))
    found = making(rows).figure(kpi("organic_followers"), trial())
    assert (found.value, found.missing, found.notes) == (1300, (), ("as it stood on 2026-11-02",))
    short = making(rows).figure(kpi("organic_followers"), trial(60, 60))
    assert short.missing == (
        "values from 2026-10-05 to 2026-11-02 reach over 29 of 60 days, and 80 % are needed",
    )


def test_sums_by_week_are_bounded_by_all_the_weeks() -> None:
    rows = daily("content", lambda number: 2, range(14))
    found = making(rows).weekly(kpi("content"), trial(14, 28))
    assert (found.value, found.low, found.high) == (14, 7, math.inf)
    whole = making(rows).weekly(kpi("content"), trial(14, 14))
    assert (whole.value, whole.low, whole.high) == (14, 14, 14)
    assert making([]).weekly(kpi("content"), trial()).value is None


def test_growth_by_month_is_that_of_a_steady_growth() -> None:
    rows = daily("organic_followers", [1000, 5000, 1210], (0, 20, 60))
    found = making(rows).monthly(kpi("organic_followers"), trial(61, 61))
    assert found.value == pytest.approx(0.1)
    assert found.notes == ("from 1000 on 2026-10-05 to 1210 on 2026-12-04",)


@pytest.mark.parametrize(
    ("amounts", "days", "elapsed", "words"),
    [
        ([1000, 1100], (0, 20), 21, "the first and the last value are 20 days apart, and 28 are needed"),
        ([0, 1100], (0, 29), 30, "nothing grows from 0 by a share"),
        ([9, 11], (0, 29), 60, REACH),
        ([], (), 30, "no value of organic_followers was imported for these days"),
    ],
)  # fmt: skip
def test_growth_that_the_days_do_not_carry_is_none(
    amounts: list[float], days: tuple[int, ...], elapsed: int, words: str
) -> None:
    found = making(daily("organic_followers", amounts, days)).monthly(
        kpi("organic_followers"), trial(elapsed, elapsed)
    )
    assert found.missing == (words,)


def test_a_change_is_held_against_the_baseline() -> None:
    base = Figure(0.02, 0.02, 0.02, notes=("by the config",))
    found = change(Figure(0.025, 0.025, 0.025, 30, 30), base)
    assert found.value == pytest.approx(0.25)
    assert found.low == found.high == found.value
    assert found.notes == ("baseline: by the config",)


def test_what_did_not_change_has_no_sign() -> None:
    found = change(Figure(0.3, 0.3, 0.3), Figure(0.1 + 0.2, 0.3, 0.3))
    assert repr(found.value) == "0.0"


def test_a_change_is_as_unsure_as_both_of_its_figures() -> None:
    found = change(Figure(3, 2, 4), Figure(2, 1, 2.5))
    assert (found.low, found.value, found.high) == (pytest.approx(-0.2), 0.5, 3)
    assert change(Figure(3, 3, 3), Figure(2, 0, 2.5)).high == math.inf
    assert change(Figure(3, 3, 3), Figure(2, 2, math.inf)).low == -1


def test_a_change_against_nothing_is_none() -> None:
    assert change(Figure(3, 3, 3), Figure(missing=("there is none",))).missing == ("baseline: there is none",)
    found = change(Figure(3, 3, 3), Figure(0, 0, 0))
    assert (found.value, found.missing) == (
        None,
        ("the baseline is 0, and nothing can be held against it",),
    )


def test_files_are_named_and_of_many_it_is_told_how_many() -> None:
    held = history(daily("content", lambda number: 1))
    assert held.files("easyshop", ("content", "other"), trial()) == ("kpis.csv (SHA-256 0123456789ab)",)
    rows = [
        StoredKpi(one.value, type(SOURCE)(SOURCE.imported_at, f"{number}.csv", SOURCE.sha256))
        for number, one in enumerate(daily("content", lambda number: 1, range(8)))
    ]
    named = History.of(rows).files("easyshop", ("content",), trial())
    assert (len(named), named[-1]) == (6, "and 3 more")
