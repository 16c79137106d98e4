"""Figures of KPIs in words: never on another side of their target than they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import kpi, threshold

from monitor.scorecard.scorecard import Result
from monitor.scorecard.words import (
    CHANGE,
    FINDINGS,
    GROWTH,
    RESULT_GLYPHS,
    RESULT_STYLES,
    result_words,
    show,
    target_words,
    unit_of,
)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "number", "-"),
        (0.0, "number", "0"),
        (30.0, "number", "30"),
        (1234567.0, "number", "1,234,567"),
        (4.56789, "number", "4.568"),
        (0.45, "share", "45 %"),
        (0.0093, "share", "0.93 %"),
        (12.0, "money", "12.00 EUR"),
        (9.933, "money", "9.93 EUR"),
        (3.2, "ratio", "3.2"),
        (0.25, CHANGE, "+25 %"),
        (-0.15, CHANGE, "-15 %"),
        (0.1, GROWTH, "+10 %"),
        (0.0, CHANGE, "+0 %"),
        (1e20, "number", "100,000,000,000,000,000,000"),
        (1e-12, "number", "0"),
    ],
)
def test_a_figure_is_shown_in_its_unit(value: float | None, unit: str, words: str) -> None:
    assert show(value, unit, "EUR") == words


def test_money_of_no_known_currency_is_a_plain_amount() -> None:
    assert show(12.5, "money") == "12.50"


@pytest.mark.parametrize(
    ("value", "target", "unit", "words"),
    [
        (0.449999, 0.45, "share", "44.9999 %"),
        (0.4449, 0.45, "share", "44.49 %"),
        (29.99999, 30, "number", "29.99999"),
        (11.9999, 12, "money", "11.9999"),
        (0.1999996, 0.2, CHANGE, "+19.99996 %"),
    ],
)
def test_a_figure_has_the_digits_that_keep_it_on_its_side(
    value: float, target: float, unit: str, words: str
) -> None:
    assert show(value, unit, met=lambda one: one >= target) == words


@given(
    value=st.floats(0, 1e9),
    target=st.floats(0, 1e9),
    unit=st.sampled_from(["number", "share", "money", "ratio", CHANGE]),
)
def test_no_figure_reads_as_met_that_is_not(value: float, target: float, unit: str) -> None:
    """Down to a part in a million of a million, which no business sees."""
    if abs(value - target) < 1e-9 * max(1.0, target):
        return
    words = show(value, unit, met=lambda one: one >= target)
    read = float(words.removesuffix(" %").replace(",", ""))
    assert (read / (100 if words.endswith("%") else 1) >= target) == (value >= target)


@pytest.mark.parametrize(
    ("name", "written", "words", "unit"),
    [
        ("content", {"at_least": 30}, "≥ 30", "number"),
        ("content", {"at_least": 8, "per": "week"}, "≥ 8", "number"),
        ("completion_rate", {"at_least": "45%"}, "≥ 45 %", "share"),
        ("cpa", {"at_most": 12.5}, "≤ 12.50 EUR", "money"),
        ("cpa", {"at_most": "-15%", "against": "baseline"}, "≤ -15 %", CHANGE),
        ("organic_followers", {"at_least": "+10%", "per": "month"}, "≥ +10 %", GROWTH),
        ("roas", {}, "≥ your goal", "ratio"),
        ("cpa", {}, "≤ your goal", "money"),
    ],
)
def test_what_is_asked_is_told_with_its_side(
    name: str, written: dict[str, object], words: str, unit: str
) -> None:
    one = threshold(name, **written)
    assert target_words(kpi(name), one, "EUR") == words
    assert unit_of(kpi(name), one) == unit


def test_every_result_has_a_sign_of_its_own_and_counts_as_something() -> None:
    assert set(RESULT_GLYPHS) == set(RESULT_STYLES) == set(FINDINGS) == set(Result)
    assert len(set(RESULT_GLYPHS.values())) == len(Result)
    assert (result_words(None), result_words(Result.PASS)) == ("-", "✔ pass")
