"""Outages: stretches in which a page was seen down, and what is certain and possible of their length.

The inner length lies between the first and the last bad sample: so long it was down for certain, as far as
looks can tell. The outer length lies between the last good sample before and the end of the first good one
after: longer it can't have been. Bursts sharpen both ends. Times in which nobody looked are no part of the
inner length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.sla.slices import measures
from probes.sample import Outcome, Sample

SLACK = 5.0
"""Seconds that a run may be late before its slot counts as not looked at."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch in which a page was seen down: from one region, or by a quorum of them."""

    regions: tuple[str, ...]
    first_bad: datetime
    last_bad: datetime
    last_good: datetime | None
    """When the last good sample before it began; ``None``: none is known."""
    first_good: datetime | None
    """When the first good sample after it began; ``None``: it has not been seen to end."""
    all_good: datetime | None
    """When that sample had ended, and with it the outage for certain."""
    blind: float
    """Seconds between the first and the last bad sample in which nobody looked."""
    samples: int
    """How many bad samples it is made of, bursts included."""
    faults: dict[str, int] = field(default_factory=dict)
    """How many of them had which fault, the most frequent first."""
    opened_by: str = ""
    """The id of the first bad sample."""
    closed_by: str | None = None
    """The id of the first good sample after it."""
    worst: str = ""
    """The id of the bad sample that took longest."""

    @property
    def inner(self) -> float:
        """Seconds that it lasted for certain."""
        return max(0.0, (self.last_bad - self.first_bad).total_seconds() - self.blind)

    @property
    def outer(self) -> float | None:
        """Seconds that it can have lasted at most; ``None`` where one end is not known."""
        if self.last_good is None or self.all_good is None:
            return None
        return (self.all_good - self.last_good).total_seconds()

    @property
    def recovery(self) -> float | None:
        """Seconds from the first bad sample to the first good one; ``None`` while it lasts."""
        return None if self.first_good is None else (self.first_good - self.first_bad).total_seconds()

    @property
    def resolution(self) -> float | None:
        """Seconds between the last bad sample and the first good one: how sharp its end is."""
        return None if self.first_good is None else (self.first_good - self.last_bad).total_seconds()


def find_outages(samples: Iterable[Sample], every: float) -> list[Outage]:
    """The outages in the samples of one page, probe and region, in whatever order they are given.

    ``every`` is the time between two scheduled runs: a longer silence is no part of an inner length.
    Samples that measure nothing (blocked, unknown, tainted) neither open nor close an outage.
    """
    found: list[Outage] = []
    bad: list[Sample] = []
    good: Sample | None = None
    for sample in sorted(filter(measures, samples), key=lambda one: (one.at, one.id)):
        if sample.outcome is Outcome.DOWN:
            bad.append(sample)
            continue
        if bad:
            found.append(_outage(bad, good, sample, every))
            bad = []
        good = sample
    if bad:
        found.append(_outage(bad, good, None, every))
    return found


def _outage(bad: Sequence[Sample], before: Sample | None, after: Sample | None, every: float) -> Outage:
    gaps = ((late.at - early.at).total_seconds() for early, late in pairwise(bad))
    return Outage(
        regions=(bad[0].region,),
        first_bad=bad[0].at,
        last_bad=bad[-1].at,
        last_good=before.at if before else None,
        first_good=after.at if after else None,
        all_good=after.at + timedelta(seconds=after.duration or 0.0) if after else None,
        blind=sum(gap for gap in gaps if gap > 2 * every + SLACK),
        samples=len(bad),
        faults=dict(Counter(one.fault.value for one in bad if one.fault).most_common()),
        opened_by=bad[0].id,
        closed_by=after.id if after else None,
        worst=max(bad, key=lambda one: (one.duration or 0.0, one.id)).id,
    )


