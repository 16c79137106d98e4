"""The dashboard *SLA*: verdicts, figures against targets, and how the error budgets are spent."""

from __future__ import annotations

from frame import Section, dashboard, several
from grafana_foundation_sdk.models.dashboard import Dashboard
from parts import (
    GREEN,
    ORANGE,
    RED,
    VERDICTS,
    Column,
    Look,
    Made,
    Query,
    Steps,
    at_least,
    at_most,
    bars,
    lines,
    states,
)
from parts import rows as table
from queries import OBJECTIVE, PAGES, judged, promised, verdict

CHOSEN = f'{PAGES}, objective=~"$objective"'
"""The objectives that were chosen."""
LEGEND = "{{vendor}} / {{page}}: {{objective}}"
PAGE = "{{vendor}} / {{page}}"
BURNS: dict[str, float] = {"5m": 14.4, "1h": 14.4, "6h": 6, "1d": 3, "3d": 1}
"""The burn rates that are too high, by what they look back on, as the alerts have them."""
NOT_THE_VERDICT = "The choice of objectives does not change it."


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
        ("Error budget", [_left(), _budget(), _burn_now(), *(_burn(window) for window in BURNS)]),
        ("Confirmed seconds", [_bad(), _measured(), _share()]),
        ("How much was measured", [_coverage()]),
    ]


def _promises() -> Made:
    labels = f"{OBJECTIVE}, indicator, aggregate, unit"
    return table(
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
            Column("coverage", judged("landwatch_objective_coverage_ratio", CHOSEN), "percentunit", 1),
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


def _left() -> Made:
    ranked = judged("landwatch_objective_budget_remaining_ratio", CHOSEN)
    return bars(
        "Budget left now, least first",
        "The share of each availability's error budget that is left in its window: (1 - target) x window "
        "is all of it. Below 0 it is overdrawn, which alone proves no breach: unknown time may have been "
        "up.",
        [Query(f"sort({ranked})", LEGEND)],
        Look("percentunit", 1, ((None, RED), (0, ORANGE), (0.25, GREEN))),
    )


def _budget() -> Made:
    return lines(
        "Budget left over time",
        "The same over time. It grows again when bad time leaves the window.",
        [Query(judged("landwatch_objective_budget_remaining_ratio", CHOSEN), LEGEND)],
        Look("percentunit", 1, at_least(0)),
    )


def _burn_now() -> Made:
    def column(window: str, most: float) -> Column:
        rate = judged("landwatch_objective_burn_rate", CHOSEN, only=f'window="{window}"')
        return Column(f"last {window}", rate, decimals=2, steps=at_most(most))

    return table(
        "Burn rates now",
        "How many times too fast each error budget was spent of late: at 1 it lasts exactly as long as its "
        "window. Red are rates that alerts look for. At 99.99 % one bad slice of 15 s is a rate of 500 "
        "over 5 min and of 42 over an hour. An empty cell was not measured.",
        ("vendor", "page", "objective"),
        [column(window, most) for window, most in BURNS.items()],
        worst=(("last 1h", True),),
        width=24,
        height=7,
    )


def _burn(window: str) -> Made:
    rate = judged("landwatch_objective_burn_rate", CHOSEN, only=f'window="{window}"')
    most = BURNS[window]
    steps: Steps = at_most(most)
    return lines(
        f"Burn rate over {window}",
        f"How many times too fast each error budget was spent in the last {window}, at each moment. The "
        f"dashed line, {most:g}, is what the alerts have for this window; they look at two windows at a "
        "time.",
        [Query(rate, LEGEND)],
        Look("none", 2, steps, least=0),
        width=24 if window == "3d" else 6,
        height=7,
    )


def _bad() -> Made:
    grown = "max by (vendor, page) (increase(landwatch_bad_seconds_total{" + PAGES + "}[$window]))"
    return lines(
        "Confirmed bad seconds",
        "About how many seconds of whole slices were down by the page's quorum in the time that each point "
        "looks back on. It is for alerts: what an agreement is settled by is the report, which recounts "
        f"everything from the store. {NOT_THE_VERDICT}",
        [Query(grown, PAGE)],
        Look("s", steps=((None, GREEN),), least=0),
        width=8,
    )


def _measured() -> Made:
    grown = "max by (vendor, page) (increase(landwatch_measured_seconds_total{" + PAGES + "}[$window]))"
    return lines(
        "Confirmed measured seconds",
        "About how many seconds it is known of whether the page was up or down, in the time that each "
        "point looks back on. What is missing to the length of that time is unknown, neither up nor down. "
        f"{NOT_THE_VERDICT}",
        [Query(grown, PAGE)],
        Look("s", least=0),
        width=8,
    )


def _share() -> Made:
    return lines(
        "Share of confirmed time that was bad",
        "Bad seconds of those that were measured, in the time that each point looks back on. The dashed "
        "line is what the usual promise of 99.99 % leaves: 0.01 %. Slices are whole, so a short window "
        f"jumps. {NOT_THE_VERDICT}",
        [
            Query(
                "max by (vendor, page) (increase(landwatch_bad_seconds_total{" + PAGES + "}[$window]))\n"
                "  / (max by (vendor, page) (increase(landwatch_measured_seconds_total{"
                + PAGES
                + "}[$window])) > 0)",
                PAGE,
            )
        ],
        Look("percentunit", 3, at_most(0.0001), least=0),
        width=8,
    )


def _coverage() -> Made:
    return lines(
        "Coverage",
        "The share of each objective's window that was measured; where regions have an equal part in a "
        "figure, the lowest of theirs. It begins low, because the window is longer than landwatch has run. "
        "The dashed line is the usual least for a verdict of met, 99 %.",
        [Query(judged("landwatch_objective_coverage_ratio", CHOSEN), LEGEND)],
        Look("percentunit", 1, at_least(0.99), least=0, most=1),
        width=24,
    )
