"""Objectives: promises with a number, as the config states them."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictStr, WithJsonSchema, model_validator

from monitor.config.accounting import (
    MONTH,
    PRESETS,
    Hours,
    PresetName,
    QuorumField,
    SliceField,
    WindowField,
    format_window,
)
from monitor.config.fields import LabelName, Name
from monitor.config.moments import Day, Zone
from monitor.sla.indicators import GRADES, INDICATORS, Aggregate, IndicatorName, Unit
from monitor.sla.promise import COVERAGE, Accounting, By, Promise, Selector
from monitor.sla.proof import CONFIDENCE
from monitor.sla.windows import STAGES, Month, Rolling, Stage, Window
from probes.units import Ratio, format_duration, format_ratio, parse_duration, parse_ratio

__all__ = ["GRADES", "INDICATORS", "Aggregate", "IndicatorName", "Objective", "Unit", "default_objectives"]

_Target = Annotated[
    Any,
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "number"}], "examples": ["300ms", "99.99%", "A"]},
    ),
]


_COUNTING = ("preset", "by", "quorum", "slice", "consecutive")


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
    window: WindowField = 30 * 86_400.0
    """The time over which the promise is judged: the last so much, the calendar month, or a stage."""
    since: Day | None = None
    """The date on which a stage begins."""
    time_zone: Zone = "UTC"
    """The time zone of months, stages and hours of service."""
    vendors: list[Name] = Field(default_factory=list, examples=[["easyshop"]])
    """Whose promise it is; that of every vendor where none is named."""
    pages: list[Name] = Field(default_factory=list, examples=[["spring-sale"]])
    """Which pages it is about; all where none is named."""
    regions: list[Name] = Field(default_factory=list, examples=[["eu-west"]])
    """From which regions pages are looked at; from all where none is named."""
    labels: dict[LabelName, Name] = Field(default_factory=dict, examples=[{"campaign": "spring"}])
    """The labels that a page must have for the promise to be about it."""
    probe: StrictStr | None = None
    """The kind of probe whose samples count; each indicator has its own default."""
    preset: PresetName | None = None
    """How availability is counted, as contracts commonly have it."""
    by: Literal["time", "regions", "requests"] | None = None
    """What availability is counted in."""
    quorum: QuorumField | None = None
    """How many of the regions that measured a slice must have seen the page down for it to be bad."""
    slice: SliceField | None = None
    """The length of the slices that were agreed on."""
    consecutive: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    """How many bad slices must follow each other to count."""
    maintenance: Literal["excluded", "counted"] = "excluded"
    """Whether maintenance that was declared before it began is left out."""
    hours: Hours | None = None
    """The hours of service; outside of them nothing counts."""
    coverage: Ratio = COVERAGE
    """The share of the window that must have been measured for the promise to be called kept."""
    confidence: Annotated[Ratio, Field(ge=0.5, le=0.9999)] = CONFIDENCE
    """How sure a verdict must be."""

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
        if kind.unit is Unit.GRADE and self.aggregate not in (None, "min", "max"):
            raise ValueError(f"grades have no aggregate `{self.aggregate}`: write `min` or `max`")
        if self.indicator == "recovery" and self.aggregate not in (None, "max"):
            raise ValueError("recovery is judged by its longest: write `aggregate: max` or leave it out")
        self.__dict__[right] = _number(kind.unit, getattr(self, right), right)
        self.__dict__["aggregate"] = self.aggregate or kind.aggregate
        return self

    @model_validator(mode="after")
    def _has_a_window(self) -> Self:
        """A stage has a beginning, and nothing else has one."""
        if self.window in STAGES and self.since is None:
            raise ValueError(f"the stage `{self.window}` has a beginning: write `since: 2026-10-05`")
        if self.window not in STAGES and self.since is not None:
            raise ValueError(f"`since` is the beginning of a stage: write `window: {next(iter(STAGES))}` too")
        return self

    @model_validator(mode="after")
    def _counts_availability(self) -> Self:
        """What says how availability is counted stands beside nothing else, and fits together."""
        written = [key for key in _COUNTING if getattr(self, key) is not None]
        if self.indicator != "availability" and written:
            raise ValueError(
                f"`{written[0]}` says how availability is counted, and this is {self.indicator}: leave it out"
            )
        by = self.accounting.by
        if self.quorum is not None and by is not By.TIME:
            raise ValueError(f"a quorum decides over time, and this is by {by}: leave `quorum` out")
        if self.consecutive is not None and by is By.REQUESTS:
            raise ValueError("slices follow each other in time: leave `consecutive` out, or write `by: time`")
        return self

    @cached_property
    def accounting(self) -> Accounting:
        """How the objective is counted, the preset's ways where nothing else is said."""
        preset = PRESETS[self.preset or "quorum-time"]
        return Accounting(
            by=preset.by if self.by is None else By(self.by),
            quorum=preset.quorum if self.quorum is None else self.quorum,
            length=preset.length if self.slice is None else self.slice,
            consecutive=preset.consecutive if self.consecutive is None else self.consecutive,
            maintenance_excluded=self.maintenance == "excluded",
            hours=self.hours.of(self.time_zone) if self.hours else None,
            coverage=self.coverage,
            confidence=self.confidence,
        )

    @cached_property
    def promise(self) -> Promise:
        """The objective as the judge sees it."""
        return Promise(
            name=self.name,
            indicator=self.indicator,
            aggregate=self.aggregate or INDICATORS[self.indicator].aggregate,
            target=self.target,
            window=self._window,
            accounting=self.accounting,
            selector=Selector(tuple(self.vendors), tuple(self.pages), tuple(self.regions), dict(self.labels)),
            probe=self.probe or "",
        )

    @property
    def _window(self) -> Window:
        if isinstance(self.window, float):
            return Rolling(self.window)
        if self.window == MONTH or self.since is None:
            return Month(self.time_zone)
        return Stage(self.since, STAGES[self.window], self.time_zone)

    @property
    def window_words(self) -> str:
        """The window in words."""
        if isinstance(self.window, float):
            return format_window(self.window)
        if self.window == MONTH:
            return "the calendar month"
        return f"the {STAGES[self.window]} days of the stage {self.window} from {self.since} on"

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
