"""Figures of a scorecard in words: rounded, but never onto the other side of their target."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType

from monitor.config.kpis import Kpi, KpiUnit
from monitor.config.scorecard import Threshold
from monitor.scorecard.amounts import trimmed
from monitor.scorecard.scorecard import Result
from monitor.sla.verdict import Finding

CHANGE = "change"
GROWTH = "growth a month"
_LEAST = "\N{GREATER-THAN OR EQUAL TO}"
_MOST = "\N{LESS-THAN OR EQUAL TO}"
_DIGITS = 4
_MOST_DIGITS = 15
_CENTS = 2
"""Places behind the point, of money."""

RESULT_GLYPHS = MappingProxyType(
    {Result.PASS: "✔", Result.FAIL: "✘", Result.NOT_ENOUGH: "?", Result.RUNNING: "…"}
)
"""A sign for each result, so that it needs no colour."""
RESULT_STYLES = MappingProxyType(
    {
        Result.PASS: "bold green",
        Result.FAIL: "bold red",
        Result.NOT_ENOUGH: "bold yellow",
        Result.RUNNING: "bold cyan",
    }
)
"""The colour of each result on a terminal."""
FINDINGS = MappingProxyType(
    {
        Result.PASS: Finding.MET,
        Result.FAIL: Finding.BREACHED,
        Result.NOT_ENOUGH: Finding.UNPROVEN,
        Result.RUNNING: Finding.UNPROVEN,
    }
)
"""What each result counts as beside verdicts."""


def result_words(result: Result | None) -> str:
    """A result with its sign; a dash where nothing is asked."""
    return "-" if result is None else f"{RESULT_GLYPHS[result]} {result.value}"


def unit_of(kpi: Kpi, threshold: Threshold | None) -> str:
    """What the figure of a line is in."""
    if threshold is not None and threshold.against is not None:
        return CHANGE
    if threshold is not None and threshold.per == "month":
        return GROWTH
    return kpi.unit


def show(
    value: float | None, unit: str, currency: str | None = None, met: Callable[[float], bool] | None = None
) -> str:
    """A figure in its unit, with as many digits as it takes to be on the side of its target that it is on."""
    if value is None:
        return "-"
    percents = unit in (KpiUnit.SHARE, CHANGE, GROWTH)
    exact = Decimal(repr(value)) * 100 if percents else Decimal(repr(value))
    places = _CENTS if unit == KpiUnit.MONEY else max(0, _DIGITS - max(1, exact.adjusted() + 1))
    for more in range(_MOST_DIGITS - _DIGITS):
        rounded = exact.quantize(Decimal(1).scaleb(-places - more), ROUND_HALF_EVEN)
        if met is None or met(float(rounded / 100 if percents else rounded)) == met(value):
            break
    if unit != KpiUnit.MONEY:
        rounded = trimmed(rounded)
    text = f"{rounded:+,f}" if unit in (CHANGE, GROWTH) else f"{rounded:,f}"
    if percents:
        return f"{text} %"
    return f"{text} {currency}" if unit == KpiUnit.MONEY and currency else text


def target_words(kpi: Kpi, threshold: Threshold, currency: str | None) -> str:
    """What is asked of a KPI; by week, by month or against what, the name of the line says."""
    if threshold.target is None:
        return f"{_MOST if kpi.lower_is_better else _LEAST} your goal"
    sign = _LEAST if threshold.at_most is None else _MOST
    return f"{sign} {show(threshold.target, unit_of(kpi, threshold), currency)}"
