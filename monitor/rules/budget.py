"""Burn rates: how many times too fast the error budget is spent, in two windows at a time.

They rest on confirmed seconds, not on single visits. A long window says that a real part of the budget is
gone, a short one that it is still going. The windows and their parts of the budget are those of the Site
Reliability Workbook (chapter 5, "Alerting on SLOs"), and the factors follow from the window of the promise.

A burn rate counts where at least half of its window was measured. Where less was, it still counts where the
time that is known to be bad is enough for it by itself, whatever the rest was like. Nothing else is proven.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.config.objectives import Objective
from monitor.judging.incident_plan import PagePlan
from monitor.rules.confirmed import BAD, RATIO, confirmed_words
from monitor.rules.promql import either, literal, number, selectors
from monitor.rules.rule import Alert, Group, Places, Severity
from monitor.rules.words import LABELLED, SLA, of_page, standing, target_words
from monitor.sla.windows import Rolling, ServiceHours, Stage, Window
from probes.units import parse_duration

_DAY = 86_400.0
_MONTH = 30 * _DAY


@dataclass(frozen=True, slots=True)
class Pair:
    """Two windows, and the part of the budget that is gone when the long one alerts."""

    long: str
    short: str
    part: float
    severity: Severity


PAIRS = (
    Pair("1h", "5m", 0.02, Severity.PAGE),
    Pair("6h", "30m", 0.05, Severity.PAGE),
    Pair("1d", "2h", 0.10, Severity.TICKET),
    Pair("3d", "6h", 0.10, Severity.TICKET),
)


def burns(objectives: Sequence[Objective], plans: Sequence[PagePlan], places: Places) -> Group:
    """The alerts of all availability objectives."""
    keys = [plan.key for plan in plans]
    found = [
        alert
        for one in objectives
        if one.indicator == "availability"
        for alert in _alerts(one, selectors(counted_alike(one, plans), keys), places)
    ]
    return Group("landwatch-budget", 15.0, tuple(found))


def counted_alike(objective: Objective, plans: Sequence[PagePlan]) -> list[tuple[str, str]]:
    """The pages of an objective whose confirmed seconds are counted as it counts.

    They are counted as the page's first availability objective does; a second one may count otherwise.
    """
    promise, mine = objective.promise, objective.accounting

    def fits(plan: PagePlan) -> bool:
        counted = plan.accounting
        return (
            promise in plan.promises
            and (promise.measured_by, promise.selector.regions) == (plan.probe, plan.regions)
            and (mine.quorum, mine.length, mine.hours) == (counted.quorum, counted.length, counted.hours)
            and mine.maintenance_excluded == counted.maintenance_excluded
        )

    return [plan.key for plan in plans if fits(plan)]


def factor(pair: Pair, window: float, hours: ServiceHours | None) -> float:
    """The burn rate at which the part of the budget is gone within the long window.

    It is never less than 1: spending the budget in exactly its time breaks no promise.
    """
    return max(1.0, pair.part * _served(window, hours) / _served(parse_duration(pair.long), hours))


def _served(seconds: float, hours: ServiceHours | None) -> float:
    """The longest service that there can be in a stretch of time."""
    if hours is None:
        return seconds
    daily = ((hours.closes - hours.opens) % 1440 or 1440) * 60.0
    if seconds <= 3 * _DAY:
        return min(seconds, daily * math.ceil(seconds / _DAY))
    return seconds / _DAY * daily * len(hours.days) / 7


def _length(window: Window) -> float:
    if isinstance(window, Rolling):
        return window.seconds
    return window.days * _DAY if isinstance(window, Stage) else _MONTH


def _alerts(objective: Objective, chosen: Sequence[str], places: Places) -> Iterator[Alert]:
    """Those of one objective, about the pages that the selectors choose."""
    if not chosen:
        return
    promise = objective.promise
    budget, length = 1 - promise.target, _length(promise.window)
    if budget == 0:
        yield _without_budget(objective, chosen, places)
        return
    for pair in PAIRS:
        if parse_duration(pair.long) > length:
            continue
        burn = factor(pair, length, promise.accounting.hours)
        # A rule that can't ever be true would only look like a guard.
        if burn * budget < 1:
            yield _burn(objective, chosen, places, pair, burn)


def _burn(objective: Objective, chosen: Sequence[str], places: Places, pair: Pair, burn: float) -> Alert:
    budget = 1 - objective.target
    burning = "\n  or\n".join(
        term
        for held in chosen
        for term in _terms(pair, held, number(burn * budget), objective.accounting.hours)
    )
    bad = confirmed_words(pair.long, f" Confirmed as down in the last {pair.long}: {{}}.")
    description = (
        f"{LABELLED.title} spends the error budget of {literal(objective.name)} "
        "{{ $value | printf `%.3g` }} times too fast, in the last "
        f"{pair.long} and still in the last {pair.short}; the alert is from {burn:.3g} times on.{bad} "
        f"Promised is {target_words(objective)} over {literal(objective.window_words)}.{standing(objective)}"
    )
    expr = f"(\n{burning}\n) / {number(budget)}"
    return _alert(objective, places, pair, expr, "spends its error budget too fast", description)


def _terms(pair: Pair, held: str, share: str, hours: ServiceHours | None) -> Iterator[str]:
    """What must be so in both windows: the share of what was measured, or of the time as a whole."""
    yield (
        f"    {RATIO}{pair.long}{held} > {share}\n  and on (vendor, page)\n    {RATIO}{pair.short} > {share}"
    )
    long, short = (number(_served(parse_duration(window), hours)) for window in (pair.long, pair.short))
    yield (
        f"    {BAD}{pair.long}{held} / {long} > {share}\n"
        f"  and on (vendor, page)\n    {BAD}{pair.short} / {short} > {share}"
    )


def _without_budget(objective: Objective, chosen: Sequence[str], places: Places) -> Alert:
    """A promise of 100% has no budget, and no speed at which it may be spent."""
    pair = PAIRS[0]
    ever = either([f"{BAD}{pair.long}{held} > 0" for held in chosen])
    description = (
        f"{LABELLED.title} was down, and promised by {literal(objective.name)} is 100%, which leaves no "
        f"budget at all.{confirmed_words(pair.long, f' Confirmed as down in the last {pair.long}: {{}}.')}"
    )
    expr = f"  {ever}\nand on (vendor, page)\n  {BAD}{pair.short} > 0"
    return _alert(objective, places, pair, expr, "was down, and promised never to be", description)


def _alert(
    objective: Objective, places: Places, pair: Pair, expr: str, summary: str, description: str
) -> Alert:
    return Alert(
        name="LandwatchBudgetBurn",
        expr=expr,
        severity=pair.severity,
        labels={"objective": literal(objective.name), "long_window": pair.long, "short_window": pair.short},
        annotations=of_page(places, summary, description, dashboard=SLA),
        hold=places.hold,
    )
