"""Objectives: promises with a number, as the config states them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from monitor.config.fields import Name
from probes.encryption.grades import GRADES
from probes.units import Seconds, format_duration, format_ratio, parse_duration, parse_ratio

Aggregate = Literal["mean", "pooled", "p50", "p75", "p90", "p95", "p99", "min", "max", "share"]
"""How many figures become one: ``mean`` is the mean of the regions' means, ``pooled`` that of all samples."""


class Unit(StrEnum):
    """What an indicator is measured in, which decides how its target is written."""

    SECONDS = "a duration such as 300ms or 2.5s"
    SHARE = "a share such as 99.99%"
    NUMBER = "a number such as 0.1 or 14"
    GRADE = "a grade: A+, A, B, C, D or F"


@dataclass(frozen=True, slots=True)
class Indicator:
    """What can be promised: its unit, which way is better, and its usual aggregate."""

    unit: Unit
    lower_is_better: bool
    aggregate: Aggregate


INDICATORS = MappingProxyType(
    {
        "ttfb": Indicator(Unit.SECONDS, True, "mean"),
        "wait": Indicator(Unit.SECONDS, True, "mean"),
        "first_screen": Indicator(Unit.SECONDS, True, "p75"),
        "lcp": Indicator(Unit.SECONDS, True, "p75"),
        "fcp": Indicator(Unit.SECONDS, True, "p75"),
        "cls": Indicator(Unit.NUMBER, True, "p75"),
        "tbt": Indicator(Unit.SECONDS, True, "p75"),
        "availability": Indicator(Unit.SHARE, False, "share"),
        "recovery": Indicator(Unit.SECONDS, True, "max"),
        "http3": Indicator(Unit.SHARE, False, "share"),
        "tls_grade": Indicator(Unit.GRADE, False, "min"),
        "tls_expiry_days": Indicator(Unit.NUMBER, False, "min"),
        "tracking": Indicator(Unit.SHARE, False, "share"),
    }
)
"""Every indicator by name."""

IndicatorName = Literal[
    "ttfb",
    "wait",
    "first_screen",
    "lcp",
    "fcp",
    "cls",
    "tbt",
    "availability",
    "recovery",
    "http3",
    "tls_grade",
    "tls_expiry_days",
    "tracking",
]

_Target = Annotated[
    Any,
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "number"}], "examples": ["300ms", "99.99%", "A"]},
    ),
]


class Objective(BaseModel):
    """A promise with a number: an indicator's aggregate over a window, and its target.

    ``at_most`` and ``at_least`` hold the number in the indicator's unit: seconds, a share from 0 to 1, a
    plain number, or the place of a grade in :data:`GRADES`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Name
    """What the objective is called in tables and metrics."""
    indicator: IndicatorName
    """What is measured."""
    aggregate: Aggregate | None = None
    """How the window's figures become one; each indicator has its own default."""
    at_most: _Target = None
    """The target, where lower is better."""
    at_least: _Target = None
    """The target, where higher is better."""
    window: Annotated[Seconds, Field(ge=60)] = 30 * 86_400.0
    """The time over which the promise is judged, up to now."""

    @model_validator(mode="after")
    def _fit(self) -> Self:
        """Give the target its number and the aggregate its default, where indicator and target fit."""
        kind = INDICATORS[self.indicator]
        right, wrong = ("at_most", "at_least") if kind.lower_is_better else ("at_least", "at_most")
        better = "the lower" if kind.lower_is_better else "the higher"
        if getattr(self, wrong) is not None:
            raise ValueError(f"{self.indicator} is better {better}: write `{right}` for `{wrong}`")
        if getattr(self, right) is None:
            raise ValueError(f"an objective has a target: write `{right}`, {kind.unit}")
        if (self.aggregate == "share") != (kind.unit is Unit.SHARE) and self.aggregate is not None:
            raise ValueError(
                f"{self.indicator} has no aggregate `{self.aggregate}`: write `{kind.aggregate}`"
            )
        self.__dict__[right] = _number(kind.unit, getattr(self, right), right)
        self.__dict__["aggregate"] = self.aggregate or kind.aggregate
        return self

    @property
    def target(self) -> float:
        """The number that is held against the figure."""
        target: float = self.at_most if self.at_least is None else self.at_least
        return target

    @property
    def unit(self) -> Unit:
        """What the target and the figure are measured in."""
        return INDICATORS[self.indicator].unit

    def met_by(self, value: float) -> bool:
        """Whether a figure is on the right side of the target, or on it."""
        return value <= self.target if self.at_least is None else value >= self.target

    def show(self, value: float) -> str:
        """A figure as a person reads it, in the objective's unit."""
        if self.unit is Unit.SECONDS:
            return format_duration(value)
        if self.unit is Unit.SHARE:
            return format_ratio(value)
        if self.unit is Unit.GRADE:
            return GRADES[int(value)]
        return f"{value:g}"


def default_objectives() -> tuple[Objective, ...]:
    """What is promised where a config says nothing else."""
    return (
        Objective(name="ttfb", indicator="ttfb", at_most="300ms"),
        Objective(name="availability", indicator="availability", at_least="99.99%"),
        Objective(name="first-screen", indicator="first_screen", at_most="2.5s"),
        Objective(name="routing", indicator="recovery", at_most="3s"),
    )


def _number(unit: Unit, written: Any, key: str) -> float:
    try:
        if unit is Unit.SECONDS:
            return parse_duration(written)
        if unit is Unit.SHARE:
            return parse_ratio(written)
    except ValueError as error:
        raise ValueError(f"`{key}`: {error}") from error
    if unit is Unit.GRADE and written in GRADES:
        return float(GRADES.index(written))
    if unit is Unit.NUMBER and isinstance(written, int | float) and not isinstance(written, bool):
        return float(written)
    raise ValueError(f"`{key}`: {written!r} does not fit the indicator: write {unit}")
