"""The series of one target, and how a sample changes them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from monitor.metrics import declared
from monitor.metrics.block import Block, Frozen, label_pairs, series_line
from monitor.metrics.declared import Family
from monitor.metrics.evidence_series import EvidenceSeries
from monitor.metrics.readings import moment, number, part, word
from probes.sample import PHASES, Attempt, Fault, Hop, Outcome, Sample
from probes.target import Target

_FAULTS: dict[Outcome, list[Fault]] = {
    Outcome.DOWN: [fault for fault in Fault if fault not in (Fault.BLOCKED, Fault.INTERNAL)],
    Outcome.BLOCKED: [Fault.BLOCKED],
    Outcome.UNKNOWN: [Fault.INTERNAL],
}
"""The series that stand at 0 from the start: ``increase()`` does not see the first step of a new series."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of a target's histograms: what was promised of it is one of them."""

    ttfb: tuple[float, ...] = declared.TTFB.edges
    first_screen: tuple[float, ...] = declared.FIRST_SCREEN.edges


class TargetSeries:
    """What Prometheus is told about one target. Only the loop's thread touches it."""

    __slots__ = (
        "_counted",
        "_evidence",
        "_labels",
        "_last",
        "_not_after",
        "_phases",
        "_runs",
        "_samples",
        "_screens",
        "_target",
        "_tls",
        "_ttfb",
        "_up",
        "edges",
    )

    def __init__(self, target: Target, edges: Edges | None = None) -> None:
        self.edges = edges or Edges()
        """The edges of its histograms."""
        self._target = target
        labels = {
            "vendor": target.vendor,
            "page": target.page,
            "region": target.region,
            "probe": target.probe,
        }
        if target.variant is not None:
            labels[declared.VARIANT] = target.variant
        self._labels = label_pairs(labels)
        self._samples = Block()
        self._counted: dict[tuple[Outcome, Fault | None, Attempt], int] = {}
        self._count_from((Outcome.UP, None, Attempt.SCHEDULED))
        for outcome, faults in _FAULTS.items():
            for fault in faults:
                self._count_from((outcome, fault, Attempt.SCHEDULED))
        self._up = self._gauge(declared.UP)
        self._last = self._gauge(declared.LAST_SAMPLE)
        self._tls = self._gauge(declared.TLS_EXPIRY)
        self._not_after: object = None
        self._phases = Block([self._line(declared.PHASE, phase=phase) for phase in PHASES], None)
        self._runs = Block([self._line(declared.RUNS, result=result) for result in ("run", "skipped")])
        self._ttfb: dict[str, Block] = {}
        self._screens: dict[tuple[str, str], Block] = {}
        self._evidence = EvidenceSeries(self._labels)

    def record(self, sample: Sample) -> None:
        """Count a sample, and let a scheduled one speak for the page."""
        counted = (sample.outcome, sample.fault, sample.attempt)
        index = self._counted.get(counted)
        if index is None:
            index = self._count_from(counted)
        self._samples.values[index] += 1  # type: ignore[operator]  # counters are never None
        if sample.attempt is not Attempt.SCHEDULED:
            return
        self._last.values[0] = sample.at.timestamp()
        if sample.tainted:
            self._up.values[0] = None
            return
        self._up.values[0] = _UP.get(sample.outcome)
        self._phases.values[:] = _phases(sample.hops)
        if sample.outcome is Outcome.UP and sample.ttfb is not None:
            self._see_ttfb(sample.protocol or "", sample.ttfb)
        screen = number(sample.vitals.get("first_screen"))
        if sample.outcome is Outcome.UP and screen is not None:
            seen = sample.evidence.get("browser")
            self._see_screen(word(part(seen, "profile")), word(part(seen, "network")), screen)
        tls = sample.evidence.get("tls")
        if tls:
            self._expires(part(tls, "not_after"))
        self._evidence.record(sample)

    def follow(self, target: Target) -> None:
        """Go on with the target as a reload left it: what was found by other options is of no worth now."""
        if (target.url, target.options) != (self._target.url, self._target.options):
            self._evidence.forget()
        self._target = target

    def runs(self, run: int, skipped: int) -> None:
        """Set how many due runs were run and skipped."""
        self._runs.values[:] = (run, skipped)

    def freeze(self, into: Mapping[str, list[Frozen]]) -> None:
        """Append all blocks as they stand now to the lists of their families, by the family's name."""
        into[declared.SAMPLES.name].append(self._samples.freeze())
        into[declared.UP.name].append(self._up.freeze())
        for block in self._ttfb.values():
            into[declared.TTFB.name].append(block.freeze())
        for block in self._screens.values():
            into[declared.FIRST_SCREEN.name].append(block.freeze())
        into[declared.PHASE.name].append(self._phases.freeze())
        into[declared.LAST_SAMPLE.name].append(self._last.freeze())
        into[declared.TLS_EXPIRY.name].append(self._tls.freeze())
        into[declared.RUNS.name].append(self._runs.freeze())
        self._evidence.freeze(into)

    def _see_ttfb(self, protocol: str, seconds: float) -> None:
        block = self._ttfb.get(protocol)
        if block is None:
            block = self._histogram(declared.TTFB, self.edges.ttfb, protocol=protocol)
            self._ttfb[protocol] = block
        _observe(block, self.edges.ttfb, seconds)

    def _see_screen(self, profile: str, network: str, seconds: float) -> None:
        block = self._screens.get((profile, network))
        if block is None:
            visitor = {"profile": profile, "network": network}
            block = self._histogram(declared.FIRST_SCREEN, self.edges.first_screen, **visitor)
            self._screens[profile, network] = block
        _observe(block, self.edges.first_screen, seconds)

    def _expires(self, not_after: object) -> None:
        """Keep the certificate's end, read again only when it is another one."""
        if not_after == self._not_after:
            return
        self._not_after = not_after
        self._tls.values[0] = moment(not_after)

    def _count_from(self, counted: tuple[Outcome, Fault | None, Attempt]) -> int:
        outcome, fault, attempt = counted
        line = self._line(declared.SAMPLES, outcome=outcome, fault=fault or "", attempt=attempt)
        self._counted[counted] = self._samples.add(line)
        return self._counted[counted]

    def _gauge(self, family: Family) -> Block:
        return Block([self._line(family)], None)

    def _histogram(self, family: Family, edges: tuple[float, ...], **label: str) -> Block:
        """A histogram's lines: each bucket (they are cumulative), the count, and last the sum."""
        block = Block()
        for edge in (*map(str, edges), "+Inf"):
            block.add(self._line(family, "_bucket", **label, le=edge))
        block.add(self._line(family, "_count", **label))
        block.add(self._line(family, "_sum", **label), 0.0)
        return block

    def _line(self, family: Family, suffix: str = "", **more: str) -> str:
        return series_line(family.name + suffix, self._labels, **more)


def _observe(block: Block, edges: tuple[float, ...], seconds: float) -> None:
    values = block.values
    # An edge belongs to its bucket: 0.3 s is within a promise of at most 0.3 s.
    for index in range(bisect_left(edges, seconds), len(values) - 1):
        values[index] += 1  # type: ignore[operator]
    values[-1] += seconds  # type: ignore[operator]


_UP = {Outcome.UP: 1, Outcome.DOWN: 0}


def _phases(hops: list[Hop]) -> list[float | None]:
    """Each phase summed over the hops that reached it."""
    if len(hops) == 1:
        hop = hops[0]
        return [hop.dns, hop.connect, hop.tls, hop.wait, hop.transfer]
    summed: list[float | None] = []
    for phase in PHASES:
        seen = [seconds for hop in hops if (seconds := getattr(hop, phase)) is not None]
        summed.append(sum(seen) if seen else None)
    return summed
