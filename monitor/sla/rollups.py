"""Rollups: what one page, probe and region was in an hour or a day, in a form that adds up.

All that is kept is a count, a whole number, a smallest or a largest, a sketch or a set of slices: so rollups
made of the same samples are equal to the last bit, in whatever order and batches the samples came. Sums
are kept in billionths for that reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from monitor.sla.indicators import figures_of
from monitor.sla.sketch import Sketch
from monitor.sla.slices import DAY, HOUR, Slices
from probes.sample import Attempt, Outcome, Sample

BILLIONTH = 1e9


@dataclass(slots=True)
class Figures:
    """The figures of one indicator in a period: of scheduled samples that were up and are not tainted."""

    count: int = 0
    total: int = 0
    """Their sum, in billionths."""
    least: float | None = None
    most: float | None = None
    sketch: Sketch | bytes = field(default_factory=Sketch)
    """A sketch, or the bytes of one that nobody has asked about yet."""

    def add(self, figure: float) -> None:
        """Take in one more figure."""
        self.count += 1
        self.total += round(figure * BILLIONTH)
        self.least = figure if self.least is None else min(self.least, figure)
        self.most = figure if self.most is None else max(self.most, figure)
        self.sketch = self.opened
        self.sketch.add(figure)

    def merge(self, other: Self | Figures) -> None:
        """Take in all that the other ones are made of."""
        self.count += other.count
        self.total += other.total
        self.least = min(_known(self.least, other.least), default=None)
        self.most = max(_known(self.most, other.most), default=None)
        self.sketch = self.opened
        self.sketch.merge(other.opened)

    @property
    def opened(self) -> Sketch:
        """The sketch, opened where it still is bytes."""
        return Sketch.from_bytes(self.sketch) if isinstance(self.sketch, bytes) else self.sketch


def _known(*figures: float | None) -> list[float]:
    return [one for one in figures if one is not None]


@dataclass(frozen=True, slots=True)
class Visits:
    """How many scheduled samples ended how. Tainted ones are apart, whatever their outcome."""

    up: int = 0
    down: int = 0
    blocked: int = 0
    unknown: int = 0
    tainted: int = 0

    def __add__(self, other: Visits) -> Visits:
        return Visits(
            self.up + other.up,
            self.down + other.down,
            self.blocked + other.blocked,
            self.unknown + other.unknown,
            self.tainted + other.tainted,
        )


@dataclass(slots=True)
class Rollup:
    """What one series (a page as one probe and variant saw it from one region) was in one period."""

    slices: Slices
    visits: Visits = field(default_factory=Visits)
    figures: dict[str, Figures] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """When the period begins, in seconds since 1970."""
        return self.slices.start

    @classmethod
    def of(cls, samples: Sequence[Sample], start: int, every: float, period: int = HOUR) -> Self:
        """The rollup of the samples of one series; those outside the period are left alone.

        ``every`` is the time between two runs. Give no sample twice.
        """
        rollup = cls(Slices.of(samples, start, period, every))
        for sample in samples:
            if start <= sample.at.timestamp() < start + period and sample.attempt is Attempt.SCHEDULED:
                rollup._count(sample)
        return rollup

    def _count(self, sample: Sample) -> None:
        kind = "tainted" if sample.tainted else sample.outcome.value
        self.visits = replace(self.visits, **{kind: getattr(self.visits, kind) + 1})
        if sample.tainted or sample.outcome is not Outcome.UP:
            return
        for name, figure in figures_of(sample):
            if name not in self.figures:
                self.figures[name] = Figures()
            self.figures[name].add(figure)

    def merge(self, other: Self) -> None:
        """Take in the rollup of other samples of the same period."""
        self.slices = self.slices.merge(other.slices)
        self.visits += other.visits
        for name, figures in other.figures.items():
            if name not in self.figures:
                self.figures[name] = Figures()
            self.figures[name].merge(figures)


def day_of(hours: Iterable[Rollup]) -> Rollup | None:
    """The rollup of the day that ``hours`` lie in.

    ``None`` where the length of the slices changed within the day: its hours must be kept then, because a
    slice that was cut in pieces would count as several looks.
    """
    day: Rollup | None = None
    for hour in hours:
        start = hour.start - hour.start % DAY
        part = Rollup(hour.slices.within(start, DAY), hour.visits, hour.figures)
        if day is None:
            day = Rollup(part.slices, Visits())
            day.slices = replace(part.slices, measured=0, down=0)
        if part.slices.length != day.slices.length:
            return None
        day.merge(part)
    return day