def page_outage(seen: Sequence[Outage], quorum: int) -> Outage:
    """The outage of a page of which ``seen`` are what its regions saw, and ``quorum`` of them make it one.

    It began when the last region needed for the quorum went down, and ended when the first of the last so
    many came back: the bounds of both are those of that region, whichever it is.
    """
    at = quorum - 1
    goods = [one.last_good for one in seen if one.last_good is not None]
    ended = [one for one in seen if one.all_good is not None]
    still_open = len(seen) - len(ended)
    closing = None
    if still_open < quorum:
        closing = sorted(ended, key=lambda one: (one.all_good, one.closed_by), reverse=True)[at - still_open]
    opening = sorted(seen, key=lambda one: (one.first_bad, one.opened_by))[at]
    first_bad, last_bad = opening.first_bad, sorted((one.last_bad for one in seen), reverse=True)[at]
    faults: Counter[str] = Counter()
    for one in seen:
        faults.update(one.faults)
    return Outage(
        regions=tuple(sorted({region for one in seen for region in one.regions})),
        first_bad=first_bad,
        last_bad=max(first_bad, last_bad),
        last_good=sorted(goods)[at - (len(seen) - len(goods))] if len(seen) - len(goods) <= at else None,
        first_good=closing.first_good if closing else None,
        all_good=closing.all_good if closing else None,
        blind=max(one.blind for one in seen),
        samples=sum(one.samples for one in seen),
        faults=dict(sorted(faults.items(), key=lambda item: (-item[1], item[0]))),
        opened_by=opening.opened_by,
        closed_by=closing.closed_by if closing else None,
        worst=opening.worst,
    )


def certain_seconds(runs: Sequence[tuple[int, int]], seen: Iterable[Outage], needed: int) -> float:
    """Seconds within runs of bad slices in which ``needed`` regions were inside an outage for certain.

    Outages in which nobody looked for a while are left alone: when it was is not known.
    """
    edges: list[tuple[float, int]] = []
    for one in seen:
        if not one.blind:
            edges += [(one.first_bad.timestamp(), 1), (one.last_bad.timestamp(), -1)]
    total, level, before, place = 0.0, 0, 0.0, 0
    for at, step in sorted(edges):
        if level >= needed:
            while place < len(runs) and runs[place][1] <= before:
                place += 1
            for start, end in runs[place:]:
                if start >= at:
                    break
                total += max(0.0, min(at, end) - max(before, start))
        level, before = level + step, at
    return total


def page_outages(
    runs: Iterable[tuple[int, int]], seen: Sequence[Outage], needed: int
) -> list[tuple[tuple[int, int], Outage]]:
    """The outage behind each run of bad slices, from those that the regions saw, and the run beside it.

    A run without an outage of a region (their samples are gone, and only rollups are left) has none.
    """
    found = []
    for start, end in runs:
        by_region: dict[tuple[str, ...], list[Outage]] = {}
        for one in seen:
            if one.first_bad.timestamp() < end and _until(one) >= start:
                by_region.setdefault(one.regions, []).append(one)
        joined = [_joined(each) for _, each in sorted(by_region.items())]
        if joined:
            found.append(((start, end), page_outage(joined, min(needed, len(joined)))))
    return found


def _until(outage: Outage) -> float:
    return outage.last_bad.timestamp()


def _joined(outages: Sequence[Outage]) -> Outage:
    """Several outages of one region as one, with what was good between them no part of its inner length."""
    first, last = outages[0], outages[-1]
    between = sum((late.first_bad - early.last_bad).total_seconds() for early, late in pairwise(outages))
    faults: Counter[str] = Counter()
    for one in outages:
        faults.update(one.faults)
    return replace(
        first,
        last_bad=last.last_bad,
        first_good=last.first_good,
        all_good=last.all_good,
        blind=sum(one.blind for one in outages) + between,
        samples=sum(one.samples for one in outages),
        faults=dict(faults.most_common()),
        closed_by=last.closed_by,
    )
