"""The metrics of what the judge says, declared as data: of pages seen from all regions, and of objectives."""

from __future__ import annotations

from monitor.metrics.declared import Family

PAGE = ("vendor", "page")
OBJECTIVE = (*PAGE, "objective")

BAD = Family(
    "landwatch_bad_seconds_total",
    "counter",
    "Confirmed time in which the page was down, by a quorum of its regions; whole slices.",
    PAGE,
)
MEASURED = Family(
    "landwatch_measured_seconds_total",
    "counter",
    "Confirmed time of which it is known whether the page was up; whole slices.",
    PAGE,
)
VALUE = Family(
    "landwatch_objective_value",
    "gauge",
    "The objective's figure over its window, in its own unit; absent if nothing was measured.",
    OBJECTIVE,
)
TARGET = Family("landwatch_objective_target", "gauge", "What was promised, in the same unit.", OBJECTIVE)
INFO = Family(
    "landwatch_objective_info",
    "gauge",
    "Always 1; its labels say what was promised, in which unit, and which way is better.",
    (*OBJECTIVE, "indicator", "aggregate", "unit", "better"),
)
VERDICT = Family(
    "landwatch_objective_verdict",
    "gauge",
    "1 for the verdict that is in force, 0 for the others; absent until the objective was first judged.",
    (*OBJECTIVE, "verdict"),
)
BUDGET = Family(
    "landwatch_objective_budget_remaining_ratio",
    "gauge",
    "The share of the error budget that is left, below 0 if it is overdrawn; of availabilities.",
    OBJECTIVE,
)
COVERAGE = Family(
    "landwatch_objective_coverage_ratio",
    "gauge",
    "The share of the window that was measured.",
    OBJECTIVE,
)
BURN = Family(
    "landwatch_objective_burn_rate",
    "gauge",
    "How many times too fast the error budget was spent of late; of availabilities, absent if not known.",
    (*OBJECTIVE, "window"),
)
INCIDENT = Family(
    "landwatch_incident_open",
    "gauge",
    "1 if there is an open incident of the kind, else 0.",
    (*PAGE, "kind", "region", "variant", "objective"),
)

JUDGE_FAMILIES = (BAD, MEASURED, VALUE, TARGET, INFO, VERDICT, BUDGET, COVERAGE, BURN, INCIDENT)
"""In the order in which they are rendered."""
