"""Panels of the dashboard *Page*: who answers, over what, and from where."""

from __future__ import annotations

from look import (
    GREEN,
    GREY,
    ORANGE,
    RED,
    YES_IS_BAD,
    YES_IS_GOOD,
    Column,
    Look,
    Query,
)
from page_scope import EVERYWHERE, FROM, PROBED, SEEN
from parts import Made, bars, lines, rows, states
from queries import (
    increase,
    ratio,
)


def edge() -> list[Made]:
    """Who answers, over what, and from where."""
    return [_http3(), _far(), _cache(), _edges(), _front(), _certificates()]


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
        Look("suffix:days", 1, ((None, RED), (14, ORANGE), (21, GREEN)), least=0),
        width=24,
        height=5,
    )
