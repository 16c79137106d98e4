"""The dashboard *SLA*: verdicts, figures against targets, and how the error budgets are spent."""

from __future__ import annotations

from frame import Section, dashboard, several
from grafana_foundation_sdk.models.dashboard import Dashboard
from look import (
    VERDICTS,
    Column,
    Look,
    Query,
    at_least,
)
from parts import Made, lines, rows, states
from queries import (
    OBJECTIVE,
    PAGES,
    judged,
    promised,
    verdict,
)
from sla_budget import budgets, seconds
from sla_scope import CHOSEN, LEGEND


def sla() -> Dashboard:
    """The dashboard."""
    return dashboard(
        "landwatch-sla",
        "landwatch / SLA",
        "What was promised and what the judge says of it, from all regions together.",
        [
            several("vendor", "Vendor", "label_values(landwatch_objective_target, vendor)"),
            several("page", "Page", 'label_values(landwatch_objective_target{vendor=~"$vendor"}, page)'),
            several(
                "objective", "Objective", f"label_values(landwatch_objective_target{{{PAGES}}}, objective)"
            ),
        ],
        _sections(),
        since="now-24h",
    )


def _sections() -> list[Section]:
    return [
        ("Verdicts", [_promises(), _course()]),
        ("Figure and target", [_times(), _shares(), _numbers()]),
        ("Error budget", budgets()),
        ("Confirmed seconds", seconds()),
        ("How much was measured", [_coverage()]),
    ]


def _promises() -> Made:
    labels = f"{OBJECTIVE}, indicator, aggregate, unit"
    return rows(
        "Promises and verdicts",
        "Every objective, breached ones first. Figure and target are in the unit that stands beside them "
        "(a share is from 0 to 1, a grade its place, from F, which is 0, to A+, which is 5), over the "
        "objective's own window, not the time shown. Only availabilities have a budget. An empty cell was "
        "not measured or not judged yet.",
        ("vendor", "page", "objective", "indicator", "aggregate", "unit"),
        [
            Column("promised", judged("landwatch_objective_info", CHOSEN, labels), hidden=True),
            Column("verdict", verdict(CHOSEN), meanings=VERDICTS),
            Column("figure", judged("landwatch_objective_value", CHOSEN), decimals=4),
            Column("target", judged("landwatch_objective_target", CHOSEN), decimals=4),
            Column(
                "budget left", judged("landwatch_objective_budget_remaining_ratio", CHOSEN), "percentunit", 1
            ),
            Column("coverage", judged("landwatch_objective_coverage_ratio", CHOSEN), "percentunit", 2),
        ],
        worst=(("verdict", True),),
    )


def _course() -> Made:
    return states(
        "Verdicts over time",
        "The verdict on each objective when it was in force. The judge says it anew every few minutes. A "
        "gap is where nothing was judged.",
        [Query(verdict(CHOSEN), LEGEND)],
        VERDICTS,
        width=24,
    )


def _course_of(title: str, description: str, only: str, look: Look) -> Made:
    return lines(
        title,
        f"{description} Each figure is over its objective's own window. The dashed lines are what was "
        "promised.",
        [
            Query(promised(judged("landwatch_objective_value", CHOSEN), CHOSEN, only), LEGEND),
            Query(promised(judged("landwatch_objective_target", CHOSEN), CHOSEN, only), f"{LEGEND} (target)"),
        ],
        look,
        width=8,
        dashed="B",
    )


def _times() -> Made:
    return _course_of(
        "Times: figure and target",
        "Objectives in seconds: kept while the figure is at or below its target.",
        'unit="seconds"',
        Look("s", least=0),
    )


def _shares() -> Made:
    return _course_of(
        "Shares: figure and target",
        "Objectives that are shares (availability, HTTP/3, tracking): kept while the figure is at or above "
        "its target.",
        'unit="share"',
        Look("percentunit", 3, most=1),
    )


def _numbers() -> Made:
    return _course_of(
        "Numbers and grades: figure and target",
        "Objectives in plain numbers (days, layout shift) and grades by their place, from F, which is 0, "
        "to A+, which is 5. More is better but for layout shift.",
        'unit=~"number|grade"',
        Look("none", 2),
    )


def _coverage() -> Made:
    return lines(
        "Coverage",
        "The share of each objective's window that was measured; where regions have an equal part in a "
        "figure, the lowest of theirs. It begins low, because the window is longer than landwatch has run. "
        "The dashed line is the usual least for a verdict of met, 99 %.",
        [Query(judged("landwatch_objective_coverage_ratio", CHOSEN), LEGEND)],
        Look("percentunit", 2, at_least(0.99), least=0, most=1),
        width=24,
    )
