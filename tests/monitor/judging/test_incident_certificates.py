"""Certificates that expire soon, by what this region's samples said last."""

from __future__ import annotations

from datetime import timedelta

import pytest
from simulator import moment_of, sample_at
from watching import config

from monitor.judging.incident_certificates import Certificates
from monitor.judging.incident_course import Matter, Seen
from monitor.judging.incident_plan import plans_of
from monitor.sla.incidents import IncidentKind, Look
from probes.sample import Attempt, Sample

MATTER = Matter(IncidentKind.CERTIFICATE, "vendor", "page", "r0")


def showing(days: float, at: float = 0.0, **more: object) -> Sample:
    ends = (moment_of(0) + timedelta(days=days)).isoformat()
    return sample_at(at, evidence={"tls": {"not_after": ends}}, **more)


def look(*samples: Sample, at: float = 0.0, more: str = "") -> Seen | None:
    certificates = Certificates("r0")
    for sample in samples:
        certificates.record(sample)
    plans = {plan.key: plan for plan in plans_of(config(more=more))}
    found = certificates.looks(plans, moment_of(at))
    return found[MATTER][0] if found else None


@pytest.mark.parametrize(("days", "found"), [(14.0, Look.GOOD), (13.99, Look.BAD), (-1.0, Look.BAD)])
def test_a_certificate_expires_soon_from_two_weeks_before_its_end(days: float, found: Look) -> None:
    seen = look(showing(days))
    assert seen is not None
    assert seen.finding.look is found
    assert seen.edge().at == moment_of(0)  # type: ignore[union-attr]


def test_what_was_seen_of_it_is_told() -> None:
    seen = look(showing(4.0))
    assert seen is not None
    assert seen.finding.reason == "it ends at 2026-01-05 00:00 UTC"
    assert (seen.finding.regions, seen.finding.severity) == (("r0",), 10.0)
    assert seen.finding.sample == showing(4.0).id


def test_the_newest_sample_counts() -> None:
    seen = look(showing(4.0), showing(90.0, 15.0))
    assert seen is not None
    assert seen.finding.look is Look.GOOD


PROMISE = "objectives: [{name: e, indicator: tls_expiry_days, at_least: 30, probe: http}]"


def test_an_objective_says_how_soon_is_soon() -> None:
    assert look(showing(20.0)).finding.look is Look.GOOD  # type: ignore[union-attr]
    assert look(showing(20.0), more=PROMISE).finding.look is Look.BAD  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "sample",
    [
        sample_at(0.0),
        sample_at(0.0, evidence={"tls": {}}),
        sample_at(0.0, evidence={"tls": "odd"}),
        sample_at(0.0, evidence={"tls": {"not_after": "some day"}}),
        showing(1.0, attempt=Attempt.BURST),
        showing(1.0, page="another"),
    ],
)
def test_what_says_nothing_about_it_is_no_look(sample: Sample) -> None:
    assert look(sample) is None
