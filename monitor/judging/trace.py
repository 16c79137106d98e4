"""Outages in a stream of measurements: the same that the judge finds, without keeping the samples.

So an outage of a month takes no memory, and one that goes on is carried on from its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

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
    good, bad = before.last_good, _Bad.of(before.begun) if before.begun else None
    for sample in samples:
        if not measures(sample):
            continue
        if sample.outcome is Outcome.DOWN:
            bad = bad or _Bad(number, good, sample.at, sample.at, sample.id)
            bad.take(sample, 2 * every + SLACK)
            continue
        if bad is not None:
            found.append(bad.row(sample))
            bad = None
        good = sample.at
        if until is not None and good >= until:
            return found, good
    if bad is not None:
        found.append(bad.row(None))
    return found, None


@dataclass(slots=True)
class _Bad:
    """An outage, as it is seen so far."""

    series: int
    last_good: datetime | None
    first_bad: datetime
    last_bad: datetime
    opened_by: str
    blind: float = 0.0
    samples: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    worst: tuple[float, str] = (0.0, "")
    """The seconds that the longest sample took, and its id."""

    @classmethod
    def of(cls, row: OutageRow) -> Self:
        """As a row has it."""
        known = (row.series, row.last_good, row.first_bad, row.last_bad, row.opened_by, row.blind)
        return cls(*known, row.samples, Counter(row.faults), (row.longest, row.worst))

    def take(self, sample: Sample, longest_gap: float) -> None:
        """Take in one more bad sample."""
        gap = (sample.at - self.last_bad).total_seconds()
        self.last_bad = sample.at
        self.blind += gap if gap > longest_gap else 0.0
        self.samples += 1
        if sample.fault:
            self.faults[sample.fault.value] += 1
        self.worst = max(self.worst, (sample.duration or 0.0, sample.id))

    def row(self, after: Sample | None) -> OutageRow:
        """The row of it, with the first good sample after it."""
        took = timedelta(seconds=(after.duration or 0.0) if after else 0.0)
        return OutageRow(
            series=self.series,
            first_bad=self.first_bad,
            last_bad=self.last_bad,
            last_good=self.last_good,
            first_good=after.at if after else None,
            all_good=after.at + took if after else None,
            blind=self.blind,
            samples=self.samples,
            faults=dict(self.faults.most_common()),
            opened_by=self.opened_by,
            closed_by=after.id if after else None,
            worst=self.worst[1],
            longest=self.worst[0],
        )
