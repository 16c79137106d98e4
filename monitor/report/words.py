"""Figures of a report in words: rounded, but never onto the other side of their target."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

from monitor.config.objectives import Objective
from monitor.sla.indicators import GRADES, Unit
from monitor.sla.promise import Promise
from monitor.sla.verdict import Finding, Verdict

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


def covered(share: float) -> str:
    """How much was measured, cut and not rounded."""
    if 0.0 < share < 0.0001:
        return "< 0.01 %"  # a little is not nothing
    return f"{int(share * 10_000 + 1e-9) / 100:g} %"


def number(value: float) -> str:
    """A plain number with three digits."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def bounds(objective: Objective, verdict: Verdict) -> str | None:
    """Between what the figure lies for certain; ``None`` where that is not known."""
    low, high = verdict.lower, verdict.upper
    if low is None and high is None:
        return None
    if high is None:
        return f"at least {figure(objective, low)}"
    if low is None:
        return f"at most {figure(objective, high)}"
    return f"{figure(objective, low)} to {figure(objective, high)}"


_NOUNS = MappingProxyType({"availability": ("look", "looks"), "recovery": ("outage", "outages")})


def made_of(verdict: Verdict) -> str:
    """What a figure is made of, with the bad ones where they count."""
    one, many = _NOUNS.get(verdict.promise.indicator, ("sample", "samples"))
    words = f"{verdict.count:,} {one if verdict.count == 1 else many}"
    return f"{words}, {number(verdict.bad)} bad" if verdict.bad else words


def promised(objective: Objective, promise: Promise) -> str:
    """What was promised: an aggregate of an indicator, its target, and how it is counted."""
    sign = "\N{LESS-THAN OR EQUAL TO}" if promise.lower_is_better else "\N{GREATER-THAN OR EQUAL TO}"
    parts = [] if promise.indicator == objective.name else [promise.indicator.replace("_", " ")]
    if promise.indicator == "availability":
        parts.append(f"by {promise.accounting.by}")
    elif promise.indicator != "recovery":
        parts.append(promise.aggregate)
    return " ".join([*parts, sign, objective.show(objective.target)])


def moment_words(at: datetime, *, precise: bool = False) -> str:
    """A moment in UTC, to the minute or to the millisecond."""
    words = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return words[:-3] if precise else words[:16]


def second_words(at: datetime) -> str:
    """A moment in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
