"""The lower half of the dashboard *Page*: what browsers, the edge and failures say."""

from __future__ import annotations

from page_scope import PROBED, SEEN
from parts import (
    GREEN,
    GREY,
    ORANGE,
    RED,
    YES_IS_BAD,
    YES_IS_GOOD,
    Column,
    Look,
    Made,
    Query,
    at_least,
    at_most,
    bars,
    lines,
    rows,
    states,
)
from queries import increase, quantile, ratio, up_share, within

SCREEN = "landwatch_first_screen_seconds"
VISITOR = "variant, profile, network"
OF_VISITOR = "{{variant}} {{profile}} {{network}}"
EVERYWHERE = "region, probe, variant"
FROM = "{{region}} {{probe}} {{variant}}"
TIMES = "first_screen|fcp|lcp|speed_index|tbt"


def browser() -> list[Made]:
    """What browsers say, whatever kind of probe is chosen."""
    return [_screens(), _screens_within(), _vitals(), _shift()]


def edge() -> list[Made]:
    """Who answers, over what, and from where."""
    return [_http3(), _far(), _cache(), _edges(), _front(), _certificates()]


def failures() -> list[Made]:
    """What went wrong."""
    return [_up(), _outcomes(), _share(), _faults()]


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


def _http3() -> Made:
    return states(
        "HTTP/3 works",
        "Whether the http3 probe's last visit came over HTTP/3, for each region. A gap is where that is "
        "not known.",
        [Query(f'max by (region) (landwatch_http3{{{SEEN}, state="works"}})', "{{region}}")],
        YES_IS_GOOD,
        width=8,
        height=6,
    )


def _far() -> Made:
    return states(
        "Served from another continent",
        "Whether the last answer came from an edge on another continent than the region's, by what the "
        "edge says of itself. A gap is where one of the two is not known.",
        [Query(f"max by ({EVERYWHERE}) (landwatch_edge_far{{{SEEN}}})", FROM)],
        YES_IS_BAD,
        width=8,
        height=6,
    )


def _cache() -> Made:
    hits = increase(
        "landwatch_cache_responses_total", f'{PROBED}, status="hit"', "$window", "region, variant"
    )
    told = increase("landwatch_cache_responses_total", PROBED, "$window", "region, variant")
    return lines(
        "Answers out of the edge's cache",
        "The share of answers to the chosen kind of probe that the edge calls a hit, of those of which it "
        "says what its cache did. Where it never says, there is no line.",
        [Query(ratio(hits, told), "{{region}} {{variant}}")],
        Look("percentunit", 1, least=0, most=1),
        width=8,
        height=6,
    )


def _edges() -> Made:
    return rows(
        "Who answered last",
        "The network and point of presence that answered the last visit, as its headers and names tell. A "
        "page of which no network is recognised has no row.",
        ("region", "probe", "variant", "network", "pop", "continent"),
        [
            Column(
                "answered",
                f"max by ({EVERYWHERE}, network, pop, continent) (landwatch_edge_info{{{SEEN}}})",
                meanings={1: ("last", GREY)},
            )
        ],
        width=12,
        height=7,
    )


def _front() -> Made:
    def last(metric: str, only: str = "") -> str:
        return f"max by ({EVERYWHERE}) ({metric}{{{SEEN}{only}}})"

    return rows(
        "What stands in front",
        "Addresses that were up and down when each was last visited, how long a look-up's answer may be "
        "kept, whether the last answer looked shielded (1 surely, 0.5 perhaps, 0 no), and whether an "
        "origin served strangers. All passive: nothing was attacked. A cell is empty where it is not known.",
        ("region", "probe", "variant"),
        [
            Column("shield", last("landwatch_shield_confidence"), decimals=1),
            Column("origin exposed", last("landwatch_origin_exposed"), meanings=YES_IS_BAD),
            Column("addresses up", last("landwatch_addresses", ', state="up"'), decimals=0),
            Column(
                "addresses down",
                last("landwatch_addresses", ', state="down"'),
                decimals=0,
                steps=((None, GREEN), (1, RED)),
            ),
            Column("DNS kept for", last("landwatch_dns_ttl_seconds"), "s"),
        ],
        width=12,
        height=7,
    )


def _certificates() -> Made:
    return bars(
        "Certificate: days left",
        "Until the certificate ends that the page last showed to each region. Red is below 14 days.",
        [
            Query(
                f"sort((min by (region) (landwatch_tls_expiry_timestamp_seconds{{{SEEN}}}) - time()) / "
                "86400)",
                "{{region}}",
            )
        ],
        Look("suffix: days", 1, ((None, RED), (14, ORANGE), (21, GREEN)), least=0),
        width=24,
        height=5,
    )


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
        Look("percentunit", 2, at_least(0.9999), most=1),
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
