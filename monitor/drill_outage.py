"""What a drill sees: visits with their times, and the outages that they make up, with their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.sla.verdict import Finding
from probes.sample import Sample


@dataclass(frozen=True, slots=True)
class Look:
    """One visit, with its time by a clock that nobody sets."""

    start: float
    """Seconds."""
    sample: Sample

    @property
    def end(self) -> float:
        """When it was over."""
        return self.start + (self.sample.duration or 0.0)


@dataclass(frozen=True, slots=True)
class Where:
    """Who answered a visit, as far as it is known."""

    address: str | None = None
    network: str | None = None
    pop: str | None = None

    @classmethod
    def of(cls, sample: Sample) -> Where:
        """Where the visit ended."""
        edge = sample.evidence.get("edge") or {}
        return cls(sample.hops[-1].address if sample.hops else None, edge.get("network"), edge.get("pop"))


@dataclass(frozen=True, slots=True)
class DrillOutage:
    """A stretch of visits that failed; in the names of the judge's outages."""

    number: int
    first_bad: datetime
    last_bad: datetime
    last_good: datetime | None
    """When the last good visit before it began; ``None``: the page was down when the drill began."""
    first_good: datetime | None
    """When the first good visit after it began; ``None``: it has not been seen to end."""
    all_good: datetime | None
    """When that visit had ended."""
    inner: float
    """Seconds that it lasted for certain."""
    outer: float | None
    """Seconds that it can have lasted at most; ``None`` where one end is not known."""
    blind: float
    """Seconds between the first and the last bad visit in which nothing was measured."""
    samples: int
    """How many visits failed."""
    faults: dict[str, int]
    """How many of them with which fault, the most frequent first."""
    detail: str | None
    """What the first of them said."""
    before: Where
    """Who answered before."""
    during: Where
    """Whom the last visit that failed was sent to."""
    after: Where
    """Who answered after."""
    recovery: float | None
    """Seconds from the first bad visit to the first good one."""
    resolution: float | None
    """Seconds between the last bad visit and the first good one: how sharp that end is."""

    @property
    def address_changed(self) -> bool | None:
        """Whether another address answered after it than before; ``None``: not known."""
        return _changed(self.before.address, self.after.address)

    @property
    def pop_changed(self) -> bool | None:
        """Whether another point of presence did."""
        return _changed(self.before.pop, self.after.pop)

    def finding(self, at_most: float) -> Finding:
        """Whether it was over within so many seconds."""
        if self.inner > at_most:
            return Finding.BREACHED
        kept = self.outer is not None and self.outer <= at_most
        return Finding.MET if kept else Finding.UNPROVEN

    def plain(self) -> dict[str, Any]:
        """The outage as JSON has it."""
        ends = {"before": self.before, "during": self.during, "after": self.after}
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ends}
        for name, where in ends.items():
            fields[name] = {"address": where.address, "network": where.network, "pop": where.pop}
        return fields | {"address_changed": self.address_changed, "pop_changed": self.pop_changed}


def _changed(before: str | None, after: str | None) -> bool | None:
    return None if before is None or after is None else before != after
