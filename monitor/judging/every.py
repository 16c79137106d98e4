"""How often each series is measured, and what that makes of an hour's slices.

An hour keeps the length of slices that it began with. Where its series is measured less often from some
moment on, a sample of that hour speaks for as many further slices as lie between two runs; the next hour has
the new length. So an hour's slices depend on its samples and on these two numbers alone, which its rollup
holds: it can be made again from the samples to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.sla.rollups import Rollup
from monitor.sla.slices import HOUR, slice_length, slice_reach
from monitor.watch import Watch
from probes.sample import Sample
from probes.target import Key
from storage.rollups import RollupRow
from storage.series import Series


class Cut(NamedTuple):
    """How an hour is cut into slices."""

    length: int
    reach: int

    @classmethod
    def of(cls, every: float) -> Cut:
        """The cut of a series that is measured ``every`` so many seconds."""
        return cls(slice_length(every), slice_reach(every))

    @classmethod
    def of_row(cls, row: RollupRow) -> Cut:
        """The cut that a row was made with."""
        return cls(row.length, row.reach)

    def for_pace(self, every: float) -> Cut:
        """The same cut for the rest of an hour in which the series is measured ``every`` so many seconds."""
        return Cut(self.length, max(self.reach, math.ceil(every / self.length)))

    def rollup(self, samples: Sequence[Sample], start: int, period: int = HOUR) -> Rollup:
        """The rollup of samples of one series in the hour that begins at ``start``, cut like this."""
        rollup = Rollup.of(samples, start, self.length, period)
        rollup.slices = replace(rollup.slices, reach=self.reach)
        return rollup


USUAL = 15.0
"""Seconds between two runs of a series that neither the config nor the store knows."""


@dataclass(frozen=True, slots=True)
class Paces:
    """Seconds between two runs, by what tells the targets of a region apart."""

    every: dict[Key, float]

    @classmethod
    def of(cls, watches: Iterable[Watch]) -> Paces:
        """Those of the lines of a schedule."""
        return cls({watch.target.key: watch.every for watch in watches})

    def pace(self, series: Series) -> float:
        """That of a series, of another variant of the page where this one is not watched any more."""
        page = (series.vendor, series.page, series.probe)
        known = self.every.get((*page, series.variant))
        if known is not None:
            return known
        return next((every for key, every in self.every.items() if key[:3] == page), USUAL)

    def cut(self, series: Series) -> Cut:
        """How hours of a series are cut that begin now."""
        return Cut.of(self.pace(series))
