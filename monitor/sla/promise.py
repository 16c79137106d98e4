"""The promise: an objective as the judge sees it, with the accounting that was agreed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.sla.indicators import INDICATORS, Aggregate
from monitor.sla.proof import CONFIDENCE
from monitor.sla.quorum import MAJORITY, Quorum
from monitor.sla.windows import Rolling, ServiceHours, Window

WINDOW = Rolling(30 * 86_400.0)
"""What a promise is judged over where nothing else was agreed."""
COVERAGE = 0.99
"""The share of the time that must have been measured for a promise to be called kept."""


class By(StrEnum):
    """What availability is counted in."""

    TIME = "time"  # slices in which a quorum saw the page down
    REGIONS = "regions"  # each region's own slices, every region with the same weight
    REQUESTS = "requests"  # scheduled visits


@dataclass(frozen=True, slots=True)
class Accounting:
    """How availability is counted, and how sure and how complete a verdict must be."""

    by: By = By.TIME
    quorum: Quorum = MAJORITY
    length: int = 0
    """Seconds of the slices that were agreed on; 0: those that were measured."""
    consecutive: int = 1
    """How many bad slices must follow each other to count."""
    maintenance_excluded: bool = True
    hours: ServiceHours | None = None
    coverage: float = COVERAGE
    confidence: float = CONFIDENCE


@dataclass(frozen=True, slots=True)
class Selector:
    """Which pages a promise is about, and from which regions they are seen. What is empty chooses all."""

    vendors: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def takes(self, vendor: str, page: str, labels: Mapping[str, str]) -> bool:
        """Whether the promise is about this page."""
        return (
            (not self.vendors or vendor in self.vendors)
            and (not self.pages or page in self.pages)
            and self.labels.items() <= labels.items()
        )

    def looks_from(self, region: str) -> bool:
        """Whether what this region saw counts."""
        return not self.regions or region in self.regions


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise with a number, and how it is judged."""

    name: str
    indicator: str
    aggregate: Aggregate
    target: float
    """Seconds, a share from 0 to 1, a number, or a grade's place."""
    window: Window = WINDOW
    accounting: Accounting = Accounting()
    selector: Selector = field(default_factory=Selector)
    probe: str = ""
    """The kind of probe whose samples count."""

    @property
    def lower_is_better(self) -> bool:
        """Whether the target is the most that a figure may be."""
        return INDICATORS[self.indicator].lower_is_better

    @property
    def measured_by(self) -> str:
        """The kind of probe whose samples count, the indicator's own where none was named."""
        return self.probe or INDICATORS[self.indicator].probe

    def met_by(self, value: float) -> bool:
        """Whether a figure is on the right side of the target, or on it."""
        return value <= self.target if self.lower_is_better else value >= self.target
