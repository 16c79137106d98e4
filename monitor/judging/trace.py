"""Outages in a stream of measurements: the same that the judge finds, without keeping the samples.

So an outage of a month takes no memory, and one that goes on is carried on from its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.sla.outages import SLACK
from monitor.sla.slices import measures
from probes.sample import Outcome, Sample
from storage.outages import OutageRow


@dataclass(frozen=True, slots=True)
class Before:
    """What was known before a stream begins."""

    last_good: datetime | None = None
    """When the last good sample began."""
    begun: OutageRow | None = None
    """The outage that has not been seen to end, with all its samples until its last bad one."""


def trace(
    samples: Iterable[Sample],
    number: int,
    every: float,
    before: Before,
    until: datetime | None = None,
) -> tuple[list[OutageRow], datetime | None]:
    """The outages of the series with that number, in samples that are in order of time.

    It reads on to the first good sample at ``until`` or later, with which whatever began before has ended;
    its moment is the second answer.
    """
    found = []
    longest_gap = 2 * every + SLACK
    good, bad = before.last_good, before.begun
    for sample in samples:
        if not measures(sample):
            continue
        if sample.outcome is Outcome.DOWN:
            bad = _begun(sample, number, good) if bad is None else _longer(bad, sample, longest_gap)
            continue
        if bad is not None:
            end = sample.at + timedelta(seconds=sample.duration or 0.0)
            found.append(replace(bad, first_good=sample.at, all_good=end, closed_by=sample.id))
            bad = None
        good = sample.at
        if until is not None and good >= until:
            return found, good
    if bad is not None:
        found.append(bad)
    return found, None


def _begun(sample: Sample, number: int, good: datetime | None) -> OutageRow:
    return OutageRow(
        series=number,
        first_bad=sample.at,
        last_bad=sample.at,
        last_good=good,
        first_good=None,
        all_good=None,
        blind=0.0,
        samples=1,
        faults={sample.fault.value: 1} if sample.fault else {},
        opened_by=sample.id,
        closed_by=None,
        worst=sample.id,
        longest=sample.duration or 0.0,
    )


def _longer(bad: OutageRow, sample: Sample, longest_gap: float) -> OutageRow:
    gap = (sample.at - bad.last_bad).total_seconds()
    faults = Counter(bad.faults)
    if sample.fault:
        faults[sample.fault.value] += 1
    took = sample.duration or 0.0
    worse = (took, sample.id) > (bad.longest, bad.worst)
    return replace(
        bad,
        last_bad=sample.at,
        blind=bad.blind + (gap if gap > longest_gap else 0.0),
        samples=bad.samples + 1,
        faults=dict(faults.most_common()),
        worst=sample.id if worse else bad.worst,
        longest=max(took, bad.longest),
    )
