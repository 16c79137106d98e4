"""What was asked of a report, so that the same can be asked again: over which time, and about which pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from monitor.report.period import CalendarMonth, LastSeconds, OwnWindows, Period, StagePeriod, StatePeriod
from monitor.report.reading import Wanted

_LONGEST = 36_500 * 86_400.0


class Asked(BaseModel):
    """A question to the judge."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    period: Literal["own", "last", "month", "stage", "state"]
    """The windows: each promise's own, the last so many seconds, a calendar month, a stage, or a state."""
    words: Annotated[str, Field(max_length=500)]
    """The same in words."""
    until: AwareDatetime
    """The moment at which the windows are looked at."""
    seconds: Annotated[float, Field(gt=0, le=_LONGEST)] | None = None
    first: date | None = None
    """The first day of the month."""
    stage: Literal["trial", "stable", "scale"] | None = None
    since: date | None = None
    """The date on which the stage begins."""
    state: Annotated[str, Field(max_length=100)] | None = None
    """The name of a state that lasts."""
    vendor: str | None = None
    page: str | None = None
    region: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = {name for name in _GIVEN if getattr(self, name) is not None}
        if given != _NEEDS[self.period]:
            raise ValueError(f"a period {self.period!r} has not these details")
        return self

    @classmethod
    def of(cls, period: Period, wanted: Wanted) -> Self:
        """The question that a report was an answer to.

        Raises:
            ValueError: there is no such period.
        """
        known = _details(period)
        about = {name: getattr(wanted, name) for name in ("vendor", "page", "region")}
        return cls.model_validate({**known, **about, "words": period.words})

    def again(self) -> Period:
        """The period."""
        if self.seconds is not None:
            return LastSeconds(self.seconds, self.until)
        if self.first is not None:
            return CalendarMonth(self.first, self.until)
        if self.stage is not None and self.since is not None:
            return StagePeriod(self.stage, self.since, self.until)
        return OwnWindows(self.until) if self.state is None else StatePeriod(self.state, self.until)

    @property
    def wanted(self) -> Wanted:
        """About which pages."""
        return Wanted(vendor=self.vendor, page=self.page, region=self.region)


_GIVEN = ("seconds", "first", "stage", "since", "state")
_NEEDS = {
    "own": set[str](),
    "last": {"seconds"},
    "month": {"first"},
    "stage": {"stage", "since"},
    "state": {"state"},
}


def _details(period: Period) -> dict[str, str | float | date | datetime]:
    if isinstance(period, OwnWindows):
        return {"period": "own", "until": period.now}
    if isinstance(period, LastSeconds):
        return {"period": "last", "until": period.until, "seconds": period.seconds}
    if isinstance(period, CalendarMonth):
        return {"period": "month", "until": period.now, "first": period.first}
    if isinstance(period, StagePeriod):
        return {"period": "stage", "until": period.now, "stage": period.name, "since": period.since}
    if isinstance(period, StatePeriod):
        return {"period": "state", "until": period.now, "state": period.name}
    raise ValueError(f"no evidence is made over {period.words}")
