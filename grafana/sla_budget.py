"""Panels of the dashboard *SLA*: how error budgets are spent."""

from __future__ import annotations

from look import (
    GREEN,
    ORANGE,
    RED,
    Column,
    Look,
    Query,
    at_least,
    at_most,
)
from parts import Made, bars, lines, rows
from queries import (
    PAGES,
    judged,
    ratio,
)
from sla_scope import CHOSEN, LEGEND

PAGE = "{{vendor}} / {{page}}"
BURNS: dict[str, float] = {"5m": 14.4, "1h": 14.4, "6h": 6, "1d": 3, "3d": 1}
"""The burn rates that are too high, by what they look back on, as the alerts have them for 30 days."""
NO_OBJECTIVE = "The choice of objectives does not change it."


def budgets() -> list[Made]:
    """What is left of the budgets, and how fast they are spent."""
    return [_left(), _budget(), _burn_now(), *(_burn(window) for window in BURNS)]


def seconds() -> list[Made]:
    """Confirmed time, from which alerts are made."""
    return [_bad(), _measured(), _share()]


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


def _rate(window: str) -> str:
    return judged("landwatch_objective_burn_rate", CHOSEN, only=f'window="{window}"')


def _burn_now() -> Made:
    def column(window: str, most: float) -> Column:
        return Column(f"last {window}", _rate(window), decimals=2, steps=at_most(most))

    return rows(
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
    most = BURNS[window]
    return lines(
        f"Burn rate over {window}",
        f"How many times too fast each error budget was spent in the last {window}, at each moment. The "
        f"dashed line, {most:g}, is what the alerts have for this window; they look at two windows at a "
        "time.",
        [Query(_rate(window), LEGEND)],
        Look("none", 2, at_most(most), least=0),
        width=24 if window == "3d" else 6,
        height=7,
    )


def _grown(counter: str) -> str:
    return f"max by (vendor, page) (increase({counter}{{{PAGES}}}[$window]))"


BAD, MEASURED = _grown("landwatch_bad_seconds_total"), _grown("landwatch_measured_seconds_total")


def _bad() -> Made:
    return lines(
        "Confirmed bad seconds",
        "About how many seconds of whole slices were down by the page's quorum in the time that each point "
        "looks back on. It is for alerts: what an agreement is settled by is the report, which recounts "
        f"everything from the store. {NO_OBJECTIVE}",
        [Query(BAD, PAGE)],
        Look("s", steps=((None, GREEN),), least=0),
        width=8,
    )


def _measured() -> Made:
    return lines(
        "Confirmed measured seconds",
        "About how many seconds it is known of whether the page was up or down, in the time that each "
        "point looks back on. What is missing to the length of that time is unknown, neither up nor down. "
        f"{NO_OBJECTIVE}",
        [Query(MEASURED, PAGE)],
        Look("s", least=0),
        width=8,
    )


def _share() -> Made:
    return lines(
        "Share of confirmed time that was bad",
        "Bad seconds of those that were measured, in the time that each point looks back on. The dashed "
        "line is what the usual promise of 99.99 % leaves: 0.01 %. Slices are whole, so a short window "
        f"jumps. {NO_OBJECTIVE}",
        [Query(ratio(BAD, MEASURED), PAGE)],
        Look("percentunit", 3, at_most(0.0001), least=0),
        width=8,
    )
