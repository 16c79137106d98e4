"""The rows of a series as the judge takes them: columns at once, and a rollup only where one is asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from typing import Any, overload

import numpy as np

from monitor.judging.rows import rollup_of
from monitor.sla.columns import FigureColumns, Ints, Rows
from monitor.sla.rollups import Rollup
from monitor.sla.timeline import PackedSlices
from storage.packing import unpack_bytes, unpack_many
from storage.rollups import RollupRow

_VISITS = RollupRow._fields[7:12]
_unpacked = lru_cache(maxsize=8192)(unpack_bytes)
"""Most sets are one of a few: all of a day's slices, all but one, or none."""


class PackedRows(Rows):
    """Rollups as a store has them."""

    def __init__(self, rows: Sequence[RollupRow], wanted: Collection[bytes] | None = None) -> None:
        """``rows`` are in order of time; ``wanted`` are the indicators that rollups are opened with."""
        self._rows = rows
        self._wanted = wanted

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> Rollup: ...
    @overload
    def __getitem__(self, place: slice) -> list[Rollup]: ...
    def __getitem__(self, place: int | slice) -> Rollup | list[Rollup]:
        if isinstance(place, slice):
            return [rollup_of(row, self._wanted) for row in self._rows[place]]
        return rollup_of(self._rows[place], self._wanted)

    @cached_property
    def starts(self) -> Ints:
        """When each begins."""
        return self._column("start")

    @cached_property
    def periods(self) -> Ints:
        """How long each lasts."""
        return self._column("period")

    @cached_property
    def lengths(self) -> Ints:
        """How long a slice of each is."""
        return self._column("length")

    @cached_property
    def visits(self) -> Ints:
        """How many samples each has, by how they ended."""
        return np.array([self._across[name] for name in _VISITS], np.int64).reshape(5, -1).T

    def figures(self, indicator: str) -> FigureColumns:
        """The figures of an indicator."""
        found = unpack_many(self._across["figures"], indicator.encode())
        return FigureColumns(
            self.starts[found.rows], found.numbers, found.totals, found.least, found.most, found.sketches
        )

    def packed_slices(self) -> PackedSlices | None:
        """Their slices, where all are cut alike."""
        cuts = set(zip(self._across["length"], self._across["reach"], strict=True))
        if len(cuts) > 1:
            return None
        ((length, reach),) = cuts or {(1, 1)}
        return PackedSlices(
            length,
            reach,
            self.starts.tolist(),
            self.periods.tolist(),
            list(map(_unpacked, self._across["measured"])),
            list(map(_unpacked, self._across["down"])),
        )

    def _column(self, name: str) -> Ints:
        return np.array(self._across[name], np.int64)

    @cached_property
    def _across(self) -> dict[str, tuple[Any, ...]]:
        """All columns by their names, turned round in C."""
        columns = tuple(zip(*self._rows, strict=True)) or ((),) * len(RollupRow._fields)
        return dict(zip(RollupRow._fields, columns, strict=True))
