"""The scorecard of an acceptance, as the config states it: thresholds of each stage, baselines and goals."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator

from monitor.config.fields import Name
from monitor.config.kpis import Aim, Kpi, KpiName, registry
from monitor.config.moments import Day, Zone
from probes.units import Ratio

ACCEPTANCE = ("trial", "stable", "scale")
"""The stages that have a beginning and an end."""
STEADY = ("pilot", "steady")
"""The states that last; they are looked at over their last weeks."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Threshold(_Part):
    """What a KPI must reach in a stage.

    ``at_least`` and ``at_most`` hold the number: in the KPI's unit, a share from 0 to 1, or a change where 0
    is none.
    """

    kpi: Annotated[KpiName, Field(examples=["completion_rate"])]
    """The KPI."""
    at_least: Aim = None
    """The target, where higher is better."""
    at_most: Aim = None
    """The target, where lower is better."""
    per: Literal["week", "month"] | None = None
    """A sum for each week; or the growth for each month of 30 days, of what is known as it stands."""
    against: Literal["baseline"] | None = None
    """Whether the target is a change against the baseline."""

    @model_validator(mode="after")
    def _has_one_side(self) -> Self:
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("a threshold has one side: leave one of `at_least` and `at_most`")
        if self.per == "month" and self.against is not None:
            raise ValueError("growth by month needs no baseline: leave out `against`, or `per`")
        if self.target is None and (self.per == "month" or self.against is not None):
            raise ValueError("a goal is no change: write `at_least` or `at_most`")
        return self

    @property
    def target(self) -> float | None:
        """The number; ``None`` where it is the user's to set."""
        target: float | None = self.at_most if self.at_least is None else self.at_least
        return target


class Stage(_Part):
    """A stage of an acceptance."""

    since: Day | None = None
    """The date on which it begins; that of the objectives of the stage where nothing is said."""
    objectives: list[Name] | None = Field(None, examples=[["ttfb"]])
    """Which objectives must be met; all that are judged in the stage where nothing is said."""
    thresholds: list[Threshold] | None = Field(None, examples=[[{"kpi": "content", "at_least": 30}]])
    """What KPIs must reach. A list of your own takes the place of the default one."""


class Steady(_Part):
    """A state that lasts."""

    days: Annotated[int, Field(ge=7, le=364, multiple_of=7, strict=True)] = 28
    """How many of the last days are looked at: whole weeks."""
    objectives: list[Name] | None = Field(None, examples=[["ttfb"]])
    """Which objectives must be met, each over its own window; all but those of stages by default."""
    thresholds: list[Threshold] | None = Field(None, examples=[[{"kpi": "content", "at_least": 20}]])
    """What KPIs must reach. A list of your own takes the place of the default one."""


