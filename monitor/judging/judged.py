"""What the judge of this process says now: pictures that are never changed, only replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.config.objectives import Objective
from monitor.sla.verdict import Verdict
from storage.incidents import IncidentRow

PageKey = tuple[str, str]
"""Vendor and page."""
Promised = tuple[str, str, Objective]
"""Vendor, page and objective."""
ObjectiveKey = tuple[str, str, str]
"""Vendor, page and objective."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """The confirmed seconds of a page."""

    measured: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """How pages stand after a look at their last slices."""

    seconds: Mapping[PageKey, Seconds] = field(default_factory=dict)
    """Of every page that is watched."""
    regions: Mapping[PageKey, Sequence[str]] = field(default_factory=dict)
    """The regions that are known to watch each page."""
    open: Sequence[IncidentRow] = ()
    """The open incidents of these pages, the oldest first."""
    signs: Sequence[tuple[str, str, str, str]] = ()
    """What this region's own samples tell of HTTP/3 and tracking: vendor, page, kind and subject of each."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the judge said about one objective and page."""

    objective: Objective
    verdict: Verdict

    @property
    def key(self) -> ObjectiveKey:
        """What it is about."""
        return self.verdict.vendor, self.verdict.page, self.objective.name


@dataclass(frozen=True, slots=True)
class Work:
    """How one of the judge's works goes."""

    duration: float = 0.0
    """Seconds that it took last."""
    done_at: float | None = None
    """When it last went well, in seconds since 1970."""
    errors: int = 0
    """How often it failed."""
    error: str | None = None
    """Why it failed last time; ``None`` where it did not."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The judge's word on all pages."""

    outlook: Outlook = field(default_factory=Outlook)
    promised: Sequence[Promised] = ()
    """For all that was promised of the pages that are watched."""
    rulings: Mapping[ObjectiveKey, Ruling] = field(default_factory=dict)
    """Of what is promised, as far as it was judged."""
    works: Mapping[str, Work] = field(default_factory=dict)
    """By name."""
