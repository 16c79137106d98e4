"""Alerts about pages that fail: what the judge holds for an incident now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from monitor.judging.incident_plan import PagePlan
from monitor.judging.service import SLICES
from monitor.rules.confirmed import confirmed_words
from monitor.rules.promql import matcher, matching
from monitor.rules.rule import Alert, Group, Places, Severity
from monitor.rules.words import LABELLED, PAGE_LABELS, of_page, told

EVERY = 5.0
"""Seconds between two looks: an outage is to be told of within a slice and 5 s."""
REMEMBERED = "10m"
"""How long the last word on an outage holds where no agent says anything any more."""

JUDGED_WITHIN = 120
"""Seconds since its last look, up to which a judge counts as one that judges. It looks every 15 s."""

_TITLE = LABELLED.title
_REGION = "{{ $labels.region }}"


def failures(plans: Sequence[PagePlan], places: Places) -> Group:
    """The alerts, looked at often."""
    return Group("landwatch-failures", EVERY, tuple(_alerts(plans, places)))


def _alerts(plans: Sequence[PagePlan], places: Places) -> Iterator[Alert]:
    yield _down({plan.probe for plan in plans}, places)
    yield Alert(
        name="LandwatchRegionalFailure",
        expr=open_incidents("advisory", "region"),
        severity=Severity.TICKET,
        annotations=of_page(
            places,
            f"can't be reached from {_REGION} alone",
            f"{_TITLE} is down for the region {_REGION}, and its other regions reach it: that is no outage, "
            "and counts as none. Look at the way from there to the vendor, and at the vendor's edge for "
            "that region.",
        ),
        hold=places.hold,
    )
    yield Alert(
        name="LandwatchRegionSilent",
        expr=open_incidents("silence", "region"),
        severity=Severity.TICKET,
        annotations=of_page(
            places,
            f"is not measured from {_REGION}",
            f"The region {_REGION} took a sample of {_TITLE} within the last day, and has taken none for "
            "three intervals: the page may be up or down there, nobody knows. Look whether the agent there "
            "runs and reaches the store.",
        ),
        hold=places.hold,
    )


def _down(probes: Set[str], places: Places) -> Alert:
    """The page is down, by the agents whose judges judge.

    Where there is none, the last word holds, for a while even where every agent is gone: an alert that ended
    because nobody looks any more would say that the page is up again.
    """
    judged = (
        f"time() - landwatch_judge_last_success_timestamp_seconds{matcher(work=SLICES)} < {JUDGED_WITHIN}"
    )
    series = 'landwatch_incident_open{kind="outage"}'
    regions = told(
        f"count(max by (region) (landwatch_up{{vendor=%q,page=%q,probe=~{matching(sorted(probes))}}}) == 0)",
        " {{ .Value }} of its regions see it down at this moment.",
        *PAGE_LABELS,
    )
    bad = confirmed_words("1h", " Confirmed so far in the last hour: down for {}.")
    left = told(
        "100 * max by (objective) (landwatch_objective_budget_remaining_ratio{vendor=%q,page=%q})",
        " Of the error budget of {{ .Labels.objective }}, {{ .Value | printf `%.1f%%` }} was left when it "
        "was last judged.",
        *PAGE_LABELS,
    )
    return Alert(
        name="LandwatchPageDown",
        expr=(
            f"(\n    max by (vendor, page) (\n      {series}\n"
            f"      and on (job, instance)\n        ({judged})\n    )\n  or\n"
            f"    max by (vendor, page) (last_over_time({series}[{REMEMBERED}]))\n) == 1"
        ),
        severity=Severity.PAGE,
        annotations=of_page(
            places,
            "is down",
            f"{_TITLE} is down: enough of the regions that look at it can't reach it, so that it counts as "
            f"an outage.{regions}{bad}{left}",
        ),
        hold=places.hold,
    )


def open_incidents(kind: str, of: str, **labels: str) -> str:
    """Open incidents of a kind. Agents on one store say the same of each, so the highest counts."""
    selected = matcher(kind=kind, **labels)
    return f"max by (vendor, page, {of}) (landwatch_incident_open{selected}) == 1"
