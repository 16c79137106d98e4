"""The dashboard *Page*: one page, as each region and kind of probe sees it."""

from __future__ import annotations

from frame import Mark, Section, dashboard, one_of, several
from grafana_foundation_sdk.models.dashboard import Dashboard
from look import (
    BLUE,
    GREEN,
    RED,
    VERDICTS,
    Look,
    Query,
    at_most,
)
from page_browser import browser
from page_edge import edge
from page_failures import failures
from page_scope import OF_VISIT, PAGE, PHASED, PROBED, SEEN, VISIT
from parts import Made, bars, lines, numbers
from queries import (
    INCIDENT,
    judged,
    mean_of_means,
    means,
    quantile,
    verdict,
    within,
)

PHASES = ("dns", "connect", "tls", "wait", "transfer")
PERCENTILES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
TTFB = "landwatch_ttfb_seconds"


def page() -> Dashboard:
    """The dashboard."""
    return dashboard(
        "landwatch-page",
        "landwatch / Page",
        "One page, as each region and kind of probe sees it. Red stretches are outages.",
        [
            one_of("vendor", "Vendor", "label_values(landwatch_samples_total, vendor)"),
            one_of("page", "Page", 'label_values(landwatch_samples_total{vendor="$vendor"}, page)'),
            several("region", "Region", f"label_values(landwatch_samples_total{{{PAGE}}}, region)"),
            one_of("probe", "Probe", f"label_values(landwatch_samples_total{{{SEEN}}}, probe)", "http"),
        ],
        _sections(),
        marked=[
            _marked("Outages", "red", 'kind="outage"'),
            _marked("Other incidents", "orange", 'kind!="outage"'),
        ],
    )


def _marked(name: str, colour: str, only: str) -> Mark:
    expr = f"{judged('landwatch_incident_open', PAGE, INCIDENT, only)} == 1"
    return Mark(name, colour, expr, "{{kind}}", "{{vendor}} / {{page}} {{region}} {{variant}} {{objective}}")


def _sections() -> list[Section]:
    return [
        ("Now", [_up(), _verdicts(), _incidents(), _unvisited()]),
        ("Where the time goes", [_phases()]),
        ("TTFB", [_by_region(), _percentiles(), _within(), _by_protocol(), _by_probe()]),
        ("First screen", browser()),
        ("HTTP/3, edge and cache", edge()),
        ("Outcomes and faults", failures()),
    ]


def _up() -> Made:
    return numbers(
        "Last visit",
        "Whether the last scheduled visit of the chosen kind of probe was up, for each region. A region is "
        "missing while its last visit was blocked, unknown or tainted, and before the first one. One "
        "region alone makes no outage.",
        [Query(f"max by (region, variant) (landwatch_up{{{PROBED}}})", "{{region}} {{variant}}")],
        Look("none", meanings={0: ("down", RED), 1: ("up", GREEN)}),
    )


def _verdicts() -> Made:
    return numbers(
        "Verdicts",
        "The verdict in force on each objective of the page. It is the judge's, of all regions together: "
        "the choices of regions and probe do not change it.",
        [Query(verdict(PAGE), "{{objective}}")],
        Look("none", meanings=VERDICTS),
    )


def _incidents() -> Made:
    return numbers(
        "Open incidents",
        "Incidents of the page that are open now, by kind, whatever region and probe are chosen. Silence "
        "means that nothing was measured, not that the page was down.",
        [Query(f"sum by (kind) ({judged('landwatch_incident_open', PAGE, INCIDENT)})", "{{kind}}")],
        Look("none", steps=((None, GREEN), (1, RED))),
    )


def _unvisited() -> Made:
    newest = f"max by ({VISIT}) (landwatch_last_sample_timestamp_seconds{{{SEEN}}})"
    return bars(
        "Since the last visit",
        "How long ago each kind of probe last visited the page from any of the chosen regions, whatever "
        "came of it. Hold it against how often the config says it does.",
        [Query(f"sort_desc(time() - {newest})", OF_VISIT)],
        Look("s", steps=((None, BLUE),), least=0),
        width=6,
        height=4,
    )


def _phases() -> Made:
    def phase(name: str) -> Query:
        seen = f'landwatch_phase_seconds{{{PHASED}, phase="{name}"}}'
        return Query(f"avg by (phase) (avg_over_time({seen}[$__rate_interval]))", "{{phase}}")

    return lines(
        "Phases from $region",
        "What the last visit before each scrape took, stacked, failed visits up to where they failed "
        "included: a sample of the visits, not all of them. Without a redirect, all but transfer is the "
        "TTFB; with one, each phase is the sum over the hops. A phase that was not reached is left out, "
        "not 0. Kinds of probe that look in variants (channel) are not here, because variants stacked are "
        "no visit.",
        [phase(name) for name in PHASES],
        Look("s", least=0),
        stacked=True,
        repeat="region",
        width=24,
    )


def _by_region() -> Made:
    return lines(
        "TTFB: mean by region",
        "Mean time to the first byte of cold visits of the chosen kind of probe that were up, redirects "
        "included, for each region, and the mean of the regions' means, as the usual promise has it. Each "
        "point looks back over the time chosen above. The dashed line is the usual promise of 300 ms.",
        [
            Query(means(TTFB, PROBED, "$window", "region, variant"), "{{region}} {{variant}}"),
            Query(mean_of_means(TTFB, PROBED, "$window", "variant"), "mean of the regions {{variant}}"),
        ],
        Look("s", steps=at_most(0.3), least=0),
    )


def _percentiles() -> Made:
    return lines(
        "TTFB: percentiles",
        "Percentiles of the visits of the chosen kind of probe, all chosen regions together, as well as "
        "the buckets' edges tell them; those of the reports are within 1 %. Failed visits have no part in "
        "them.",
        [
            Query(quantile(share, TTFB, PROBED, "$window", "variant"), f"{name} {{{{variant}}}}")
            for name, share in PERCENTILES.items()
        ],
        Look("s", steps=at_most(0.3), least=0),
    )


def _within() -> Made:
    return lines(
        "TTFB: visits within 300 ms",
        "The share of the visits that were up whose TTFB was at most 300 ms, all chosen regions together. "
        "It is exact: 300 ms is an edge of the buckets. The usual promise is about the mean, so no share "
        "is promised.",
        [Query(within("0.3", TTFB, PROBED, "$window", "variant"), "within 300 ms {{variant}}")],
        Look("percentunit", 1, least=0, most=1),
        width=8,
    )


def _by_protocol() -> Made:
    return lines(
        "TTFB: mean by protocol",
        "The mean of the regions' means for each protocol of the last hop. The kinds of probe make "
        "different visits, so only the lines of one kind can be held against each other.",
        [
            Query(
                mean_of_means(TTFB, SEEN, "$window", "probe, variant, protocol"),
                "{{probe}} {{variant}} {{protocol}}",
            )
        ],
        Look("s", steps=at_most(0.3), least=0),
        width=8,
    )


def _by_probe() -> Made:
    return lines(
        "TTFB: mean by kind of probe",
        "The mean of the regions' means as each kind of probe and variant, such as an advertising channel, "
        "sees the page. A browser's TTFB is by its own clock.",
        [Query(mean_of_means(TTFB, SEEN, "$window", "probe, variant"), OF_VISIT)],
        Look("s", steps=at_most(0.3), least=0),
        width=8,
    )
