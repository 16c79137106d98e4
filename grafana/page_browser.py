"""Panels of the dashboard *Page*: what browsers say."""

from __future__ import annotations

from look import (
    Look,
    Query,
    at_least,
    at_most,
)
from page_scope import SEEN
from parts import Made, lines
from queries import (
    quantile,
    within,
)

SCREEN = "landwatch_first_screen_seconds"
VISITOR = "variant, profile, network"
OF_VISITOR = "{{variant}} {{profile}} {{network}}"
TIMES = "first_screen|fcp|lcp|speed_index|tbt"


def browser() -> list[Made]:
    """What browsers say, whatever kind of probe is chosen."""
    return [_screens(), _screens_within(), _vitals(), _shift()]


def _screens() -> Made:
    return lines(
        "First screen: percentiles",
        "When everything in view had its final state, of browsers' visits that were up, all chosen regions "
        "together, as well as the buckets' edges tell it. Each point looks back over the time chosen "
        "above: with a visit every 15 min an hour holds four. The dashed line is the usual promise about "
        "the p75, 2.5 s.",
        [
            Query(quantile(share, SCREEN, SEEN, "$window", VISITOR), f"{name} {OF_VISITOR}")
            for name, share in {"p50": 0.5, "p75": 0.75, "p95": 0.95}.items()
        ],
        Look("s", steps=at_most(2.5), least=0),
    )


def _screens_within() -> Made:
    return lines(
        "First screen: visits within 2.5 s",
        "The share of the browsers' visits that were up whose first screen was there within 2.5 s. It is "
        "exact: 2.5 s is an edge of the buckets. A p75 of 2.5 s is kept where it is at least 75 %: the "
        "dashed line.",
        [Query(within("2.5", SCREEN, SEEN, "$window", VISITOR), f"within 2.5 s {OF_VISITOR}")],
        Look("percentunit", 1, at_least(0.75), least=0, most=1),
    )


def _vitals() -> Made:
    vital = f'landwatch_vital{{{SEEN}, vital=~"{TIMES}"}}'
    return lines(
        "Vitals of the last visit",
        "Times of the browser's last visit at each scrape: first screen, first and largest contentful "
        "paint, speed index, total blocking time. They are lab figures of one visit each, not what people "
        "saw.",
        [Query(f"max by (vital, region, variant) ({vital})", "{{vital}} {{region}} {{variant}}")],
        Look("s", steps=at_most(2.5), least=0),
    )


def _shift() -> Made:
    return lines(
        "Layout shift of the last visit",
        "The cumulative layout shift (CLS) of the browser's last visit at each scrape: a plain number. The "
        "dashed line is 0.1, which Google calls good; nobody promised it unless an objective says so.",
        [
            Query(
                f'max by (region, variant) (landwatch_vital{{{SEEN}, vital="cls"}})',
                "cls {{region}} {{variant}}",
            )
        ],
        Look("none", 3, at_most(0.1), least=0),
    )
