from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.objectives import Objective
from monitor.report.words import bounds, covered, figure, finding_words, made_of, number, promised
from monitor.sla.verdict import Finding, Verdict
from monitor.sla.windows import Span

TTFB = Objective(name="ttfb", indicator="ttfb", at_most="300ms")
UP = Objective(name="availability", indicator="availability", at_least="99.99%")
SHIFT = Objective(name="stable", indicator="cls", at_most=0.1)
GRADE = Objective(name="encryption", indicator="tls_grade", at_least="A")
ROUTING = Objective(name="routing", indicator="recovery", at_most="3s")


@pytest.mark.parametrize(
    ("objective", "value", "words"),
    [
        (TTFB, None, "-"),
        (TTFB, 0.2124, "212 ms"),
        (TTFB, 0.0213, "21.3 ms"),
        (TTFB, 0.3, "300 ms"),
        (TTFB, 0.30004, "300.04 ms"),
        (TTFB, 12.345, "12.3 s"),
        (TTFB, 125.0, "2.08 min"),
        (TTFB, 7300.0, "2.03 h"),
        (TTFB, 0.0, "0 ms"),
        (UP, 1.0, "100 %"),
        (UP, 0.999999, "99.9999 %"),
        (UP, 0.99989999, "99.9899 %"),
        (UP, 0.9999, "99.99 %"),
        (UP, 0.25678, "25.67 %"),
        (SHIFT, 0.10004, "0.10004"),
        (SHIFT, 0.0123, "0.0123"),
        (GRADE, 5.0, "A+"),
    ],
)
def test_a_figure_has_as_many_digits_as_its_target_asks_for(
    objective: Objective, value: float | None, words: str
) -> None:
    assert figure(objective, value) == words


@given(st.floats(0.0, 30.0))
def test_a_time_is_never_shown_on_the_other_side_of_its_target(value: float) -> None:
    amount, unit = figure(TTFB, value).split()
    shown = float(amount.replace(",", "")) * {"ms": 0.001, "s": 1.0}[unit]
    assert shown == pytest.approx(value, rel=0.01, abs=1e-9)
    if abs(value - 0.3) > 1e-7:
        assert TTFB.met_by(shown) == TTFB.met_by(value)


@given(st.floats(0.9, 1.0))
def test_a_share_is_cut_and_not_rounded(value: float) -> None:
    shown = float(figure(UP, value).split()[0]) / 100
    assert shown <= value + 1e-9
    assert shown == pytest.approx(value, abs=1e-5)
    if abs(value - 0.9999) > 1e-8:
        assert UP.met_by(shown) == UP.met_by(value)


def test_verdicts_need_no_colour() -> None:
    assert [finding_words(each) for each in Finding] == ["✔ met", "✘ breached", "? unproven"]


def test_coverage_is_cut() -> None:
    shares = {1.0: "100 %", 0.98999: "98.99 %", 0.99: "99 %", 0.00009: "< 0.01 %", 0.0: "0 %"}
    assert {share: covered(share) for share in shares} == shares


def test_numbers_have_three_digits() -> None:
    assert [number(each) for each in (0.0, 1.234567, 166.6, -16_566.7)] == ["0", "1.23", "167", "-16,567"]


def verdict(objective: Objective, **fields: Any) -> Verdict:
    return Verdict(objective.promise, "easyshop", "sale", Span(0, 60, 60), **fields)


def test_bounds_may_have_one_side() -> None:
    assert bounds(TTFB, verdict(TTFB)) is None
    assert bounds(TTFB, verdict(TTFB, lower=0.1, upper=0.2)) == "100 ms to 200 ms"
    assert bounds(ROUTING, verdict(ROUTING, lower=4.0)) == "at least 4 s"
    assert bounds(ROUTING, verdict(ROUTING, upper=4.0)) == "at most 4 s"


@pytest.mark.parametrize(
    ("objective", "fields", "words"),
    [
        (TTFB, {"count": 1}, "1 sample"),
        (TTFB, {"count": 1200, "bad": 3}, "1,200 samples, 3 bad"),
        (UP, {"count": 240, "bad": 0.5}, "240 looks, 0.5 bad"),
        (ROUTING, {"count": 1, "bad": 1}, "1 outage, 1 bad"),
    ],
)
def test_a_figure_says_what_it_is_made_of(objective: Objective, fields: Any, words: str) -> None:
    assert made_of(verdict(objective, **fields)) == words


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (TTFB, "mean ≤ 300ms"),
        (Objective(name="fast", indicator="ttfb", aggregate="p95", at_most="500ms"), "ttfb p95 ≤ 500ms"),
        (UP, "by time ≥ 99.99%"),
        (ROUTING, "recovery ≤ 3s"),
        (GRADE, "tls grade min ≥ A"),
    ],
)
def test_a_promise_is_said_in_words(objective: Objective, words: str) -> None:
    assert promised(objective, objective.promise) == words
