"""A KPI's figure held against its threshold: passed or failed only where no day can change that. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from monitor.config.kpis import Combine, Kpi
from monitor.config.scorecard import Threshold
from monitor.scorecard.days import Days
from monitor.scorecard.figures import Figure
from monitor.scorecard.scorecard import Result

Show = Callable[[float | None], str]
"""Shows a figure in the unit of its line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a threshold comes to."""

    result: Result
    words: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A figure, and all that it is held against."""

    figure: Figure
    kpi: Kpi
    threshold: Threshold
    days: Days
    asked: str
    """The target in words."""
    show: Show

    def met_by(self, value: float) -> bool:
        """Whether a figure is on the right side of the target, or on it."""
        least, most = self.threshold.at_least, self.threshold.at_most
        return (least is None or value >= least) and (most is None or value <= most)

    def outcome(self) -> Outcome:
        """What it comes to."""
        missing = self.figure.missing
        if self.threshold.target is None:
            words = f"no goal is set: write `scorecard.goals: {{{self.kpi.name}: ...}}` in the config"
            return Outcome(Result.NOT_ENOUGH, words, (words, *missing))
        certain = self._certain()
        if certain is not None:
            return Outcome(certain, self._sentence(certain), ())
        if not self.days.over and not self.days.elapsed:
            return Outcome(Result.RUNNING, "; ".join(missing), missing)
        if self.figure.value is None or (missing and not self._is_sum):
            return Outcome(Result.NOT_ENOUGH, "; ".join(missing), missing)
        if not self.days.over:
            return Outcome(Result.RUNNING, self._so_far(), missing)
        missing = missing or (self._between(),)
        return Outcome(Result.NOT_ENOUGH, "; ".join(missing), missing)

    @property
    def _is_sum(self) -> bool:
        return self.kpi.combine == Combine.SUM

    def _certain(self) -> Result | None:
        """The result that holds wherever within its bounds the figure lies.

        Days to come can change all figures but a sum, and that only upwards: no day has less than nothing.
        """
        figure = self.figure
        if figure.value is None or ((figure.missing or not self.days.over) and not self._is_sum):
            return None
        ends = {self.met_by(figure.low), self.met_by(figure.high)}
        if ends == {True}:
            return Result.PASS
        return Result.FAIL if ends == {False} else None

    def _sentence(self, result: Result) -> str:
        value = self.figure.words(self.show(self.figure.value))
        if result is Result.PASS:
            words = f"{value}, and {self.asked} was asked"
            return words if self.days.over else f"{words}: that can't be lost any more"
        words = f"{value}, but {self.asked} was asked"
        return words if self.days.over else f"{words}: that can't be mended any more"

    def _so_far(self) -> str:
        value = self.figure.value
        side = "" if self._is_sum or value is None else ", within" if self.met_by(value) else ", not within"
        shown = self.figure.words(self.show(value))
        return (
            f"so far {shown}{side}: {self.asked} is asked of all days, the last of which is {self.days.last}"
        )

    def _between(self) -> str:
        low = self.show(self.figure.low)
        if math.isinf(self.figure.high):
            return f"of daily rates, one of them 0, it is only known that the figure is at least {low}"
        high = self.show(self.figure.high)
        counts = f"{self.kpi.numerator} and {self.kpi.denominator}"
        return (
            f"of daily rates it is only known that the figure lies between {low} and {high}: import "
            f"{counts}, or write `daily_rates: mean` where the mean of days was agreed on"
        )
