"""The tables of the dashboard *Fleet*: what was promised, and how far from it each page is."""

from __future__ import annotations

from look import (
    GREEN,
    ORANGE,
    RED,
    VERDICTS,
    Column,
    Steps,
)
from parts import Made, rows
from queries import (
    INCIDENT,
    OBJECTIVE,
    PAGES,
    judged,
    promised,
    verdict,
)

OF_OBJECTIVE = "{{vendor}} / {{page}}: {{objective}}"
NO_REGION = "It is the judge's, of all regions together: the choice of regions does not change it."
VALUE, TARGET = "landwatch_objective_value", "landwatch_objective_target"
BUDGET, COVERAGE = "landwatch_objective_budget_remaining_ratio", "landwatch_objective_coverage_ratio"
OF_TARGET = f"{judged(VALUE, PAGES)}\n  / {judged(TARGET, PAGES)}"
SECONDS = 'unit="seconds"'
USED: Steps = ((None, GREEN), (0.8, ORANGE), (1.000001, RED))
"""How much of a target a time is; all of it is still kept."""
LEFT: Steps = ((None, RED), (0, ORANGE), (0.25, GREEN))


def tables() -> list[Made]:
    """Every vendor and promise against its targets, and what is open."""
    return [_vendors(), _times(), _availabilities(), _others(), _open()]


def _vendors() -> Made:
    def count(finding: str) -> str:
        one = judged("landwatch_objective_verdict", PAGES, only=f'verdict="{finding}"')
        return f"sum by (vendor) ({one})"

    used = promised(OF_TARGET, PAGES, SECONDS)
    left = judged(BUDGET, PAGES)
    opened = judged("landwatch_incident_open", PAGES, by=INCIDENT)
    return rows(
        "Vendors",
        "How many objectives of each vendor's pages are breached, unproven and met, how many incidents are "
        "open, how much of its target the worst of its times is, and the least that is left of an error "
        "budget. Most breaches first, then the least budget. Unproven is neither met nor breached. "
        f"{NO_REGION}",
        ("vendor",),
        [
            Column("breached", count("breached"), decimals=0, steps=((None, GREEN), (1, RED))),
            Column("unproven", count("unproven"), decimals=0),
            Column("met", count("met"), decimals=0),
            Column(
                "open incidents", f"sum by (vendor) ({opened})", decimals=0, steps=((None, GREEN), (1, RED))
            ),
            Column(
                "worst time, of its target", f"max by (vendor) (\n{used}\n)", "percentunit", 0, steps=USED
            ),
            Column("least budget left", f"min by (vendor) ({left})", "percentunit", 1, steps=LEFT),
        ],
        worst=(("breached", True), ("least budget left", False)),
        height=6,
    )


def _verdict(only: str) -> Column:
    return Column("verdict", promised(verdict(PAGES), PAGES, only), meanings=VERDICTS)


def _judged(name: str, metric: str, only: str, unit: str = "", decimals: int | None = None) -> Column:
    """What the judge says of some objectives."""
    return Column(name, promised(judged(metric, PAGES), PAGES, only), unit, decimals)


def _coverage(only: str) -> Column:
    return _judged("coverage", COVERAGE, only, "percentunit", 2)


def _times() -> Made:
    return rows(
        "Times against their targets",
        "Objectives in seconds (TTFB, first screen, recovery), breached ones first, then by how near the "
        "figure is to its target. The figure is over the objective's own window, not over the time shown "
        f"here. A cell is empty where nothing was measured. {NO_REGION}",
        ("vendor", "page", "objective"),
        [
            _verdict(SECONDS),
            _judged("figure", VALUE, SECONDS, "s", 3),
            _judged("target", TARGET, SECONDS, "s"),
            Column("of the target", promised(OF_TARGET, PAGES, SECONDS), "percentunit", 0, steps=USED),
            _coverage(SECONDS),
        ],
        worst=(("verdict", True), ("of the target", True)),
    )


def _availabilities() -> Made:
    only = 'indicator="availability"'
    return rows(
        "Availabilities against their targets",
        "Objectives about availability, breached ones first, then by what is left of the error budget; "
        "below 0 it is overdrawn. Unknown time is neither up nor down: coverage says how much of the "
        f"objective's window is known. {NO_REGION}",
        ("vendor", "page", "objective"),
        [
            _verdict(only),
            _judged("figure", VALUE, only, "percentunit", 4),
            _judged("target", TARGET, only, "percentunit", 4),
            Column("budget left", judged(BUDGET, PAGES), "percentunit", 1, steps=LEFT),
            _coverage(only),
        ],
        worst=(("verdict", True), ("budget left", False)),
    )


def _others() -> Made:
    only = 'unit!="seconds", indicator!="availability"'
    kinds = judged("landwatch_objective_info", PAGES, f"{OBJECTIVE}, indicator, unit", only)
    return rows(
        "Other promises",
        "Objectives that are neither times nor availabilities (HTTP/3, tracking, certificates, layout "
        "shift), breached ones first. Figure and target are in the unit that stands beside them: a share "
        f"is from 0 to 1, and a grade is its place, from F, which is 0, to A+, which is 5. {NO_REGION}",
        ("vendor", "page", "objective", "indicator", "unit"),
        [
            Column("promised", kinds, hidden=True),
            _verdict(only),
            _judged("figure", VALUE, only, decimals=4),
            _judged("target", TARGET, only, decimals=4),
            _coverage(only),
        ],
        worst=(("verdict", True),),
    )


def _open() -> Made:
    return rows(
        "What is open",
        "Each incident that is open now. Region, variant and objective are there for the kinds that have "
        "one. Without a row, nothing is open, or nothing is judged: the dashboard of the monitor itself "
        f"says which. {NO_REGION}",
        ("vendor", "page", "kind", "region", "variant", "objective"),
        [
            Column(
                "open",
                f"{judged('landwatch_incident_open', PAGES, by=INCIDENT)} == 1",
                meanings={1: ("open", RED)},
            )
        ],
        height=7,
    )
