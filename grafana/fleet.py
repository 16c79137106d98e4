"""The dashboard *Fleet*: every vendor against its promises, the worst first."""

from __future__ import annotations

from fleet_targets import NO_REGION, OF_OBJECTIVE, tables
from frame import Section, dashboard, several
from grafana_foundation_sdk.models.dashboard import Dashboard
from look import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    YES_IS_BAD,
    YES_IS_GOOD,
    YES_OR_NO,
    Column,
    Look,
    Query,
    Steps,
    at_least,
    at_most,
)
from parts import Made, bars, lines, numbers, rows
from queries import (
    INCIDENT,
    PAGES,
    PLACES,
    judged,
    mean_of_means,
    quantile,
    up_share,
)

VISIT = "{{vendor}} / {{page}} {{probe}} {{variant}}"


def fleet() -> Dashboard:
    """The dashboard."""
    return dashboard(
        "landwatch-fleet",
        "landwatch / Fleet",
        "Every vendor against its promises, the worst first.",
        [
            several("vendor", "Vendor", "label_values(landwatch_samples_total, vendor)"),
            several("page", "Page", 'label_values(landwatch_samples_total{vendor=~"$vendor"}, page)'),
            several("region", "Region", f"label_values(landwatch_samples_total{{{PAGES}}}, region)"),
        ],
        _sections(),
    )


def _sections() -> list[Section]:
    return [
        ("Now", [_verdicts(), _incidents(), _unvisited()]),
        ("Against the targets", tables()),
        ("Speed", [_ttfb(), _ttfb_ranked(), _first_screen()]),
        ("Availability", [_up(), _budget()]),
        ("HTTP/3 and certificates", [_http3(), _certificates()]),
    ]


def _verdicts() -> Made:
    def count(finding: str, steps: Steps) -> Query:
        one = judged("landwatch_objective_verdict", PAGES, only=f'verdict="{finding}"')
        return Query(f"sum({one})", finding, steps)

    return numbers(
        "Promises by verdict",
        "How many objectives of these pages are breached, unproven and met. Unproven is neither: the "
        f"evidence does not carry a verdict yet. {NO_REGION} Promises that were never judged are not "
        "counted.",
        [
            count("breached", ((None, GREEN), (1, RED))),
            count("unproven", ((None, GREY),)),
            count("met", ((None, GREEN),)),
        ],
        Look("none", steps=((None, BLUE),)),
        width=8,
    )


def _incidents() -> Made:
    return numbers(
        "Open incidents",
        "Incidents that are open now, by kind. An advisory is one region's trouble, which no other "
        f"confirms; silence means that nothing was measured, not that the page was down. {NO_REGION}",
        [Query(f"sum by (kind) ({judged('landwatch_incident_open', PAGES, by=INCIDENT)})", "{{kind}}")],
        Look("none", steps=((None, GREEN), (1, RED))),
        width=10,
    )


def _unvisited() -> Made:
    newest = f"max by (vendor, page) (landwatch_last_sample_timestamp_seconds{{{PLACES}}})"
    return numbers(
        "Longest without a visit",
        "How long ago the page that waits longest was last visited, by any kind of probe from any region "
        "that was chosen, whatever came of it. A page that was never visited is not in it.",
        [Query(f"max(time() - {newest})", "page that waits longest")],
        Look("s", steps=((None, BLUE),)),
        width=6,
    )


def _ttfb() -> Made:
    return lines(
        "TTFB: mean of the regions' means",
        "Mean time to the first byte of cold visits that were up, redirects included, each region with the "
        "same weight. Each point looks back over the time chosen above. The dashed line is the usual "
        "promise of 300 ms; a page's own target may be another (see Times against their targets). Kinds of "
        "probe and variants are kept apart.",
        [Query(mean_of_means("landwatch_ttfb_seconds", PLACES, "$window"), VISIT)],
        Look("s", steps=at_most(0.3), least=0),
    )


def _ttfb_ranked() -> Made:
    return bars(
        "TTFB over the time shown, worst first",
        "The same mean over all of the time that is shown. Red is above the usual promise of 300 ms.",
        [Query(f"sort_desc({mean_of_means('landwatch_ttfb_seconds', PLACES, '$__range')})", VISIT)],
        Look("s", 3, at_most(0.3), least=0),
    )


def _first_screen() -> Made:
    by = "vendor, page, probe, variant, profile, network"
    return lines(
        "First screen: p75",
        "The 75th percentile of when everything in view had its final state, of browsers' visits that were "
        "up, all regions together, as well as the buckets' edges tell it. Each point looks back over the "
        "time chosen above: with a visit every 15 min an hour holds four. The dashed line is the usual "
        "promise of 2.5 s.",
        [
            Query(
                quantile(0.75, "landwatch_first_screen_seconds", PLACES, "$window", by),
                "{{vendor}} / {{page}} {{variant}} {{profile}} {{network}}",
            )
        ],
        Look("s", steps=at_most(2.5), least=0),
        width=24,
    )


def _up() -> Made:
    return lines(
        "Visits that were up",
        "The share of scheduled visits that were up, of those that were up or down, all regions together. "
        "It is not the availability that was promised, which counts time that a quorum confirmed: one "
        "visit that fails moves it more. The dashed line is the usual promise of 99.99 %.",
        [Query(up_share(PLACES, "$window"), VISIT)],
        Look("percentunit", 3, at_least(0.9999), most=1),
    )


def _budget() -> Made:
    return lines(
        "Error budget left",
        "The share of each availability's error budget that is left in its window; below 0 it is "
        f"overdrawn. It does not foretell anything. {NO_REGION}",
        [Query(judged("landwatch_objective_budget_remaining_ratio", PAGES), OF_OBJECTIVE)],
        Look("percentunit", 1, at_least(0)),
    )


def _http3() -> Made:
    def state(name: str) -> str:
        return f'max by (vendor, page, region) (landwatch_http3{{{PLACES}, state="{name}"}})'

    return rows(
        "HTTP/3",
        "What the last visit of the http3 probe from each region found. Broken is what is advertised and "
        "fails; a cell is empty where it is not known. A page without that probe has no row.",
        ("vendor", "page", "region"),
        [
            Column("broken", state("broken"), meanings=YES_IS_BAD),
            Column("works", state("works"), meanings=YES_IS_GOOD),
            Column("advertised by Alt-Svc", state("advertised"), meanings=YES_OR_NO),
            Column("advertised in DNS", state("advertised_dns"), meanings=YES_OR_NO),
        ],
        worst=(("broken", True),),
        width=12,
    )


def _certificates() -> Made:
    ends = f"min by (vendor, page) (landwatch_tls_expiry_timestamp_seconds{{{PLACES}}})"
    return bars(
        "Certificates: days left, fewest first",
        "Until the certificate ends that a page showed last, the one that ends first where regions or "
        "kinds of probe saw several. Red is below 14 days. It does not say whether the certificate is "
        "valid otherwise.",
        [Query(f"sort(({ends} - time()) / 86400)", "{{vendor}} / {{page}}")],
        Look("suffix:days", 1, ((None, RED), (14, ORANGE), (21, GREEN)), least=0),
    )
