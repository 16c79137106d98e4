"""Declared maintenance, as a series: what happens to a page in it is no news."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.judging.incident_plan import PagePlan
from monitor.rules.promql import selectors
from monitor.rules.rule import Alert, Group, Places, Recording, Severity
from monitor.rules.words import LABELLED, of_page
from monitor.sla.windows import Maintenance

ACTIVE = "vendor_page:landwatch_maintenance:active"
EVERY = 15.0


def maintenance(spans: Sequence[Maintenance], plans: Sequence[PagePlan], places: Places) -> Group | None:
    """What says that a page is in maintenance; ``None`` where none counts for any page.

    Maintenance that was declared after it began is none, here as for the judge.
    """
    keys = [plan.key for plan in plans]
    terms = []
    for one in spans:
        begin, end = one.interval
        concerned = [key for key in keys if one.concerns(*key)]
        if one.in_time and concerned:
            terms += [
                f"    landwatch_measured_seconds_total{held} and on () (vector(time()) >= {begin} < {end})"
                for held in selectors(concerned, keys)
            ]
    if not terms:
        return None
    expr = "0 * max by (vendor, page) (\n" + "\n  or\n".join(terms) + "\n) + 1"
    shown = Alert(
        name="LandwatchMaintenance",
        expr=f"{ACTIVE} == 1",
        severity=Severity.INFO,
        annotations=of_page(
            places,
            "is in declared maintenance",
            f"Work on {LABELLED.title} was declared before it began, and is under way by that declaration. "
            "What happens to the page until it ends opens no incident.",
        ),
    )
    return Group("landwatch-maintenance", EVERY, (Recording(ACTIVE, expr), shown))


def unmuted(expr: str, muted: bool, over: str = "") -> str:
    """An expression without the pages that are in maintenance, or were ``over`` a time such as ``[6h]``."""
    if not muted:
        return expr
    active = f"max_over_time({ACTIVE}{over})" if over else ACTIVE
    return f"(\n{indented(expr)}\n)\nunless on (vendor, page)\n  {active}"


def indented(expr: str) -> str:
    """An expression moved in by two blanks."""
    return "\n".join(f"  {line}" for line in expr.splitlines())
