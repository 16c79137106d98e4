"""Slices: what one region saw of a page in each short stretch of time.

A slice is 15 s, or as long as the page's probe leaves between two runs where that is more: so a region looks
at least once in each, and a slice counts looks that were made. A region saw the page down in a slice where
one of its scheduled samples in it was down, and up where one was up and none down. Samples that are blocked,
unknown or tainted measure nothing. Bursts measure no slice either: they come only after a failure, and would
make the page look worse (or, where they stand for the time until the next run, better) than the same page
seen by chance; they are what outages get their edges from.

A run that starts a moment late may slip over the edge of its slice. So a sample speaks for the slice that it
lies in, and for the next one where that holds no measurement of its own (for as many as lie between two runs,
where a page is looked at less than once an hour). All other time is unknown.

What is kept is a set union of what was seen, so that it does not depend on the order of samples, on how they
were batched, or on how late they came.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from monitor.sla.masks import stretched
from probes.sample import Attempt, Outcome, Sample

LENGTHS = (15, 30, 60, 300, 900, 3600)
"""Seconds that a slice may last. Each is a part of the next, so that two lengths can be compared."""
HOUR = 3600
DAY = 86_400


def slice_length(every: float) -> int:
    """Seconds of the slices of a page that is visited ``every`` so many seconds."""
    return next((length for length in LENGTHS if length >= every), LENGTHS[-1])


def slice_reach(every: float) -> int:
    """How many further slices a sample speaks for, where they hold no measurement of their own."""
    return max(1, math.ceil(every / slice_length(every)))


def measures(sample: Sample) -> bool:
    """Whether a sample says that the page was up or down."""
    return sample.outcome in (Outcome.UP, Outcome.DOWN) and not sample.tainted


@dataclass(frozen=True, slots=True)
class Slices:
    """What one region measured in the slices of a period, and in which of them it saw the page down."""

    start: int
    """Seconds since 1970, a multiple of ``period``."""
    period: int
    """Seconds: an hour, a day, or a minute where a window is short."""
    length: int
    """Seconds of one slice."""
    measured: int = 0
    """The slices with a measurement of their own, as a set (:mod:`monitor.sla.masks`)."""
    down: int = 0
    """Those in which the page was seen down."""
    reach: int = 1
    """How many further slices a sample speaks for."""

    @classmethod
    def of(cls, samples: Iterable[Sample], start: int, period: int, every: float) -> Self:
        """What ``samples`` of one page, probe and region say about the period that begins at ``start``."""
        length = slice_length(every)
        measured = down = 0
        for sample in samples:
            at = sample.at.timestamp() - start
            if 0 <= at < period and sample.attempt is Attempt.SCHEDULED and measures(sample):
                bit = 1 << int(at // length)
                measured |= bit
                if sample.outcome is Outcome.DOWN:
                    down |= bit
        return cls(start, period, length, measured, down, slice_reach(every))

    @property
    def count(self) -> int:
        """How many slices the period has."""
        return self.period // self.length

    @property
    def end(self) -> int:
        """When the period is over, in seconds since 1970."""
        return self.start + self.period

    def merge(self, other: Self) -> Self:
        """What both say of the same period."""
        length = min(self.length, other.length)
        one, two = self.finer(length), other.finer(length)
        return type(self)(
            self.start,
            self.period,
            length,
            one.measured | two.measured,
            one.down | two.down,
            max(one.reach, two.reach),
        )

    def finer(self, length: int) -> Self:
        """The same on slices of ``length``, a part of this one's."""
        if length == self.length:
            return self
        factor = self.length // length
        return type(self)(
            self.start,
            self.period,
            length,
            stretched(self.measured, factor),
            stretched(self.down, factor),
            self.reach * factor,
        )

    def within(self, start: int, period: int) -> Self:
        """The same as a part of the longer period that begins at ``start``."""
        places = (self.start - start) // self.length
        return type(self)(
            start, period, self.length, self.measured << places, self.down << places, self.reach
        )
