"""The verdict: whether a promise was kept, what that rests on, and in words what is missing for a proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.sla.outages import Outage
from monitor.sla.promise import Promise
from monitor.sla.windows import Span


class Finding(StrEnum):
    """What a verdict says."""

    MET = "met"
    BREACHED = "breached"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class RegionFigure:
    """What one region contributes: its own figure, how much of the time it measured, and how often."""

    value: float | None
    coverage: float
    count: int


@dataclass(slots=True)
class Verdict:
    """What the judge says about one promise and one page."""

    promise: Promise
    vendor: str
    page: str
    span: Span
    finding: Finding = Finding.UNPROVEN
    value: float | None = None
    """The figure; ``None`` where nothing was measured."""
    lower: float | None = None
    """With the promise's confidence, the figure is not below this."""
    upper: float | None = None
    """With the promise's confidence, the figure is not above this."""
    worst: float | None = None
    """The availability if all unknown time had been down."""
    best: float | None = None
    """The availability if all unknown time had been up."""
    coverage: float = 0.0
    """The share of the time that was measured; for figures that regions have an equal part in, the lowest."""
    regions: dict[str, RegionFigure] = field(default_factory=dict)
    count: int = 0
    """What the figure is made of: looks (availability), samples, or outages."""
    bad: float = 0.0
    """How many of them were bad."""
    bad_seconds: float | None = None
    """Seconds that count against the promise; of an availability."""
    certain_seconds: float | None = None
    """Seconds of them that lie between the first and the last bad sample of an outage."""
    budget_left: float | None = None
    """The share of the seconds that may be bad that is left; below 0 it is overdrawn."""
    burn: dict[str, float | None] = field(default_factory=dict)
    """How many times too fast the budget was spent in the last 5 minutes, hour, 6 hours, day and 3 days."""
    failed: int = 0
    """Scheduled visits that were down, beside a figure that they have no part in."""
    left_out: int = 0
    """Scheduled visits that were blocked, unknown or tainted."""
    from_edge: bool = False
    """Whether figures begin and end with the window, and not with whole hours."""
    beside: dict[str, float | None] = field(default_factory=dict)
    """Other figures of the same data by name, such as ``p95``, ``requests`` or ``with_maintenance``."""
    outages: Sequence[Outage] = ()
    """The outages that it counts."""
    missing: list[str] = field(default_factory=list)
    """What is missing for a proof, and what else is to be known, in words."""
    notes: list[str] = field(default_factory=list)
    """What else is to be known about it, in words."""

    def conclude(self, *, met: bool, breached: bool) -> None:
        """Find for one side where the evidence carries it: a breach first, because it can't be mended."""
        if breached:
            self.finding = Finding.BREACHED
            self.missing.clear()
        elif met and not self.missing:
            self.finding = Finding.MET


def percent(share: float) -> str:
    """A share in words, cut and not rounded, so that 100 % is only what never failed."""
    if share >= 1.0:
        return "100 %"
    return f"{int(share * 1e6 + 1e-9) / 1e4:g} %"


def seconds(length: float) -> str:
    """A length of time in words."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if length >= 2 * size:
            return f"{length / size:.3g} {unit}"
    return f"{length:.3g} s"


def worst(findings: Iterable[Finding]) -> Finding:
    """What several verdicts come to: one breach is a breach, and all must be met for the whole to be."""
    found = set(findings)
    if Finding.BREACHED in found:
        return Finding.BREACHED
    return Finding.MET if found == {Finding.MET} else Finding.UNPROVEN
