"""Columns: the rollups of one series side by side as arrays, so that half a year of them is added up in C.

Whoever has rollups in another form (a store has them packed) gives them as :class:`Rows`, and opens one only
where it is asked for. All sums are of whole numbers, and exact: beyond 64 bits they are Python's own.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from monitor.sla.rollups import Rollup
from monitor.sla.sketch import Sketch
from monitor.sla.timeline import PackedSlices
from monitor.sla.windows import Interval

Ints = NDArray[np.int64]
Exact = NDArray[Any]
"""Whole numbers: of 64 bits, or Python's own where one is larger."""
Floats = NDArray[np.float64]
Choice = NDArray[np.bool_]
_ROOM = 2**62
"""What a sum of 64 bits is kept below."""


@dataclass(frozen=True, slots=True)
class FigureColumns:
    """The figures of one indicator in those rollups that have any."""

    starts: Ints
    """When each of these rollups begins, in seconds since 1970."""
    counts: Ints
    totals: Exact
    """Their sums, in billionths."""
    least: Floats
    most: Floats
    sketches: Sequence[Sketch | bytes]

    def chosen(self, which: Choice) -> Self:
        """Some of them."""
        if which.all():
            return self
        places = np.flatnonzero(which)
        return type(self)(
            self.starts[places],
            self.counts[places],
            self.totals[places],
            self.least[places],
            self.most[places],
            [self.sketches[place] for place in places.tolist()],
        )

    def beside(self, other: Self) -> Self:
        """These and others, in no order."""
        return type(self)(
            np.concatenate((self.starts, other.starts)),
            np.concatenate((self.counts, other.counts)),
            np.concatenate((self.totals, other.totals)),
            np.concatenate((self.least, other.least)),
            np.concatenate((self.most, other.most)),
            [*self.sketches, *other.sketches],
        )


class Rows(Sequence[Rollup]):
    """Rollups of one series, in order of time, that know their columns."""

    @property
    @abstractmethod
    def starts(self) -> Ints:
        """When each begins, in seconds since 1970."""

    @property
    @abstractmethod
    def periods(self) -> Ints:
        """How many seconds each lasts."""

    @property
    @abstractmethod
    def lengths(self) -> Ints:
        """How many seconds a slice of each has."""

    @property
    @abstractmethod
    def visits(self) -> Ints:
        """How many scheduled samples each has that were up, down, blocked, unknown and tainted."""

    @abstractmethod
    def figures(self, indicator: str) -> FigureColumns:
        """The figures of an indicator."""

    @abstractmethod
    def packed_slices(self) -> PackedSlices | None:
        """Their slices, where they lie ready as bytes and are all cut alike."""


class OpenRows(Rows):
    """Rollups that are open."""

    def __init__(self, rollups: Iterable[Rollup]) -> None:
        self._rollups = list(rollups)

    def __len__(self) -> int:
        return len(self._rollups)

    @overload
    def __getitem__(self, place: int) -> Rollup: ...
    @overload
    def __getitem__(self, place: slice) -> list[Rollup]: ...
    def __getitem__(self, place: int | slice) -> Rollup | list[Rollup]:
        return self._rollups[place]

    @property
    def starts(self) -> Ints:
        """When each begins."""
        return _ints([one.start for one in self._rollups])

    @property
    def periods(self) -> Ints:
        """How long each lasts."""
        return _ints([one.slices.period for one in self._rollups])

    @property
    def lengths(self) -> Ints:
        """How long a slice of each is."""
        return _ints([one.slices.length for one in self._rollups])

    @property
    def visits(self) -> Ints:
        """How many samples each has, by how they ended."""
        each = (one.visits for one in self._rollups)
        rows = [(one.up, one.down, one.blocked, one.unknown, one.tainted) for one in each]
        return _ints(rows).reshape(-1, 5)

    def figures(self, indicator: str) -> FigureColumns:
        """The figures of an indicator."""
        held = [(one.start, one.figures.get(indicator)) for one in self._rollups]
        some = [(start, one) for start, one in held if one is not None and one.count]
        return FigureColumns(
            _ints([start for start, _ in some]),
            _ints([one.count for _, one in some]),
            exact([one.total for _, one in some]),
            np.array([one.least for _, one in some], dtype=np.float64),
            np.array([one.most for _, one in some], dtype=np.float64),
            [one.sketch for _, one in some],
        )

    def packed_slices(self) -> PackedSlices | None:
        """They lie open, where there are any."""
        return None if self._rollups else PackedSlices(1, 1, (), (), (), ())


def columns_of(rows: Sequence[Rollup]) -> Rows:
    """Rollups with their columns."""
    return rows if isinstance(rows, Rows) else OpenRows(rows)


def exact(numbers: Sequence[int]) -> Exact:
    """Whole numbers as an array, whatever their size."""
    if max(map(abs, numbers), default=0) < _ROOM:
        return _ints(numbers)
    return np.array(numbers, dtype=object)


def total_of(numbers: Exact) -> int:
    """Their sum, exactly."""
    if not len(numbers):
        return 0
    if numbers.dtype != object and len(numbers) * int(np.abs(numbers).max()) >= _ROOM:
        numbers = numbers.astype(object)
    return int(numbers.sum())


def begin_in(starts: Ints, intervals: Sequence[Interval]) -> Choice:
    """Which of these moments lie in one of some intervals, which are in order and apart."""
    begins, ends = _ints([one[0] for one in intervals]), _ints([one[1] for one in intervals])
    places = np.searchsorted(begins, starts, "right") - 1
    inside: Choice = places >= 0
    inside[inside] = starts[inside] < ends[places[inside]]
    return inside


def touch(starts: Ints, ends: Ints, intervals: Sequence[Interval]) -> Choice:
    """Which of these stretches have a part in one of some intervals, which are in order and apart."""
    begins, stops = _ints([one[0] for one in intervals]), _ints([one[1] for one in intervals])
    places = np.searchsorted(begins, ends, "left") - 1
    touched: Choice = places >= 0
    touched[touched] = stops[places[touched]] > starts[touched]
    return touched


def _ints(numbers: Sequence[Any]) -> Ints:
    return np.array(numbers, dtype=np.int64)
