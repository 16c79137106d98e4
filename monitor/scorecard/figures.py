"""From the days of a KPI to one figure, with the bounds between which it lies for certain. Pure.

A sum of which days are missing is at least the sum of the others. A rate is made of the counts behind it; a
mean of daily rates is another figure, because a day with ten visits counts in it as much as one with a
thousand: of the rate over all days it is only known that it lies between the lowest and the highest of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from monitor.config.kpis import Combine, Kpi, KpiUnit
from monitor.scorecard.days import Days
from monitor.scorecard.history import History
from monitor.sla.verdict import percent

WEEK = 7
MONTH = 30
"""Days of a month, in a growth for each month."""
AT_LEAST = "at least"
"""How a sum is read of which days are missing."""
ABOUT = "about"
"""How a mean of daily rates is read where the rate was meant."""
_GROWS = 28
"""Days between two values, below which no growth for each month is told."""
_PLACES = 12
"""Behind the point of a change; what floats get wrong lies beyond: from 2.5 % to 3 % it is 0.2, no less."""
_SLACK = 1e-9
"""Of a day: 55 % of 100 days are 55 days, and floats have it a little above."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and what is known of it."""

    value: float | None = None
    low: float = 0.0
    """It is not below this."""
    high: float = math.inf
    """It is not above this."""
    days: int = 0
    """Of how many days it is made."""
    of: int = 0
    """Of how many it could be made."""
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()
    """Whose values it is made of."""
    past: tuple[tuple[str, ...], Days] | None = None
    """Whose values its baseline is made of, and on which days; ``None`` where it is not made of any."""
    sense: str = ""
    """How the value is to be read, where it is not the figure itself: ``at least`` or ``about``."""

    def words(self, shown: str) -> str:
        """The value as it was shown, with how it is to be read."""
        return f"{self.sense} {shown}" if self.sense and self.value is not None else shown


@dataclass(frozen=True, slots=True)
class Making:
    """What figures of one vendor are made from."""

    history: History
    vendor: str
    coverage: float
    """The share of the days that must be known."""
    by_mean: bool = False
    """Whether the mean of daily rates was agreed on in place of the rate."""

    def figure(self, kpi: Kpi, days: Days) -> Figure:
        """The figure of a KPI over days."""
        if kpi.combine == Combine.SUM:
            return self._sum(kpi, days)
        if kpi.combine == Combine.RATE:
            return self._rate(kpi, days)
        values = self._values(kpi.name, days)
        if not values:
            return _nothing(kpi, days)
        if kpi.combine == Combine.MEAN:
            mean = float(_total(values.values()) / len(values))
            found = self._covered(_exactly(mean, len(values), days, kpi.name))
            return replace(found, notes=(f"mean of {_days(len(values))}", *found.notes))
        last = max(values)
        found = self._reaching(kpi, values, days)
        words = f"as it stood on {last}"
        return replace(found, value=values[last], low=values[last], high=values[last], notes=(words,))

    def weekly(self, kpi: Kpi, days: Days) -> Figure:
        """The figure of a sum for each week; its bounds are those of all weeks, also of those to come."""
        found = self._sum(kpi, days)
        if found.value is None:
            return found
        low, high = _weekly(found.low, days.whole), _weekly(found.high, days.whole)
        return replace(found, value=_weekly(found.value, days.elapsed), low=low, high=high)

    def monthly(self, kpi: Kpi, days: Days) -> Figure:
        """The growth for each 30 days between the first and the last value, as a steady growth would be."""
        values = self._values(kpi.name, days)
        if not values:
            return _nothing(kpi, days)
        found = self._reaching(kpi, values, days)
        first, last = min(values), max(values)
        between = (last - first).days
        if between < _GROWS:
            words = f"the first and the last value are {_days(between)} apart, and {_GROWS} are needed"
            return replace(found, missing=(*found.missing, words))
        if values[first] <= 0:
            return replace(
                found, missing=(*found.missing, f"nothing grows from {values[first]:g} by a share")
            )
        growth = _growth((values[last] / values[first]) ** (MONTH / between))
        words = f"from {values[first]:g} on {first} to {values[last]:g} on {last}"
        return replace(found, value=growth, low=growth, high=growth, notes=(words, *found.notes))

    def _values(self, kpi: str, days: Days) -> Mapping[date, float]:
        return self.history.within(self.vendor, kpi, days)

    def _sum(self, kpi: Kpi, days: Days) -> Figure:
        values = self._values(kpi.name, days)
        if not values:
            return _nothing(kpi, days)
        total, known = float(_total(values.values())), len(values)
        whole = known == days.whole
        found = Figure(total, total, total if whole else math.inf, known, days.elapsed, kpis=(kpi.name,))
        if known < days.elapsed:
            words = (
                f"values of {known} of {_days(days.elapsed)}: import 0 for a day on which there was nothing"
            )
            return replace(found, missing=(words,), sense=AT_LEAST)
        return found

    def _rate(self, kpi: Kpi, days: Days) -> Figure:
        """By the counts behind it where enough of them are known, else by daily rates."""
        counted, daily = self._counted(kpi, days), self._daily(kpi, days)
        if counted.days and self._carries(counted.days, counted.of):
            ignored = ("daily rates were imported too, and are not used",) if daily.days else ()
            return replace(counted, notes=(*counted.notes, *ignored))
        if daily.days and (not daily.missing or daily.days >= counted.days):
            return daily
        if counted.days:
            return counted
        found = _nothing(kpi, days)
        return replace(found, missing=(f"{found.missing[0]}; best is {_parts(kpi)}",))

    def _counted(self, kpi: Kpi, days: Days) -> Figure:
        above = self._values(kpi.numerator or "", days)
        below = self._values(kpi.denominator or "", days)
        both = above.keys() & below.keys()
        names = (kpi.numerator or "", kpi.denominator or "")
        found = Figure(days=len(both), of=days.elapsed, kpis=names)
        if not both:
            return found
        upper, lower = _total(above[day] for day in both), _total(below[day] for day in both)
        if lower <= 0:
            return replace(found, missing=(f"there were no {_words(names[1])}",))
        if kpi.unit == KpiUnit.SHARE and upper > lower:
            words = (
                f"{float(upper):g} {_words(names[0])} of {float(lower):g} {_words(names[1])} are no share: "
                "check the values"
            )
            return replace(found, missing=(words,))
        value = float(upper / lower)
        note = f"{float(upper):,.15g} {_words(names[0])} by {float(lower):,.15g} {_words(names[1])}"
        return self._covered(replace(found, value=value, low=value, high=value, notes=(note,)))

    def _daily(self, kpi: Kpi, days: Days) -> Figure:
        values = self._values(kpi.name, days)
        if not values:
            return Figure(of=days.elapsed)
        mean = float(_total(values.values()) / len(values))
        low, high = min(values.values()), max(values.values())
        note = f"mean of {len(values)} daily rates, unweighted"
        if self.by_mean:
            return self._covered(replace(_exactly(mean, len(values), days, kpi.name), notes=(note,)))
        sense = ABOUT if low < high else ""
        found = Figure(mean, low, high, len(values), days.elapsed, (note,), kpis=(kpi.name,), sense=sense)
        return self._covered(found)

    def _covered(self, figure: Figure) -> Figure:
        """A figure of too few days passes and fails nothing."""
        if self._carries(figure.days, figure.of):
            return figure
        words = f"values of {figure.days} of {_days(figure.of)}, and {percent(self.coverage)} are needed"
        return replace(figure, missing=(*figure.missing, words))

    def _carries(self, known: int, of: int) -> bool:
        return known >= self.coverage * of - _SLACK

    def _reaching(self, kpi: Kpi, values: Mapping[date, float], days: Days) -> Figure:
        """What is known as it stands has to be known from near the beginning until near the end."""
        reach = (max(values) - min(values)).days + 1
        found = Figure(days=len(values), of=days.elapsed, kpis=(kpi.name,))
        if self._carries(reach, days.elapsed):
            return found
        words = (
            f"values from {min(values)} to {max(values)} reach over {reach} of {_days(days.elapsed)}, "
            f"and {percent(self.coverage)} are needed"
        )
        return replace(found, missing=(words,))


