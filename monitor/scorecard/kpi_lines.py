"""Lines about KPIs: their figures, held against what a stage asks for. Pure."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from monitor.config.kpis import Group, Kpi
from monitor.config.scorecard import ScorecardSettings, Threshold
from monitor.scorecard.days import Days
from monitor.scorecard.figures import Figure, Making, change
from monitor.scorecard.history import History
from monitor.scorecard.scorecard import Kind, Line
from monitor.scorecard.verdicts import Held
from monitor.scorecard.words import show, target_words, unit_of

_SHOWN = (Group.SHORT_TERM, Group.LONG_TERM)
"""Groups whose KPIs are shown where nothing is asked of them too."""


@dataclass(frozen=True, slots=True)
class KpiLines:
    """Makes the lines about one vendor's KPIs."""

    settings: ScorecardSettings
    stage: str
    days: Days
    history: History
    vendor: str
    now: datetime

    def lines(self) -> Iterator[Line]:
        """What the stage asks for, and then what is only shown."""
        registry = self.settings.registry
        asked = set()
        for threshold in self.settings.thresholds(self.stage):
            line = self._judged(registry[threshold.kpi], threshold)
            asked.add(line.name)
            yield line
        for kpi in registry.values():
            if kpi.group in _SHOWN and kpi.name not in asked:
                figure = self._making.figure(kpi, self.days)
                shown = show(figure.value, kpi.unit, self.settings.currency)
                yield self._line(kpi.name, kpi.unit, kpi, figure, shown)

    def _judged(self, kpi: Kpi, threshold: Threshold) -> Line:
        unit, currency = unit_of(kpi, threshold), self.settings.currency
        figure = self._figure(kpi, threshold)
        asked = target_words(kpi, threshold, currency)

        def shown(value: float | None) -> str:
            return show(value, unit, currency, None if threshold.target is None else held.met_by)

        held = Held(figure, kpi, threshold, self.days, asked, shown)
        outcome = held.outcome()
        return replace(
            self._line(_name(kpi, threshold), unit, kpi, figure, shown(figure.value)),
            target=threshold.target,
            target_words=asked,
            result=outcome.result,
            words=outcome.words,
            missing=outcome.missing,
        )

    def _line(self, name: str, unit: str, kpi: Kpi, figure: Figure, shown: str) -> Line:
        made_of = [(figure.kpis or (kpi.name,), self.days), *([figure.past] if figure.past else [])]
        files = (self.history.files(self.vendor, *each) for each in made_of)
        early = sum(self.history.early(self.vendor, *each) for each in made_of)
        were = "value was" if early == 1 else "values were"
        caution = f"{early} {were} imported before the day was over"
        return Line(
            name=name,
            kind=Kind.KPI,
            group=Group(kpi.group),
            unit=unit,
            value=figure.value,
            value_words=figure.words(shown),
            missing=figure.missing,
            notes=(*figure.notes, *([caution] if early else [])),
            days=figure.days,
            of=figure.of,
            evidence=tuple(self._command(*each) for each in made_of),
            sources=tuple(dict.fromkeys(chain.from_iterable(files))),
        )

    def _figure(self, kpi: Kpi, threshold: Threshold) -> Figure:
        if threshold.per == "month":
            return self._making.monthly(kpi, self.days)
        figure = self._over(kpi, threshold, self.days)
        return figure if threshold.against is None else change(figure, self._baseline(kpi, threshold))

    def _over(self, kpi: Kpi, threshold: Threshold, days: Days) -> Figure:
        return self._making.weekly(kpi, days) if threshold.per == "week" else self._making.figure(kpi, days)

    def _baseline(self, kpi: Kpi, threshold: Threshold) -> Figure:
        told = self.settings.baseline(self.vendor, kpi.name)
        if told is None:
            entry = f"{{vendor: {self.vendor}, kpi: {kpi.name}, value: ...}}"
            return Figure(missing=(f"there is none: write {entry} in `scorecard.baselines`",))
        if told.since is None or told.until is None:
            shown = show(told.value, kpi.unit, self.settings.currency)
            return Figure(told.value, told.value, told.value, notes=(f"{shown}, by the config",))
        days = Days.through(told.since, told.until, self.now, self.settings.time_zone)
        figure = self._over(kpi, threshold, days)
        shown = show(figure.value, kpi.unit, self.settings.currency)
        notes = (f"{figure.words(shown)} from {days.first} to {days.last}", *figure.notes)
        figure = replace(figure, notes=notes, past=(figure.kpis, days))
        if days.after <= self.days.first:
            return figure
        mixed = (
            f"its days end with {days.last}, and those that are held against it begin with {self.days.first}"
        )
        return replace(figure, low=0.0, high=math.inf, missing=(*figure.missing, mixed))

    @property
    def _making(self) -> Making:
        by_mean = self.settings.daily_rates == "mean"
        return Making(self.history, self.vendor, self.settings.coverage, by_mean)

    def _command(self, kpis: tuple[str, ...], days: Days) -> str:
        names = " ".join(f"--kpi {kpi}" for kpi in kpis)
        span = f"--since {days.first} --until {days.last}"
        return f"landwatch kpi show --vendor {shlex.quote(self.vendor)} {names} {span}"


def _name(kpi: Kpi, threshold: Threshold) -> str:
    words = kpi.name if threshold.per is None else f"{kpi.name} a {threshold.per}"
    return words if threshold.against is None else f"{words} against the baseline"
