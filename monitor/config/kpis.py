"""KPIs: figures of the business that are imported and not measured; those that are known, and one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, WithJsonSchema, model_validator

from monitor.config.fields import LONGEST_NAME

KPI_PATTERN = r"^[a-z][a-z0-9_]*$"
KpiName = Annotated[StrictStr, Field(pattern=KPI_PATTERN, max_length=LONGEST_NAME, examples=["content"])]
"""The name of a KPI: small letters, digits and underscores."""


class KpiUnit(StrEnum):
    """What a KPI is counted in; a figure in another unit would be a wrong figure."""

    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"
    RATIO = "ratio"


class Combine(StrEnum):
    """How the days of a KPI become one figure."""

    SUM = "sum"  # what is counted day by day
    RATE = "rate"  # one sum by another; without them, daily rates
    MEAN = "mean"  # what stands anew each day, such as a rank
    LAST = "last"  # what grows and is known as it stands, such as followers


class Group(StrEnum):
    """Where a line of a scorecard stands."""

    MEASURED = "measured"  # what landwatch measures by itself
    SHORT_TERM = "short-term"
    LONG_TERM = "long-term"
    BUSINESS = "business"


class Kpi(BaseModel):
    """A KPI, and how its days become one figure."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: KpiName
    """What it is called in files and tables; none of those that are known already."""
    unit: KpiUnit = KpiUnit.NUMBER
    """What it is counted in."""
    better: Literal["higher", "lower"] = "higher"
    """Whether more is better, or less."""
    combine: Combine = Combine.SUM
    """How its days become one figure."""
    numerator: KpiName | None = None
    """The KPI of which a rate is the sum, divided by that of `denominator`."""
    denominator: KpiName | None = None
    """What a rate is a rate of."""
    group: Literal["short-term", "long-term", "business"] = "business"
    """Where a scorecard shows it; those of the first two are shown without a threshold too."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.combine == Combine.RATE) != (self.numerator is not None and self.denominator is not None):
            raise ValueError("a rate, and nothing else, has `numerator` and `denominator`: write all three")
        if self.combine == Combine.SUM and self.unit in (KpiUnit.SHARE, KpiUnit.RATIO):
            raise ValueError(f"a {self.unit} can't be summed up: write `combine: rate`, or `mean`")
        return self

    @property
    def lower_is_better(self) -> bool:
        """Whether less of it is better."""
        return self.better == "lower"


def _rate(name: str, numerator: str, denominator: str, **others: Any) -> Kpi:
    settings: dict[str, Any] = {"unit": "share", "combine": "rate", **others}
    return Kpi(name=name, numerator=numerator, denominator=denominator, **settings)


KPIS: Mapping[str, Kpi] = MappingProxyType(
    {
        one.name: one
        for one in (
            Kpi(name="content"),
            _rate("completion_rate", "completions", "starts", group="short-term"),
            _rate("engagement_rate", "engagements", "impressions"),
            _rate("conversion_rate", "conversions", "visits"),
            _rate("landing_conversion_rate", "landing_conversions", "landing_visits"),
            _rate("cpa", "spend", "acquisitions", unit="money", better="lower", group="short-term"),
            _rate("ctr", "clicks", "impressions", group="short-term"),
            _rate("roas", "revenue", "spend", unit="ratio"),
            Kpi(name="organic_followers", combine="last"),
            Kpi(name="organic_rank", better="lower", combine="mean", group="long-term"),
            Kpi(name="brand_searches", group="long-term"),
            _rate("retention_rate", "retained", "cohort", group="long-term"),
            Kpi(name="completions"),
            Kpi(name="starts"),
            Kpi(name="engagements"),
            Kpi(name="impressions"),
            Kpi(name="conversions"),
            Kpi(name="visits"),
            Kpi(name="landing_conversions"),
            Kpi(name="landing_visits"),
            Kpi(name="acquisitions"),
            Kpi(name="spend", unit="money", better="lower"),
            Kpi(name="clicks"),
            Kpi(name="revenue", unit="money"),
            Kpi(name="retained"),
            Kpi(name="cohort"),
        )
    }
)
"""The KPIs that are known without being told, in the order in which they are listed."""


def registry(own: Iterable[Kpi] = ()) -> dict[str, Kpi]:
    """All KPIs by name: those that are known, and one's own."""
    return dict(KPIS) | {one.name: one for one in own}


_PERCENT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?) ?%", re.ASCII)


def parse_aim(written: Any) -> float:
    """The number in a target: ``30``, ``45%`` (0.45), or a change such as ``-15%`` (-0.15).

    Raises:
        ValueError: it is none.
    """
    if isinstance(written, int | float) and not isinstance(written, bool):
        return float(written)
    match = _PERCENT.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError(f"{written!r} is no target: write a number such as 30, or a share such as 45%")
    # By way of the decimal, so that 45% is 0.45 and nothing beside it.
    digits, _, fraction = match[1].partition(".")
    return float(f"{digits}{fraction}e-{2 + len(fraction)}")


def has_percent(written: Any) -> bool:
    """Whether a target is written with ``%``."""
    return isinstance(written, str) and written.endswith("%")


Aim = Annotated[
    Any,
    BeforeValidator(parse_aim),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "number"}], "examples": ["45%", 30]},
    ),
]
"""A target: ``30``, ``45%`` or ``-15%`` in the config, a number in the program."""
