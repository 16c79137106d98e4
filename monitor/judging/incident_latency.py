"""Latencies: whether a promised time was missed in each of the last minutes. Pure but for the reading.

A look is one stretch of time, a minute or as long as the page's probe leaves between two runs, held against
the target of the promise. One slow minute breaks no promise about an average; many in a row are an incident.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.judging.incident_course import Edge, Matter, Seen
from monitor.judging.incident_matters import Looks
from monitor.judging.incident_plan import PageKey, PagePlan
from monitor.sla.incidents import Finding, IncidentKind, Look
from monitor.sla.indicators import INDICATORS, Unit, figures_of
from monitor.sla.judge_figures import PERCENTILES
from monitor.sla.promise import Promise
from monitor.sla.windows import moment
from probes.sample import Attempt, Outcome, Sample
from probes.units import format_duration

MINUTE = 60
DELAY = 60
"""Seconds after which the samples of a stretch are there: they took their time, and were written."""
CAUGHT_UP = 5
"""How many stretches are looked at that were missed, at most."""

Read = Callable[[datetime, datetime], Iterable[Sample]]
"""Gives the samples between two moments."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, and where it comes from."""

    value: float
    region: str
    sample: str


class Latencies:
    """Looks at the latencies of pages, each stretch once."""

    def __init__(self) -> None:
        self._done: dict[tuple[str, int], int] = {}

    def looks(self, plans: Mapping[PageKey, PagePlan], now: datetime, read: Read) -> Looks:
        """The looks that are due at ``now``."""
        found: dict[Matter, list[Seen]] = defaultdict(list)
        for (probe, length), promised in _by_stretch(plans.values()).items():
            for start in self._due(probe, length, int(now.timestamp())):
                figures = _figures(read(moment(start), moment(start + length)), probe)
                for plan, promise in promised:
                    mine = figures.get((*plan.key, promise.indicator), ())
                    look = look_at(
                        promise, [one for one in mine if promise.selector.looks_from(one.region)], start
                    )
                    if look is not None and not plan.muted(start, start + length):
                        found[Matter(IncidentKind.LATENCY, *plan.key, promise.name)].append(look)
        return dict(found)

    def _due(self, probe: str, length: int, now: int) -> Iterator[int]:
        """The starts of stretches that are over and were not looked at."""
        end = (now - DELAY) // length * length
        begin = max(self._done.get((probe, length), end), end - CAUGHT_UP * length)
        self._done[probe, length] = max(end, begin)
        yield from range(begin, end, length)


def look_at(promise: Promise, figures: Sequence[Figure], start: int) -> Seen | None:
    """What the figures of a stretch say of a promise; ``None``: nothing was measured."""
    value = aggregate(promise, figures)
    if value is None:
        return None
    at = moment(start)
    if promise.met_by(value):
        return Seen(Finding(at, Look.GOOD), lambda: None)
    slow = sorted({one.region for one in figures if not promise.met_by(one.value)})
    worst = max(figures, key=lambda one: (one.value, one.sample))
    reason = f"{promise.indicator} {format_duration(round(value, 3))}"
    finding = Finding(at, Look.BAD, reason, tuple(slow), worst.sample, worst.value)
    return Seen(finding, lambda: Edge(at))


def aggregate(promise: Promise, figures: Sequence[Figure]) -> float | None:
    """The figures of a stretch as the promise has them."""
    if not figures:
        return None
    values = [one.value for one in figures]
    if promise.aggregate == "mean":
        regions: dict[str, list[float]] = defaultdict(list)
        for one in figures:
            regions[one.region].append(one.value)
        means = [math.fsum(each) / len(each) for each in regions.values()]
        return math.fsum(means) / len(means)
    if promise.aggregate in PERCENTILES:
        return sorted(values)[max(0, math.ceil(PERCENTILES[promise.aggregate] * len(values)) - 1)]
    return math.fsum(values) / len(values)


def is_latency(promise: Promise) -> bool:
    """Whether a promise is about a time that each visit takes, and about more than its extremes."""
    averages = promise.aggregate in ("mean", "pooled", *PERCENTILES)
    return INDICATORS[promise.indicator].unit is Unit.SECONDS and promise.indicator != "recovery" and averages


def _by_stretch(plans: Iterable[PagePlan]) -> dict[tuple[str, int], list[tuple[PagePlan, Promise]]]:
    """What was promised, by the kind of probe that measures it and the length of the stretches."""
    found: dict[tuple[str, int], list[tuple[PagePlan, Promise]]] = defaultdict(list)
    for plan in plans:
        for promise in filter(is_latency, plan.promises):
            probe = promise.measured_by
            length = max(1, math.ceil(plan.paces[probe] / MINUTE)) * MINUTE
            found[probe, length].append((plan, promise))
    return found


def _figures(samples: Iterable[Sample], probe: str) -> dict[tuple[str, str, str], list[Figure]]:
    """The figures of scheduled and untainted samples that were up, by page and indicator."""
    found: dict[tuple[str, str, str], list[Figure]] = defaultdict(list)
    for one in samples:
        if one.probe != probe or one.attempt is not Attempt.SCHEDULED:
            continue
        if one.outcome is Outcome.UP and not one.tainted:
            for name, value in figures_of(one):
                found[one.vendor, one.page, name].append(Figure(value, one.region, one.id))
    return found
