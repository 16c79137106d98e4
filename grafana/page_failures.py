"""Panels of the dashboard *Page*: what came of visits, and what went wrong."""

from __future__ import annotations

from look import (
    GREEN,
    RED,
    Column,
    Look,
    Query,
    at_least,
)
from page_scope import EVERYWHERE, FROM, PROBED, SEEN
from parts import Made, lines, rows, states
from queries import (
    increase,
    up_share,
)


def failures() -> list[Made]:
    """What went wrong."""
    return [_up(), _outcomes(), _share(), _faults()]


def _up() -> Made:
    return states(
        "Up, as each region sees it",
        "Whether the last scheduled visit at each scrape was up, by region and kind of probe. A gap is "
        "where that is not known: blocked, unknown or tainted. Visits between two scrapes are not in it.",
        [Query(f"max by ({EVERYWHERE}) (landwatch_up{{{SEEN}}})", FROM)],
        {0: ("down", RED), 1: ("up", GREEN)},
        height=9,
    )


def _outcomes() -> Made:
    counted = increase("landwatch_samples_total", f'{PROBED}, attempt="scheduled"', "$window", "outcome")
    return lines(
        "Visits by outcome",
        "About how many scheduled visits of the chosen kind of probe there were in the time that each "
        "point looks back on, by outcome; tainted ones are in it, bursts are not. Blocked is a shield's "
        "challenge, and unknown a fault of ours: neither is down.",
        [Query(counted, "{{outcome}}")],
        Look("none", 0, least=0),
        stacked=True,
        height=9,
    )


def _share() -> Made:
    return lines(
        "Visits that were up, by region",
        "The share of scheduled visits that were up, of those that were up or down. It is not the "
        "availability that was promised, which counts time that a quorum confirmed. The dashed line is the "
        "usual promise of 99.99 %.",
        [Query(up_share(SEEN, "$window", EVERYWHERE), FROM)],
        Look("percentunit", 3, at_least(0.9999), most=1),
        height=9,
    )


def _faults() -> Made:
    by = f"{EVERYWHERE}, outcome, fault"
    counted = increase(
        "landwatch_samples_total", f'{SEEN}, attempt="scheduled", outcome!="up"', "$__range", by
    )
    return rows(
        "What went wrong in the time shown",
        "About how many scheduled visits ended in each fault, the most frequent first; bursts are left "
        "out, or each failure would count many times over. Without a row, nothing went wrong that was seen.",
        ("region", "probe", "variant", "outcome", "fault"),
        [Column("visits", f"sort_desc({counted} > 0.5)", decimals=0)],
        worst=(("visits", True),),
        width=12,
        height=9,
    )