def change(figure: Figure, base: Figure) -> Figure:
    """How much a figure has changed against a baseline; -0.15 is 15 % less."""
    missing = (*figure.missing, *(f"baseline: {words}" for words in base.missing))
    notes = (*figure.notes, *(f"baseline: {words}" for words in base.notes))
    sense = ABOUT if base.sense else figure.sense
    found = replace(
        figure,
        value=None,
        low=-1.0,
        high=math.inf,
        missing=missing,
        notes=notes,
        sense=sense,
        past=base.past,
    )
    if figure.value is None or base.value is None:
        return found
    if base.value <= 0:
        return replace(found, missing=(*missing, "the baseline is 0, and nothing can be held against it"))
    return replace(
        found,
        value=_growth(figure.value / base.value),
        low=_growth(figure.low / base.high),
        high=_growth(figure.high / base.low) if base.low > 0 else math.inf,
    )


def _growth(times: float) -> float:
    """How much more so many times as much is; 0 is never -0."""
    return round(times - 1, _PLACES) + 0.0


def _weekly(total: float, days: int) -> float:
    return float(Decimal(repr(total)) * WEEK / days)


def _total(amounts: Iterable[float]) -> Decimal:
    """The sum of amounts as people wrote them: a sum of floats may lie beside a target that it is on."""
    return sum((Decimal(repr(amount)) for amount in amounts), Decimal(0))


def _exactly(value: float, known: int, days: Days, kpi: str) -> Figure:
    return Figure(value, value, value, known, days.elapsed, kpis=(kpi,))


def _nothing(kpi: Kpi, days: Days) -> Figure:
    words = f"no value of {kpi.name} was imported for these days" if days.elapsed else "no day is over yet"
    return Figure(of=days.elapsed, missing=(words,), kpis=(kpi.name,))


def _parts(kpi: Kpi) -> str:
    return f"to import {kpi.numerator} and {kpi.denominator}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
