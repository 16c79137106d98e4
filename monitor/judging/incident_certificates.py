"""Certificates: what this agent's own samples said about when they end, and whether that is soon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from monitor.judging.incident_course import Edge, Matter, Seen
from monitor.judging.incident_matters import Looks
from monitor.judging.incident_plan import PageKey, PagePlan
from monitor.metrics.readings import moment, part
from monitor.sla.incidents import Finding, IncidentKind, Look
from probes.sample import Attempt, Sample

SOON = 14.0
"""Days before its end at which a certificate expires soon, where no objective says another number."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that a page showed."""

    ends: datetime
    at: datetime
    """When it was seen."""
    sample: str


class Certificates:
    """The certificates that this region sees. Each region has its own word on them: edges differ."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._seen: dict[PageKey, Certificate] = {}

    def record(self, sample: Sample) -> None:
        """Take note of the certificate in a sample. It is called on the event loop, and takes no time."""
        tls = sample.evidence.get("tls")
        if tls is None or sample.attempt is not Attempt.SCHEDULED:
            return
        said = part(tls, "not_after")
        ends = _moment(said) if isinstance(said, str) else None
        if ends is not None:
            self._seen[sample.vendor, sample.page] = Certificate(ends, sample.at, sample.id)

    def looks(self, plans: Mapping[PageKey, PagePlan], now: datetime) -> Looks:
        """The look at each certificate that is known."""
        seen = dict(self._seen)  # the loop's thread adds to it
        found: dict[Matter, list[Seen]] = {}
        for key, plan in plans.items():
            certificate = seen.get(key)
            if certificate is not None:
                look = look_at(certificate, soon(plan), self._region, now)
                found[Matter(IncidentKind.CERTIFICATE, *key, self._region)] = [look]
        return found


@lru_cache(maxsize=4096)
def _moment(said: str) -> datetime | None:
    """What a certificate says of its end, which is the same at every visit."""
    seconds = moment(said)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def soon(plan: PagePlan) -> timedelta:
    """How long before its end the certificate of a page expires soon."""
    promised = [one.target for one in plan.promises if one.indicator == "tls_expiry_days"]
    return timedelta(days=max(promised, default=SOON))


def look_at(certificate: Certificate, least: timedelta, region: str, now: datetime) -> Seen:
    """Whether a certificate expires soon."""
    left = certificate.ends - now
    edge = Edge(certificate.at, certificate.sample)
    if left >= least:
        return Seen(Finding(now, Look.GOOD, sample=certificate.sample), lambda: edge)
    finding = Finding(
        at=now,
        look=Look.BAD,
        reason=f"it ends at {certificate.ends:%Y-%m-%d %H:%M} UTC",
        regions=(region,),
        sample=certificate.sample,
        severity=max(0.0, (least - left) / timedelta(days=1)),
    )
    return Seen(finding, lambda: edge)
