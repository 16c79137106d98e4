"""How a promise went over its window, piece by piece: what charts are drawn from.

It is made of the same rollups as the verdict, by the judge's own accounts: the pieces add up to its figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Span

MOST_CELLS = 200
"""Pieces that a window is cut into at most: more can't be told apart on a page."""
_LENGTHS = (15, 30, 60, 300, 900, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY, 364 * DAY)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a piece of time came to, in seconds."""

    good: float
    bad: float
    unknown: float
    excluded: float

    @property
    def known(self) -> float:
        """Seconds that are good or bad."""
        return self.good + self.bad

    @property
    def eligible(self) -> float:
        """Seconds that were not excluded."""
        return self.known + self.unknown


@dataclass(frozen=True, slots=True)
class Strip:
    """When a page was there and when not."""

    span: Span
    start: int
    """When the first piece begins, in seconds since 1970: with the window or shortly before it."""
    step: int
    """Seconds of each piece; the first and the last are cut to the window."""
    page: Sequence[Cell]
    """By the quorum of its regions."""
    regions: Mapping[str, Sequence[Cell]] = field(default_factory=dict)
    """As each region saw it."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a figure was in a piece of time; pieces without a figure have no point."""

    start: int
    """Seconds since 1970."""
    count: int
    """How many samples it is made of."""
    value: float
    """The aggregate that was promised."""
    high: float | None
    """The 95th percentile, where that is another and worse one."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a figure went."""

    span: Span
    start: int
    """When the first piece begins, whether it has a point or not."""
    step: int
    """Seconds of each piece; the first and the last are cut to the window."""
    page: Sequence[Point]
    """Of all regions, as the promise puts them together."""
    regions: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    totals: Mapping[str, Point] = field(default_factory=dict)
    """What each region's whole window came to."""


History = Strip | Course


def step_of(span: Span, least: int) -> int:
    """The length of the pieces of a window: at least so long, and at most :data:`MOST_CELLS` of them.

    The longest one there is may be more than the limit, in windows of centuries.
    """
    return next(
        (one for one in _LENGTHS if one >= least and (span.end - span.start) / one <= MOST_CELLS),
        _LENGTHS[-1],
    )


def origin_of(span: Span, step: int) -> int:
    """When the first piece begins: pieces begin with an hour or a day where they are as long."""
    return span.start - span.start % min(step, DAY)
