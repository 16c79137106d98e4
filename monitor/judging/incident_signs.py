"""Signs: what this agent's own samples say of HTTP/3 and of tracking. One bad sample is no incident yet.

Each is a look of its own, so that an incident opens after as many bad samples in a row as its kind takes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from monitor.judging.incident_course import Edge, Matter, Seen
from monitor.judging.incident_matters import Looks
from monitor.judging.incident_plan import PageKey, PagePlan
from monitor.sla.incidents import Finding, IncidentKind, Look
from probes.sample import Attempt, Sample

KEPT = 8
"""Samples that are kept of each, so that a store that was away misses none of the newest."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of sign is read."""

    kind: IncidentKind
    vital: str
    bad: float
    """The vital's value that is bad."""
    words: str


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "http3": _Kind(IncidentKind.HTTP3, "http3_broken", 1.0, "it is advertised and does not work"),
        "channel": _Kind(IncidentKind.TRACKING, "tracking", 0.0, "parameters got lost on the way"),
    }
)
"""By the kind of probe that sees it."""


class Signs:
    """The signs that this region sees. Each region, and each advertising channel, has its own."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._seen: dict[tuple[PageKey, str, str], deque[Seen]] = {}

    def record(self, sample: Sample) -> None:
        """Take note of the sign in a sample. It is called on the event loop, and takes no time."""
        read = _KINDS.get(sample.probe)
        if read is None or sample.attempt is not Attempt.SCHEDULED or sample.tainted:
            return
        value = sample.vitals.get(read.vital)
        if value is not None:
            key = (sample.vendor, sample.page), sample.probe, sample.variant or ""
            seen = self._seen.setdefault(key, deque(maxlen=KEPT))
            seen.append(self._look(sample, read.words if value == read.bad else None))

    def matters(self, plans: Mapping[PageKey, PagePlan]) -> list[Matter]:
        """All that there is a sign of, be it good."""
        seen = list(self._seen)  # the loop's thread adds to it
        return [self._matter(key, probe, channel) for key, probe, channel in seen if key in plans]

    def looks(self, plans: Mapping[PageKey, PagePlan]) -> Looks:
        """The looks at all that is kept; those that were taken before change nothing."""
        found: dict[Matter, list[Seen]] = {}
        for (key, probe, channel), signs in list(self._seen.items()):  # the loop's thread adds to it
            if (plan := plans.get(key)) is not None:
                found[self._matter(key, probe, channel)] = _counted(plan, signs.copy())
        return found

    def _matter(self, key: PageKey, probe: str, channel: str) -> Matter:
        subject = f"{self._region}/{channel}" if channel else self._region
        return Matter(_KINDS[probe].kind, *key, subject)

    def _look(self, sample: Sample, wrong: str | None) -> Seen:
        bad = wrong is not None
        finding = Finding(
            at=sample.at,
            look=Look.BAD if bad else Look.GOOD,
            reason=wrong or "",
            regions=(self._region,) if bad else (),
            sample=sample.id,
        )
        return Seen(finding, lambda: Edge(finding.at, finding.sample))


def _counted(plan: PagePlan, signs: Collection[Seen]) -> list[Seen]:
    """Those outside of declared maintenance, in the order of their time."""
    seen = sorted(signs, key=lambda one: one.finding.at)
    if not plan.maintenance:
        return seen
    moments = [int(one.finding.at.timestamp()) for one in seen]
    return [one for one, at in zip(seen, moments, strict=True) if not plan.muted(at, at + 1)]
