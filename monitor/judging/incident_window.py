"""The window: what the store says about the last hours of each page, rollups and the newest samples together.

Each agent writes its rollups once a minute, those of late samples too. What is newer than that stands in the
samples alone. Both are sets of what was seen, so what stands in both counts once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection

from monitor.judging.incident_plan import PageKey, PagePlan
from monitor.sla.slices import HOUR, Slices, slice_length, slice_reach
from monitor.sla.timeline import Grid, grid_of
from probes.sample import Attempt, Outcome
from storage.glances import Glance, SliceRow, glances, read_slices
from storage.packing import pack_set, unpack_set
from storage.series import Series, known_series

FRESH = timedelta(seconds=90)
"""How far back samples are read: a minute after they ended, a rollup has them."""
LOOK_BACK = 900
"""Seconds that are looked at again each time, so that what came late is not missed."""
LEAST_SLICES = 4
"""How many slices are looked at again at least, where they are long."""

_unpacked = lru_cache(maxsize=4096)(unpack_set)
"""Most sets of an hour are one of a few: all of its slices so far, or none."""


@dataclass(slots=True)
class PageWindow:
    """What the store says about one page."""

    rows: list[tuple[str, SliceRow]] = field(default_factory=list)
    """The rollups of its hours, by region."""
    samples: list[Glance] = field(default_factory=list)
    """The newest samples, bursts included."""
    newest: dict[str, int] = field(default_factory=dict)
    """When each region took its newest sample, whatever became of it, in microseconds since 1970."""
    failing: bool = False
    """Whether any of it is down."""

    def add_row(self, region: str, row: SliceRow) -> None:
        """Add the rollup of an hour."""
        self.rows.append((region, row))
        if row.down != _NONE:
            self.failing = True
        if row.newest > self.newest.get(region, 0):
            self.newest[region] = row.newest

    def add_sample(self, sample: Glance) -> None:
        """Add one of the newest samples."""
        self.samples.append(sample)
        if sample.outcome == _DOWN:
            self.failing = True
        if sample.at > self.newest.get(sample.region, 0):
            self.newest[sample.region] = sample.at

    def known(self, plan: PagePlan) -> tuple[int, int, int] | None:
        """The start of the slices, their length, and the set of those that any region measured.

        It takes a tenth of what :meth:`grid` takes, and is for pages of which nothing is down. ``None``:
        slices are of several lengths, or not all regions count.
        """
        length, reach = slice_length(plan.every), slice_reach(plan.every)
        starts = [row.start for _, row in self.rows]
        if self.samples:
            starts.append(min(sample.at for sample in self.samples) // _SECOND // HOUR * HOUR)
        start = min(starts, default=0)
        measured = 0
        for _, row in self.rows:
            if row.length != length or row.reach != reach:
                return None
            measured |= _unpacked(row.measured) << (row.start - start) // length
        for sample in self.samples:
            if sample.outcome == _UP and sample.attempt == _SCHEDULED and not sample.tainted:
                measured |= 1 << (sample.at // _SECOND - start) // length
        known = measured
        for _ in range(reach):
            measured <<= 1
            known |= measured
        return None if plan.regions else (start, length, known)

    def grid(self, plan: PagePlan, regions: Iterable[str], end: int) -> Grid:
        """The slices of these regions, and of all that measured, until the one that ``end`` lies in."""
        hours: dict[tuple[str, int], Slices] = {}
        for region, row in self.rows:
            _merge(hours, region, _slices(row))
        for region, slices in _of_samples(self.samples, hours, plan.every):
            _merge(hours, region, slices)
        lines: dict[str, list[Slices]] = {region: [] for region in regions}
        for (region, _), slices in sorted(hours.items()):
            lines.setdefault(region, []).append(slices)
        grid = grid_of(lines)
        return grid.cut(grid.start, end + -(end - grid.start) % grid.length)


class Window:
    """The last hours of many pages."""

    def __init__(self) -> None:
        self._series: dict[int, Series] = {}

    def read(
        self, connection: Connection, plans: Mapping[PageKey, PagePlan], now: datetime
    ) -> dict[PageKey, PageWindow]:
        """What the store says at ``now`` about each page that it knows of."""
        return self._found(
            plans,
            read_slices(connection, start_of(plans.values(), now)),
            glances(connection, now - FRESH, now),
            lambda number: self._named(connection, number),
        )

    def read_some(
        self, connection: Connection, plans: Mapping[PageKey, PagePlan], now: datetime
    ) -> dict[PageKey, PageWindow]:
        """The same of a few pages, reading no others."""
        if not self._series:
            self._name(connection)
        mine = [number for number, series in self._series.items() if series[:2] in plans]
        return self._found(
            plans,
            read_slices(connection, start_of(plans.values(), now), mine),
            glances(connection, now - FRESH, now, {page for _, page in plans}),
            self._series.get,
        )

    @staticmethod
    def _found(
        plans: Mapping[PageKey, PagePlan],
        rows: Iterable[SliceRow],
        samples: Iterable[Glance],
        named: Callable[[int], Series | None],
    ) -> dict[PageKey, PageWindow]:
        found: dict[PageKey, PageWindow] = defaultdict(PageWindow)
        for row in rows:
            series = named(row.series)
            plan = plans.get(series[:2]) if series else None
            if plan is not None and series is not None and series.probe == plan.probe:
                found[plan.key].add_row(series.region, row)
        for sample in samples:
            plan = plans.get(sample[:2])
            if plan is not None and sample.probe == plan.probe:
                found[plan.key].add_sample(sample)
        return found

    def _named(self, connection: Connection, number: int) -> Series | None:
        if number not in self._series:
            self._name(connection)
        return self._series.get(number)

    def _name(self, connection: Connection) -> None:
        self._series = {each: series for series, each in known_series(connection).items()}


def looked_back(plan_length: int) -> int:
    """Seconds that are looked at again, where slices are so long."""
    return max(LOOK_BACK, LEAST_SLICES * plan_length)


def start_of(plans: Iterable[PagePlan], now: datetime) -> int:
    """The hour from which on rollups are read."""
    longest = max((slice_length(plan.every) for plan in plans), default=0)
    start = int(now.timestamp()) - looked_back(longest)
    return start - start % HOUR


def _slices(row: SliceRow) -> Slices:
    return Slices(row.start, HOUR, row.length, _unpacked(row.measured), _unpacked(row.down), row.reach)


def _merge(hours: dict[tuple[str, int], Slices], region: str, slices: Slices) -> None:
    before = hours.get((region, slices.start))
    hours[region, slices.start] = slices if before is None else before.merge(slices)


def _of_samples(
    samples: Collection[Glance], hours: Mapping[tuple[str, int], Slices], every: float
) -> Iterator[tuple[str, Slices]]:
    """The slices that samples measured, cut as the rollups of their hours are."""
    measured: dict[tuple[str, int], int] = defaultdict(int)
    down: dict[tuple[str, int], int] = defaultdict(int)
    cuts: dict[tuple[str, int], tuple[int, int]] = {}
    for sample in samples:
        if sample.tainted or sample.attempt != _SCHEDULED or sample.outcome not in _MEASURES:
            continue
        at = sample.at // _SECOND
        key = sample.region, at - at % HOUR
        if key not in cuts:
            like = hours.get(key)
            cuts[key] = (like.length, like.reach) if like else (slice_length(every), slice_reach(every))
        bit = 1 << at % HOUR // cuts[key][0]
        measured[key] |= bit
        if sample.outcome == _DOWN:
            down[key] |= bit
    for key, (length, reach) in cuts.items():
        yield key[0], Slices(key[1], HOUR, length, measured[key], down[key], reach)


_UP, _DOWN, _SCHEDULED = Outcome.UP.value, Outcome.DOWN.value, Attempt.SCHEDULED.value
_MEASURES = (_UP, _DOWN)
_SECOND = 1_000_000
_NONE = pack_set(0)
