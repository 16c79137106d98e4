"""KPIs against thresholds: nothing is passed or failed that a day could still change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import SOURCE, daily, day, history, settings, trial

from monitor.scorecard.history import History
from monitor.scorecard.kpi_lines import KpiLines
from monitor.scorecard.scorecard import Group, Line, Result
from storage.kpis import StoredKpi


def lines(*parts: list[StoredKpi], elapsed: int = 30, whole: int = 30, **written: Any) -> dict[str, Line]:
    """The lines of a trial with these thresholds, by name."""
    now = datetime.combine(day(elapsed), datetime.min.time(), UTC)
    made = KpiLines(settings(**written), "trial", trial(elapsed, whole), history(*parts), "easyshop", now)
    return {line.name: line for line in made.lines()}


def asked(name: str, **written: Any) -> dict[str, Any]:
    return {"trial": {"thresholds": [{"kpi": name, **written}]}}


@pytest.mark.parametrize(
    ("pieces", "elapsed", "result", "words"),
    [
        (1.0, 30, Result.PASS, "30, and ≥ 30 was asked"),
        (0.5, 30, Result.FAIL, "15, but ≥ 30 was asked"),
        (1.0, 12, Result.RUNNING, "so far 12: ≥ 30 is asked of all days, the last of which is 2026-11-03"),
        (3.0, 12, Result.PASS, "36, and ≥ 30 was asked: that can't be lost any more"),
    ],
)
def test_a_count_is_passed_as_soon_as_it_is_reached_and_failed_when_the_stage_is_over(
    pieces: float, elapsed: int, result: Result, words: str
) -> None:
    line = lines(daily("content", lambda number: pieces), elapsed=elapsed)["content"]
    assert (line.result, line.words) == (result, words)
    assert line.missing == ()


def test_a_count_with_missing_days_can_pass_and_not_fail() -> None:
    few = lines(daily("content", [1] * 20))["content"]
    assert (few.result, few.value, few.days, few.of) == (Result.NOT_ENOUGH, 20, 20, 30)
    assert few.missing == ("values of 20 of 30 days: import 0 for a day on which there was nothing",)
    enough = lines(daily("content", [2] * 20))["content"]
    assert (enough.result, enough.missing) == (Result.PASS, ())
    running = lines(daily("content", [1] * 5), elapsed=10)["content"]
    assert running.result is Result.RUNNING
    assert running.missing == ("values of 5 of 10 days: import 0 for a day on which there was nothing",)


def test_a_count_that_must_stay_low_is_failed_as_soon_as_it_is_above() -> None:
    written = {
        "kpis": [{"name": "complaints", "better": "lower"}],
        **asked("complaints", at_most=5),
    }
    over = lines(daily("complaints", [3] * 5), elapsed=10, **written)["complaints"]
    assert (over.result, over.words) == (
        Result.FAIL,
        "at least 15, but ≤ 5 was asked: that can't be mended any more",
    )
    assert lines(daily("complaints", [0] * 10), elapsed=10, **written)["complaints"].result is Result.RUNNING
    assert lines(daily("complaints", [0] * 29), **written)["complaints"].result is Result.NOT_ENOUGH
    assert lines(daily("complaints", [0] * 30), **written)["complaints"].result is Result.PASS


def test_a_rate_is_never_final_while_the_stage_runs() -> None:
    rows = [*daily("completions", lambda number: 9), *daily("starts", lambda number: 10)]
    line = lines(rows, elapsed=29)["completion_rate"]
    assert (line.result, line.value) == (Result.RUNNING, 0.9)
    assert line.words.startswith("so far 90 %, within: ≥ 45 % is asked of all days")
    low = [*daily("completions", lambda number: 1), *daily("starts", lambda number: 10)]
    assert lines(low, elapsed=29)["completion_rate"].words.startswith("so far 10 %, not within")
    assert lines(rows)["completion_rate"].result is Result.PASS
    assert lines(low)["completion_rate"].result is Result.FAIL


@pytest.mark.parametrize(
    ("rates", "by", "result"),
    [
        ([0.46, 0.6], "bounds", Result.PASS),
        ([0.45, 0.45], "bounds", Result.PASS),
        ([0.2, 0.44], "bounds", Result.FAIL),
        ([0.3, 0.8], "bounds", Result.NOT_ENOUGH),
        ([0.3, 0.8], "mean", Result.PASS),
        ([0.3, 0.5], "mean", Result.FAIL),
    ],
)
def test_daily_rates_pass_and_fail_only_what_they_all_agree_on(
    rates: list[float], by: str, result: Result
) -> None:
    rows = daily("completion_rate", lambda number: rates[number % 2])
    line = lines(rows, daily_rates=by)["completion_rate"]
    assert line.result is result
    assert line.notes == ("mean of 30 daily rates, unweighted",)
    if result is Result.NOT_ENOUGH:
        assert line.missing == (
            (
                "of daily rates it is only known that the figure lies between 30 % and 80 %: import "
                "completions and starts, or write `daily_rates: mean` where the mean of days was agreed on"
            ),
        )


def test_what_is_not_the_figure_itself_says_how_it_is_to_be_read() -> None:
    rates = daily("completion_rate", lambda number: (0.3, 0.8)[number % 2])
    assert lines(rates)["completion_rate"].value_words == "about 55 %"
    assert lines(rates, daily_rates="mean")["completion_rate"].value_words == "55 %"
    assert lines(daily("completion_rate", [0.5] * 30))["completion_rate"].value_words == "50 %"
    few = lines(daily("brand_searches", [1] * 20))["brand_searches"]
    assert (few.value_words, few.result) == ("at least 20", None)
    assert lines(daily("brand_searches", [1] * 12), elapsed=12)["brand_searches"].value_words == "12"
    assert lines()["brand_searches"].value_words == "-"


def test_a_change_is_about_so_much_where_either_of_its_figures_is() -> None:
    before = daily("conversion_rate", lambda number: (0.02, 0.022)[number % 2], range(-30, 0))
    told = {"vendor": "easyshop", "kpi": "conversion_rate", "from": day(-30), "until": day(-1)}
    line = lines(COUNTS, before, **STABLE, baselines=[told])["conversion_rate against the baseline"]
    assert line.value_words == "about +19.05 %"
    assert line.notes[1] == "baseline: about 2.1 % from 2026-09-05 to 2026-10-04"
    assert line.result is Result.NOT_ENOUGH


def test_too_few_days_are_not_enough_data() -> None:
    rows = daily("completion_rate", [0.9] * 20)
    line = lines(rows)["completion_rate"]
    assert (line.result, line.value) == (Result.NOT_ENOUGH, pytest.approx(0.9))
    assert line.missing == ("values of 20 of 30 days, and 80 % are needed",)
    assert lines(rows, coverage="60%")["completion_rate"].result is Result.PASS
    assert lines(daily("completion_rate", [0.9]), elapsed=10)["completion_rate"].result is Result.NOT_ENOUGH


def test_nothing_imported_is_not_enough_data_and_says_what_is_missing() -> None:
    for line in lines().values():
        assert line.result in (None, Result.NOT_ENOUGH)
        assert line.value is None
        assert "was imported" in line.missing[0]
    begun = lines(elapsed=0)["content"]
    assert (begun.result, begun.missing) == (Result.RUNNING, ("no day is over yet",))


STABLE = {
    "trial": {
        "thresholds": [
            {"kpi": "conversion_rate", "at_least": "+20%", "against": "baseline"},
            {"kpi": "cpa", "at_most": "-15%", "against": "baseline"},
        ]
    }
}
COUNTS = [
    *daily("conversions", lambda number: 25),
    *daily("visits", lambda number: 1000),
    *daily("spend", lambda number: 840),
    *daily("acquisitions", lambda number: 100),
]


def test_changes_are_held_against_a_baseline_of_the_config() -> None:
    baselines = [
        {"vendor": "easyshop", "kpi": "conversion_rate", "value": "2%"},
        {"vendor": "easyshop", "kpi": "cpa", "value": 10},
        {"vendor": "rival", "kpi": "cpa", "value": 1},
    ]
    found = lines(COUNTS, **STABLE, baselines=baselines, currency="EUR")
    rate, cpa = found["conversion_rate against the baseline"], found["cpa against the baseline"]
    assert (rate.result, rate.value_words, rate.unit) == (Result.PASS, "+25 %", "change")
    assert rate.target_words == "≥ +20 %"
    assert rate.notes == ("750 conversions by 30,000 visits", "baseline: 2 %, by the config")
    assert (cpa.result, cpa.value_words, cpa.group) == (Result.PASS, "-16 %", Group.SHORT_TERM)
    # What it is by itself is shown beside.
    assert (found["cpa"].value_words, found["cpa"].result) == ("8.40 EUR", None)


def test_a_change_that_is_just_what_was_asked_for_passes() -> None:
    """3 % are 20 % more than 2.5 %; as floats they are 19.999999999999996 % more."""
    rows = [*daily("conversions", lambda number: 30), *daily("visits", lambda number: 1000)]
    told = {"vendor": "easyshop", "kpi": "conversion_rate", "value": "2.5%"}
    line = lines(rows, **STABLE, baselines=[told])["conversion_rate against the baseline"]
    assert (line.result, line.value, line.words) == (Result.PASS, 0.2, "+20 %, and ≥ +20 % was asked")


def test_changes_are_held_against_days_before() -> None:
    before = range(-60, -30)
    rows = [
        *daily("conversions", lambda number: 22, before),
        *daily("visits", lambda number: 1000, before),
    ]
    told = {"vendor": "easyshop", "kpi": "conversion_rate", "from": day(-60), "until": day(-31)}
    line = lines(COUNTS, rows, **STABLE, baselines=[told])["conversion_rate against the baseline"]
    assert (line.result, line.value) == (Result.FAIL, pytest.approx(25 / 22 - 1))
    assert line.notes[1:] == (
        "baseline: 2.2 % from 2026-08-06 to 2026-09-04",
        "baseline: 660 conversions by 30,000 visits",
    )
    assert line.evidence == tuple(
        f"landwatch kpi show --vendor easyshop --kpi conversions --kpi visits --since {since} --until {until}"
        for since, until in (("2026-10-05", "2026-11-03"), ("2026-08-06", "2026-09-04"))
    )
    assert line.sources == ("kpis.csv (SHA-256 0123456789ab)",)
    gaps = lines(COUNTS, rows[:10] + rows[30:], **STABLE, baselines=[told])
    missing = gaps["conversion_rate against the baseline"]
    assert missing.result is Result.NOT_ENOUGH
    assert missing.missing == ("baseline: values of 10 of 30 days, and 80 % are needed",)


def test_a_baseline_that_is_not_there_is_missing() -> None:
    assert lines(COUNTS, **STABLE)["cpa against the baseline"].missing == (
        "baseline: there is none: write {vendor: easyshop, kpi: cpa, value: ...} in `scorecard.baselines`",
    )


def test_a_figure_is_not_held_against_days_of_its_own() -> None:
    """A state looks back over days that may still be those of before."""
    rows = [
        *daily("conversions", lambda number: 20 if number < 15 else 25, range(-30, 30)),
        *daily("visits", lambda number: 1000, range(-30, 30)),
    ]

    def line(last: int) -> Line:
        told = {"vendor": "easyshop", "kpi": "conversion_rate", "from": day(-30), "until": day(last)}
        return lines(rows, **STABLE, baselines=[told])["conversion_rate against the baseline"]

    assert (line(-1).result, line(-1).value) == (Result.FAIL, 0.125)
    assert (line(0).result, line(0).missing) == (
        Result.NOT_ENOUGH,
        ("baseline: its days end with 2026-10-05, and those that are held against it begin with 2026-10-05",),
    )


def test_a_sum_is_not_held_against_weeks_of_its_own_either() -> None:
    written = asked("brand_searches", at_least="+10%", per="week", against="baseline")
    told = {"vendor": "easyshop", "kpi": "brand_searches", "from": day(-27), "until": day(0)}
    rows = daily("brand_searches", lambda number: 10 if number < 0 else 12, range(-28, 30))
    line = lines(rows, **written, baselines=[told])["brand_searches a week against the baseline"]
    assert line.result is Result.NOT_ENOUGH


def test_sums_by_week_are_compared_with_weeks_before() -> None:
    written = asked("brand_searches", at_least="+10%", per="week", against="baseline")
    told = {"vendor": "easyshop", "kpi": "brand_searches", "from": day(-28), "until": day(-1)}
    rows = daily("brand_searches", lambda number: 10 if number < 0 else 12, range(-28, 30))
    line = lines(rows, **written, baselines=[told])["brand_searches a week against the baseline"]
    assert (line.result, line.value) == (Result.PASS, pytest.approx(0.2))
    assert line.target_words == "≥ +10 %"


def test_a_goal_that_nobody_set_is_named() -> None:
    rows = [*daily("revenue", lambda number: 300), *daily("spend", lambda number: 100)]
    line = lines(rows, **asked("roas"))["roas"]
    assert (line.result, line.value, line.target, line.target_words) == (
        Result.NOT_ENOUGH, 3, None, "≥ your goal",
    )  # fmt: skip
    assert line.missing == ("no goal is set: write `scorecard.goals: {roas: ...}` in the config",)
    assert lines(rows, **asked("roas"), goals={"roas": 3})["roas"].result is Result.PASS
    assert lines(rows, **asked("roas"), goals={"roas": 3.01})["roas"].result is Result.FAIL
    cheap = lines(rows, **asked("spend"), goals={"spend": 3000})["spend"]
    assert (cheap.result, cheap.target_words) == (Result.PASS, "≤ 3,000.00")


def test_growth_by_month_is_held_against_its_threshold() -> None:
    rows = daily("organic_followers", [1000, 1100], (0, 29))
    line = lines(rows, **asked("organic_followers", at_least="+10%", per="month"))[
        "organic_followers a month"
    ]
    assert (line.result, line.target_words, line.unit) == (
        Result.PASS, "≥ +10 %", "growth a month",
    )  # fmt: skip


def test_every_group_is_shown_where_nothing_is_asked_too() -> None:
    found = lines(**asked("content", at_least=1))
    shown = {group: [name for name, line in found.items() if line.group is group] for group in Group}
    assert shown[Group.SHORT_TERM] == ["completion_rate", "cpa", "ctr"]
    assert shown[Group.LONG_TERM] == ["organic_rank", "brand_searches", "retention_rate"]
    assert all(found[name].result is None for name in shown[Group.LONG_TERM])


def test_each_line_leads_to_its_values() -> None:
    line = lines(COUNTS, **STABLE)["cpa"]
    assert line.evidence == (
        (
            "landwatch kpi show --vendor easyshop --kpi spend --kpi acquisitions --since 2026-10-05 "
            "--until 2026-11-03"
        ),
    )
    assert line.sources == ("kpis.csv (SHA-256 0123456789ab)",)


def test_values_from_before_their_day_was_over_are_told() -> None:
    """They may be of a part of it, and count all the same."""
    rows = daily("content", lambda number: 1)
    early = replace(SOURCE, imported_at=datetime(2026, 11, 2, 23, 30, tzinfo=UTC))
    rows[-2:] = [replace(row, source=early) for row in rows[-2:]]
    assert lines(rows)["content"].notes == ("2 values were imported before the day was over",)
    assert lines(rows, elapsed=29)["content"].notes == ("1 value was imported before the day was over",)
    assert History.of(rows, "Europe/Berlin").early("easyshop", ("content",), trial()) == 1


@given(
    amounts=st.lists(st.integers(0, 4), min_size=30, max_size=30),
    known=st.integers(0, 30),
    target=st.integers(1, 60),
)
def test_a_result_about_a_count_is_never_taken_back_by_days_to_come(
    amounts: list[int], known: int, target: int
) -> None:
    """Whatever passes or fails while some days are known comes out the same when all are."""
    written = asked("content", at_least=target)
    early = lines(daily("content", amounts[:known]), elapsed=known, **written)["content"].result
    whole = lines(daily("content", amounts), **written)["content"].result
    assert whole is (Result.PASS if sum(amounts) >= target else Result.FAIL)
    if early in (Result.PASS, Result.FAIL):
        assert early is whole


@given(
    st.lists(st.integers(1, 99), min_size=30, max_size=30),
    st.lists(st.integers(1, 1000), min_size=30, max_size=30),
)
def test_daily_rates_never_pass_or_fail_otherwise_than_the_counts_do(
    percents: list[int], starts: list[int]
) -> None:
    rates = lines(daily("completion_rate", [each / 100 for each in percents]))["completion_rate"].result
    completions = [each * number / 100 for each, number in zip(percents, starts, strict=True)]
    counts = lines(daily("completions", completions), daily("starts", starts))["completion_rate"]
    if rates in (Result.PASS, Result.FAIL) and abs((counts.value or 0) - 0.45) > 1e-9:
        assert rates is counts.result


def test_a_change_against_days_of_which_one_had_nothing_has_no_upper_end() -> None:
    before = range(-30, 0)
    rows = daily("conversion_rate", lambda number: 0 if number == -1 else 0.02, before)
    now = daily("conversion_rate", lambda number: 0.021)
    told = {"vendor": "easyshop", "kpi": "conversion_rate", "from": day(-30), "until": day(-1)}
    line = lines(rows, now, **STABLE, baselines=[told])["conversion_rate against the baseline"]
    assert (line.result, line.missing) == (
        Result.NOT_ENOUGH,
        ("of daily rates, one of them 0, it is only known that the figure is at least +5 %",),
    )
