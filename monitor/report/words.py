"""Figures of a report in words: rounded, but never onto the other side of their target."""

from __future__ import annotations

from types import MappingProxyType

from monitor.config.objectives import Objective
from monitor.sla.indicators import GRADES, Unit
from monitor.sla.verdict import Finding

FINDING_STYLES = MappingProxyType(
    {Finding.MET: "bold green", Finding.BREACHED: "bold red", Finding.UNPROVEN: "bold yellow"}
)
"""The colour of each verdict."""
_GLYPHS = MappingProxyType({Finding.MET: "✔", Finding.BREACHED: "✘", Finding.UNPROVEN: "?"})
_MOST_DIGITS = 9


def finding_words(finding: Finding) -> str:
    """A verdict with a sign of its own, so that it needs no colour."""
    return f"{_GLYPHS[finding]} {finding.value}"


def figure(objective: Objective, value: float | None) -> str:
    """A figure of an objective's indicator; a dash where there is none.

    It has as many digits as it takes to be on the same side of the target as the figure itself.
    """
    if value is None:
        return "-"
    digits = 3
    while digits < _MOST_DIGITS:
        text, rounded = _rounded(objective.unit, value, digits)
        if objective.met_by(rounded) == objective.met_by(value):
            return text
        digits += 1
    return _rounded(objective.unit, value, digits)[0]


def _rounded(unit: Unit, value: float, digits: int) -> tuple[str, float]:
    """A figure with so many digits, and what it reads as."""
    if unit is Unit.GRADE:
        return GRADES[int(value)], float(int(value))
    if unit is Unit.SHARE:
        return _share(value, digits)
    if unit is Unit.SECONDS:
        return _time(value, digits)
    text = f"{value:.{digits}g}"
    return text, float(text)


def _share(value: float, digits: int) -> tuple[str, float]:
    """A share is cut and not rounded, so that 100 % is only what never failed."""
    places = digits - 1 if value < 0.9 else digits + 1
    scale = 10.0**places
    percent = int(value * 100 * scale + 1e-6) / scale
    return f"{percent:.10g} %", percent / 100


def _time(value: float, digits: int) -> tuple[str, float]:
    for unit, length in (("ms", 0.001), ("s", 1.0), ("min", 60.0), ("h", 3600.0)):
        amount = float(f"{value / length:.{digits}g}")
        if unit == "h" or abs(amount) < _ENOUGH[unit]:
            break
    whole = f"{amount:,.0f}" if amount >= 10 ** (digits - 1) else f"{amount:.{digits}g}"
    return f"{whole} {unit}", amount * length


_ENOUGH = MappingProxyType({"ms": 1000.0, "s": 120.0, "min": 120.0})
