"""Rollups and outages as the judge has them, from rows and back."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from monitor.sla.outages import Outage
from monitor.sla.rollups import Figures, Rollup, Visits
from monitor.sla.slices import Slices
from storage.outages import OutageRow
from storage.packing import PackedFigures, pack_figures, pack_set, unpack_figures, unpack_set
from storage.rollups import RollupRow

_unpacked = lru_cache(maxsize=1024)(unpack_set)
"""Most sets are one of a few: all of a day's slices, or none."""


def row_of(rollup: Rollup, number: int, newest: int) -> RollupRow:
    """The row of a rollup, of the series with that number and with its newest sample in microseconds."""
    slices, visits = rollup.slices, rollup.visits
    return RollupRow(
        number,
        slices.period,
        slices.start,
        slices.length,
        slices.reach,
        pack_set(slices.measured),
        pack_set(slices.down),
        visits.up,
        visits.down,
        visits.blocked,
        visits.unknown,
        visits.tainted,
        newest,
        pack_figures(_packed(name, one) for name, one in rollup.figures.items() if one.count),
    )


def _packed(name: str, figures: Figures) -> PackedFigures:
    assert figures.least is not None
    assert figures.most is not None
    sketch = figures.sketch if isinstance(figures.sketch, bytes) else figures.sketch.to_bytes()
    return PackedFigures(name, figures.count, figures.total, figures.least, figures.most, sketch)


def rollup_of(row: RollupRow, indicators: Collection[bytes] | None = None) -> Rollup:
    """The rollup of a row, with the figures of these indicators, or of all. Sketches stay bytes."""
    # Taken apart at once: half a year of a hundred pages are more than a hundred thousand rows.
    _, period, start, length, reach, measured, down, up, bad, blocked, unknown, tainted, _, packed = row
    figures = {
        name: Figures(number, total, least, most, sketch)
        for name, number, total, least, most, sketch in unpack_figures(packed, indicators)
    }
    slices = Slices(start, period, length, _unpacked(measured), _unpacked(down), reach)
    return Rollup(slices, Visits(up, bad, blocked, unknown, tainted), figures)


def outage_of(row: OutageRow, region: str) -> Outage:
    """The outage of a row, seen from a region."""
    return Outage(
        regions=(region,),
        first_bad=row.first_bad,
        last_bad=row.last_bad,
        last_good=row.last_good,
        first_good=row.first_good,
        all_good=row.all_good,
        blind=row.blind,
        samples=row.samples,
        faults=row.faults,
        opened_by=row.opened_by,
        closed_by=row.closed_by,
        worst=row.worst,
    )
