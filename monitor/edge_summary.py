"""The edge summary: from where the pages were served to each region, counted over stored samples. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from probes.sample import Attempt, Sample

NO_NETWORK = "unknown"
"""What a visit is counted under that no known network answered."""

_HIT = "hit"


@dataclass(slots=True)
class EdgeCounts:
    """What the scheduled visits to one page from one region were answered by."""

    vendor: str
    page: str
    region: str
    visits: int = 0
    """Those that an answer came to."""
    networks: Counter[str] = field(default_factory=Counter)
    pops: Counter[str] = field(default_factory=Counter)
    """By point of presence, with its city where that is known."""
    continents: Counter[str] = field(default_factory=Counter)
    cache: Counter[str] = field(default_factory=Counter)
    """By status; visits without one are not in it."""
    far: int = 0
    """Visits that were served from another continent."""
    placed: int = 0
    """Visits of which it is known whether they were."""

    def add(self, edge: dict[str, Any]) -> None:
        """Count one visit's evidence of the edge."""
        self.visits += 1
        self.networks[edge["network"] or NO_NETWORK] += 1
        if edge["pop"]:
            self.pops[f"{edge['pop']} ({edge['city']})" if edge["city"] else edge["pop"]] += 1
        if edge["continent"]:
            self.continents[edge["continent"]] += 1
        if edge["cache"]:
            self.cache[edge["cache"]] += 1
        if edge["far"] is not None:
            self.placed += 1
            self.far += edge["far"]

    @property
    def hit_ratio(self) -> float | None:
        """The share of hits in the visits that had a status."""
        told = self.cache.total()
        return self.cache[_HIT] / told if told else None

    @property
    def far_ratio(self) -> float | None:
        """The share served from another continent, of the visits of which it is known."""
        return self.far / self.placed if self.placed else None

    def plain(self) -> dict[str, Any]:
        """The counts and shares as JSON has them, the most frequent first."""
        return {
            "vendor": self.vendor,
            "page": self.page,
            "region": self.region,
            "visits": self.visits,
            "networks": dict(self.networks.most_common()),
            "pops": dict(self.pops.most_common()),
            "continents": dict(self.continents.most_common()),
            "cache": dict(self.cache.most_common()),
            "hit_ratio": self.hit_ratio,
            "far": self.far if self.placed else None,
            "far_ratio": self.far_ratio,
        }


class EdgeSummary:
    """Counts samples as they come, by vendor, page and region."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], EdgeCounts] = {}

    def add(self, samples: Iterable[Sample]) -> None:
        """Count ``samples``. Bursts are left out, and so is what has no evidence of an edge."""
        for sample in samples:
            edge = sample.evidence.get("edge")
            if edge is None or sample.attempt is not Attempt.SCHEDULED:
                continue
            key = sample.vendor, sample.page, sample.region
            counts = self._counts.get(key)
            if counts is None:
                counts = self._counts[key] = EdgeCounts(*key)
            counts.add(edge)

    def rows(self) -> list[EdgeCounts]:
        """The counts in order of vendor, page and region."""
        return [self._counts[key] for key in sorted(self._counts)]