class Baseline(_Part):
    """What a KPI of a vendor was before: a figure, or the days from which it is made."""

    vendor: Name
    """Whose KPI."""
    kpi: Annotated[KpiName, Field(examples=["conversion_rate"])]
    """The KPI."""
    value: Aim = None
    """What it was, in the KPI's unit."""
    since: Annotated[Day | None, Field(alias="from")] = None
    """The first of the days from whose imported values it is made."""
    until: Day | None = None
    """The last of them."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        spanned = self.since is not None and self.until is not None
        if (self.value is None) != spanned or (self.value is not None and (self.since or self.until)):
            raise ValueError("a baseline is a `value`, or the days `from` and `until`: write one of the two")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("a baseline's days end after they begin: write a later `until`")
        if self.value is not None and self.value <= 0:
            raise ValueError("nothing can be held against a baseline of 0 or less: write what it was")
        return self


def _thresholds(*written: dict[str, Any]) -> tuple[Threshold, ...]:
    return tuple(Threshold.model_validate(one) for one in written)


def _state(output: int, completion: str, engagement: str, conversion: str) -> tuple[Threshold, ...]:
    return _thresholds(
        {"kpi": "content", "at_least": output, "per": "week"},
        {"kpi": "completion_rate", "at_least": completion},
        {"kpi": "engagement_rate", "at_least": engagement},
        {"kpi": "landing_conversion_rate", "at_least": conversion, "against": "baseline"},
    )


THRESHOLDS: Mapping[str, tuple[Threshold, ...]] = MappingProxyType(
    {
        "trial": _thresholds(
            {"kpi": "content", "at_least": 30},
            {"kpi": "completion_rate", "at_least": "45%"},
            {"kpi": "engagement_rate", "at_least": "3%"},
        ),
        "stable": _thresholds(
            {"kpi": "conversion_rate", "at_least": "+20%", "against": "baseline"},
            {"kpi": "cpa", "at_most": "-15%", "against": "baseline"},
        ),
        "scale": _thresholds(
            {"kpi": "organic_followers", "at_least": "+10%", "per": "month"},
            {"kpi": "roas"},
        ),
        "pilot": _state(8, "45%", "3%", "+10%"),
        "steady": _state(20, "60%", "5%", "+25%"),
    }
)
"""What is asked for in each stage where a config says nothing else."""


class ScorecardSettings(_Part):
    """Thresholds, baselines and goals of an acceptance, and KPIs of one's own."""

    time_zone: Zone = "UTC"
    """The time zone in which days begin and end."""
    coverage: Annotated[Ratio, Field(gt=0)] = 0.8
    """The share of the days that a figure must be made of, to pass or fail by it."""
    daily_rates: Literal["bounds", "mean"] = "bounds"
    """How a rate is judged of which only daily rates are known."""
    currency: Annotated[StrictStr, Field(pattern="^[A-Z]{3}$", examples=["EUR"])] | None = None
    """The currency of all money, such as EUR."""
    kpis: list[Kpi] = Field(default_factory=list, examples=[[{"name": "signups"}]])
    """KPIs of your own."""
    goals: dict[KpiName, Aim] = Field(default_factory=dict, examples=[{"roas": 3}])
    """Targets for thresholds that have none, by their KPI."""
    baselines: list[Baseline] = Field(
        default_factory=list,
        examples=[[{"vendor": "easyshop", "kpi": "conversion_rate", "value": "2.1%"}]],
    )
    """What KPIs were before."""
    trial: Stage = Field(default_factory=Stage, examples=[{"since": "2026-10-05"}])
    """The stage of 30 days."""
    stable: Stage = Field(default_factory=Stage, examples=[{"since": "2026-11-04"}])
    """The stage of 90 days."""
    scale: Stage = Field(default_factory=Stage, examples=[{"since": "2027-02-02"}])
    """The stage of 180 days."""
    pilot: Steady = Field(default_factory=Steady, examples=[{"days": 28}])
    """The steady state of a pilot."""
    steady: Steady = Field(default_factory=Steady, examples=[{"days": 28}])
    """The steady state that follows."""

    def stage(self, name: str) -> Stage | Steady:
        """The stage, or state, of this name."""
        found: Stage | Steady = getattr(self, name)
        return found

    def thresholds(self, name: str) -> list[Threshold]:
        """What a stage asks of KPIs; a target that is missing is that of the goals."""
        written = self.stage(name).thresholds
        return [self._aimed(one) for one in (THRESHOLDS[name] if written is None else written)]

    def _aimed(self, threshold: Threshold) -> Threshold:
        goal = self.goals.get(threshold.kpi)
        if threshold.target is not None or goal is None:
            return threshold
        lower = self.registry[threshold.kpi].lower_is_better
        return threshold.model_copy(update={"at_most" if lower else "at_least": goal})

    @property
    def registry(self) -> dict[str, Kpi]:
        """All KPIs by name."""
        return registry(self.kpis)

    def baseline(self, vendor: str, kpi: str) -> Baseline | None:
        """What was told of a KPI's past."""
        matching = (one for one in self.baselines if (one.vendor, one.kpi) == (vendor, kpi))
        return next(matching, None)
