"""Alerts about what else was found: certificates that end, HTTP/3 that is broken, tracking that gets lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.config.objectives import Objective
from monitor.judging.incident_certificates import SOON
from monitor.rules.failures import open_incidents
from monitor.rules.maintenance import unmuted
from monitor.rules.promql import number
from monitor.rules.rule import Alert, Group, Places, Severity
from monitor.rules.words import LABELLED, PAGE_LABELS, of_page, told
from monitor.watch import Watch

LAST_DAYS = 3
"""Days before its end at which a certificate is urgent."""
_REGION = "{{ $labels.region }}"
_TITLE = LABELLED.title


def findings(
    watches: Sequence[Watch], objectives: Sequence[Objective], places: Places, *, muted: bool
) -> Group:
    """The alerts, those about a kind of probe only where one watches a page. ``muted``: as for promises."""
    slowest = _slowest(watches)
    found = [_expires_soon(objectives, places), _expires_now(places)]
    if "http3" in slowest:
        found.append(_http3(slowest["http3"], places, muted=muted))
    if "channel" in slowest:
        found.append(_tracking(slowest["channel"], places, muted=muted))
    return Group("landwatch-findings", 15.0, tuple(found))


def _slowest(watches: Sequence[Watch]) -> Mapping[str, Watch]:
    """By kind of probe, the one that runs most seldom."""
    return {one.target.probe: one for one in sorted(watches, key=lambda watch: watch.every)}


def _time_left() -> str:
    return told(
        "min(landwatch_tls_expiry_timestamp_seconds{vendor=%q,page=%q,region=%q}) - time()",
        " It ends {{ if lt .Value 0.0 }}in the past: visitors are warned off{{ else }}in "
        "{{ .Value | humanizeDuration }}{{ end }}.",
        *PAGE_LABELS,
        "$labels.region",
    )


def _expires_soon(objectives: Sequence[Objective], places: Places) -> Alert:
    promised = [one for one in objectives if one.indicator == "tls_expiry_days"]
    days = f"{number(SOON)} days{', or as many as were promised' if promised else ''}"
    return Alert(
        name="LandwatchCertificateExpiresSoon",
        expr=open_incidents("certificate", "region"),
        severity=Severity.TICKET,
        annotations=of_page(
            places,
            "has a certificate that ends soon",
            f"The certificate that {_TITLE} shows to {_REGION} has less than {days} to go.{_time_left()} "
            "Ask the vendor whether it is renewed by itself.",
        ),
        hold=places.hold,
    )


def _expires_now(places: Places) -> Alert:
    return Alert(
        name="LandwatchCertificateExpiresNow",
        expr=(
            "min by (vendor, page, region) (landwatch_tls_expiry_timestamp_seconds) - time() "
            f"< {LAST_DAYS * 86_400}"
        ),
        severity=Severity.PAGE,
        annotations=of_page(
            places,
            f"has a certificate with less than {LAST_DAYS} days to go",
            f"The certificate that {_TITLE} shows to {_REGION} has less than {LAST_DAYS} days to go."
            f"{_time_left()} From then on browsers show a warning in place of the page.",
        ),
        hold=places.hold,
    )


def _http3(slowest: Watch, places: Places, *, muted: bool) -> Alert:
    """Three looks in a row. A series that is missing for a moment ends none of them."""
    broken = 'max by (vendor, page, region) (last_over_time(landwatch_http3{state="broken"}[5m])) == 1'
    return Alert(
        name="LandwatchHttp3Broken",
        expr=unmuted(broken, muted),
        severity=Severity.TICKET,
        annotations=of_page(
            places,
            f"advertises HTTP/3 to {_REGION}, and it fails",
            f"{_TITLE} says that it speaks HTTP/3, and three looks in a row from {_REGION} got no answer "
            "over it: 0 of 3, where all were promised. Browsers that believe it lose time until they fall "
            "back.",
        ),
        lasting=2 * slowest.every + slowest.target.timeout,
    )


def _tracking(slowest: Watch, places: Places, *, muted: bool) -> Alert:
    """Two looks in a row: each is a whole visit, and what it lost is lost for every visitor."""
    lost = (
        "max by (vendor, page, region, variant) "
        '(last_over_time(landwatch_vital{probe="channel",vital="tracking"}[5m])) == 0'
    )
    return Alert(
        name="LandwatchTrackingLost",
        expr=unmuted(lost, muted),
        severity=Severity.TICKET,
        annotations=of_page(
            places,
            "loses where visitors of {{ $labels.variant }} came from",
            f"On the way to {_TITLE}, parameters that {{{{ $labels.variant }}}} adds to the address are "
            f"lost: two visits in a row from {_REGION} kept not all of them, where all were promised. What "
            "is paid for there can't be told from other visits. `landwatch check --probe channel` says "
            "which are lost.",
        ),
        lasting=slowest.every + slowest.target.timeout,
    )
