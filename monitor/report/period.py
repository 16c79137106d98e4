"""Over which time a report judges the objectives: their own windows, or one for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.config.objectives import Objective
from monitor.sla.windows import STAGES, Month, Rolling, Stage, Window
from probes.units import format_duration

Judged = tuple[Window, datetime]
"""A window, and the moment at which it is looked at."""


class Period(Protocol):
    """Over which time each objective is judged."""

    @property
    def words(self) -> str:
        """What stands over the report."""

    def of(self, objective: Objective) -> Judged | None:
        """The window of an objective; ``None`` where it has no part in the report."""


@dataclass(frozen=True, slots=True)
class OwnWindows:
    """Each objective over the window that was promised, as it is at a moment."""

    now: datetime

    @property
    def words(self) -> str:
        """What stands over the report."""
        return "each promise over its own window"

    def of(self, objective: Objective) -> Judged:
        """Its own window."""
        return objective.promise.window, self.now


@dataclass(frozen=True, slots=True)
class LastSeconds:
    """All objectives over the same time up to a moment."""

    seconds: float
    until: datetime

    @property
    def words(self) -> str:
        """What stands over the report."""
        return f"every promise over {format_duration(round(self.seconds))}"

    def of(self, objective: Objective) -> Judged:
        """The last so many seconds."""
        return Rolling(self.seconds), self.until


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """All objectives over one month, in the time zone of each."""

    first: date
    now: datetime

    @property
    def words(self) -> str:
        """What stands over the report."""
        return f"every promise over {self.first:%Y-%m}"

    def of(self, objective: Objective) -> Judged:
        """The month; where it is over, as it was at its end."""
        following = date(self.first.year + self.first.month // 12, self.first.month % 12 + 1, 1)
        closes = datetime.combine(following, time(), ZoneInfo(objective.time_zone))
        return Month(objective.time_zone), min(self.now, closes)


@dataclass(frozen=True, slots=True)
class StagePeriod:
    """A stage of an acceptance: the objectives that it has, and those that have no stage at all."""

    name: str
    since: date
    now: datetime

    @property
    def words(self) -> str:
        """What stands over the report."""
        last = self.since + timedelta(days=STAGES[self.name] - 1)
        return f"the stage {self.name}, {STAGES[self.name]} days from {self.since} to {last}"

    def of(self, objective: Objective) -> Judged | None:
        """The stage's days; objectives of another stage are left out."""
        if objective.window in STAGES and objective.window != self.name:
            return None
        since = objective.since or self.since
        return Stage(since, STAGES[self.name], objective.time_zone), self.now


@dataclass(frozen=True, slots=True)
class StatePeriod:
    """A state that lasts: the objectives that are of no stage, each over its own window."""

    name: str
    now: datetime

    @property
    def words(self) -> str:
        """What stands over the report."""
        return f"the state {self.name}, each promise over its own window"

    def of(self, objective: Objective) -> Judged | None:
        """Its own window; objectives of a stage are left out."""
        return None if objective.window in STAGES else (objective.promise.window, self.now)


def stage_dates(name: str, objectives: tuple[Objective, ...]) -> set[date]:
    """When a stage begins, by the objectives that are judged in it."""
    return {one.since for one in objectives if one.window == name and one.since is not None}
