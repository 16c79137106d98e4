"""Alerts about promises: times that miss their target, verdicts, and too little that was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.config.objectives import Objective
from monitor.judging.incident_latency import is_latency
from monitor.judging.incident_plan import PagePlan
from monitor.rules.budget import counted_alike
from monitor.rules.confirmed import MEASURED
from monitor.rules.failures import open_incidents
from monitor.rules.maintenance import unmuted
from monitor.rules.promql import either, literal, matcher, number, selectors
from monitor.rules.rule import Alert, Group, Places, Recording, Severity
from monitor.rules.words import LABELLED, PAGE_LABELS, SLA, of_page, standing, target_words, told

TTFB = "vendor_page:landwatch_ttfb_seconds:mean5m"
ROUND = 900.0
"""Seconds that a verdict holds which nobody gave anew: after a start, the first round takes its time."""
_COVERED = "6h"
_COVERED_SECONDS = 21_600
_MOST_COVERAGE = 0.99
"""What can be asked of 6 h: the slice that just ended is counted some seconds later."""

_MEANS = """\
avg by (vendor, page) (
  sum by (vendor, page, region) (rate(landwatch_ttfb_seconds_sum{probe="http"}[5m]))
    / (sum by (vendor, page, region) (rate(landwatch_ttfb_seconds_count{probe="http"}[5m])) > 0)
)"""
"""The mean of the regions' means, as promises about averages have it."""


def promises(
    objectives: Sequence[Objective], plans: Sequence[PagePlan], places: Places, *, muted: bool
) -> Iterator[Group]:
    """The groups of alerts. ``muted``: there is a series of maintenance."""
    latencies = [_latency(one, places) for one in objectives if is_latency(one.promise)]
    yield Group("landwatch-latency", 15.0, (Recording(TTFB, _MEANS), *latencies))
    covered = [
        alert
        for one in objectives
        if one.indicator == "availability" and one.hours is None
        for alert in _coverage(one, plans, places, muted=muted)
    ]
    yield Group("landwatch-coverage", 60.0, tuple(covered))
    yield Group("landwatch-verdicts", 30.0, tuple(_verdict(one, places) for one in objectives))


def _latency(objective: Objective, places: Places) -> Alert:
    promise = objective.promise
    what = f"{promise.aggregate} {promise.indicator}"
    lately = ""
    if (promise.indicator, promise.measured_by) == ("ttfb", "http"):
        lately = told(
            f"ceil(1000 * max({TTFB}{{vendor=%q,page=%q}})) / 1000",
            " The mean of the last 5 min, over all regions, is {{ .Value | humanizeDuration }}.",
            *PAGE_LABELS,
        )
    return Alert(
        name="LandwatchLatencyBreach",
        expr=open_incidents("latency", "objective", objective=objective.name),
        severity=Severity.TICKET,
        labels={"objective": literal(objective.name)},
        annotations=of_page(
            places,
            f"is too slow: {what} was to be {target_words(objective)}",
            f"The {what} of {LABELLED.title} missed its target of {target_words(objective)} in five looks "
            "in a row, a minute each or as long as there is between two visits, and did not keep it for as "
            f"long since.{lately}{standing(objective)}",
        ),
        hold=places.hold,
    )


def _coverage(
    objective: Objective, plans: Sequence[PagePlan], places: Places, *, muted: bool
) -> Iterator[Alert]:
    """Too little was measured. Pages that are watched for less than the window are left out."""
    chosen = selectors(counted_alike(objective, plans), [plan.key for plan in plans])
    if not chosen:
        return
    measured = either([f"{MEASURED}{_COVERED}{held}" for held in chosen])
    low = (
        f"{measured} / {_COVERED_SECONDS} < {number(min(objective.coverage, _MOST_COVERAGE))}\n"
        f"and on (vendor, page)\n  landwatch_measured_seconds_total offset {_COVERED}"
    )
    description = (
        f"Of the last {_COVERED} it is known for {{{{ $value | humanizePercentage }}}} of the time whether "
        f"{LABELLED.title} was up or down. With less than {number(100 * objective.coverage)}% of its window "
        f"{literal(objective.name)} stays unproven. Samples that are blocked, tainted or unknown measure "
        "nothing, and neither does an agent that stands still."
    )
    yield Alert(
        name="LandwatchCoverageLow",
        expr=unmuted(low, muted, f"[{_COVERED}]"),
        severity=Severity.TICKET,
        labels={"objective": literal(objective.name)},
        annotations=of_page(places, "is measured too little", description),
        lasting=900.0,
    )


def _verdict(objective: Objective, places: Places) -> Alert:
    held = matcher(objective=objective.name, verdict="breached")
    promise = f"{objective.aggregate} {objective.indicator} {target_words(objective)}"
    description = (
        f"{LABELLED.title} broke its promise {literal(objective.name)}: {promise} over "
        f"{literal(objective.window_words)}. The evidence carries it, whatever was not measured was like."
        f"{standing(objective)}"
    )
    return Alert(
        name="LandwatchVerdictBreached",
        expr=f"max by (vendor, page, objective) (landwatch_objective_verdict{held}) == 1",
        severity=Severity.TICKET,
        labels={"objective": literal(objective.name)},
        annotations=of_page(
            places, f"broke its promise {literal(objective.name)}", description, dashboard=SLA
        ),
        hold=ROUND,
    )
