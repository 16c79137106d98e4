from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from monitor.config.objectives import INDICATORS, IndicatorName, Objective, Unit, default_objectives


def objective(**fields: Any) -> Objective:
    return Objective.model_validate({"name": "o", **fields})


def test_the_words_of_the_config_are_the_indicators() -> None:
    assert get_args(IndicatorName) == tuple(INDICATORS)


def test_the_defaults_are_those_of_the_design() -> None:
    assert [
        (one.name, one.indicator, one.aggregate, one.target, one.window) for one in default_objectives()
    ] == [
        ("ttfb", "ttfb", "mean", 0.3, 2_592_000),
        ("availability", "availability", "share", 0.9999, 2_592_000),
        ("first-screen", "first_screen", "p75", 2.5, 2_592_000),
        ("routing", "recovery", "max", 3.0, 2_592_000),
    ]


@pytest.mark.parametrize(
    ("fields", "target", "unit", "good", "bad", "shown"),
    [
        ({"indicator": "ttfb", "at_most": "300ms"}, 0.3, Unit.SECONDS, 0.3, 0.31, "300ms"),
        ({"indicator": "availability", "at_least": "99.9%"}, 0.999, Unit.SHARE, 0.999, 0.998, "99.9%"),
        ({"indicator": "cls", "at_most": 0.1}, 0.1, Unit.NUMBER, 0.05, 0.2, "0.1"),
        ({"indicator": "tls_expiry_days", "at_least": 14}, 14, Unit.NUMBER, 15, 13.9, "14"),
        ({"indicator": "tls_grade", "at_least": "A"}, 4, Unit.GRADE, 5, 3, "A"),
    ],
)
def test_a_target_is_read_in_its_indicators_unit(
    fields: dict[str, Any], target: float, unit: Unit, good: float, bad: float, shown: str
) -> None:
    one = objective(**fields)
    assert (one.target, one.unit) == (target, unit)
    assert one.met_by(good)
    assert not one.met_by(bad)
    assert one.show(one.target) == shown


@pytest.mark.parametrize("indicator", INDICATORS)
def test_every_indicator_has_an_aggregate_that_it_takes(indicator: str) -> None:
    kind = INDICATORS[indicator]
    key = "at_most" if kind.lower_is_better else "at_least"
    written = {Unit.SECONDS: "1s", Unit.SHARE: "50%", Unit.NUMBER: 3, Unit.GRADE: "A+"}[kind.unit]
    usual = objective(indicator=indicator, **{key: written})
    named = objective(indicator=indicator, aggregate=kind.aggregate, **{key: written})
    assert usual == named


@pytest.mark.parametrize("written", [True, "1", None])
def test_a_number_is_no_text_and_no_truth(written: object) -> None:
    with pytest.raises(ValidationError):
        objective(indicator="cls", at_most=written)
