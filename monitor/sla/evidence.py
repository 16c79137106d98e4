"""The evidence: what storage hands to the judge about one page."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, TypeVar

from monitor.sla.columns import Rows, columns_of
from monitor.sla.outages import Outage
from monitor.sla.rollups import Rollup
from monitor.sla.slices import DAY, HOUR, Slices
from monitor.sla.timeline import Grid, PackedSlices, grid_of, grid_of_packed
from monitor.sla.windows import Maintenance

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class RegionData:
    """What is known of a page from one region, as one kind of probe saw it.

    Of a page with variants (advertising channels), each variant from a region has one of these.
    """

    region: str
    rows: Sequence[Rollup] = ()
    """Rollups of hours and days, in order, none over another."""
    outages: Sequence[Outage] = ()
    """Those that overlap the window, in order."""
    variant: str | None = None
    edges: Sequence[Rollup] = ()
    """What was measured in an hour in the midst of which the window begins or ends, as far as it is in the
    window and where that is known. Figures and visits are these and not the hour's; slices are the hour's."""


@dataclass(frozen=True)
class PageData:
    """What is known of a page, as one kind of probe saw it."""

    vendor: str
    page: str
    probe: str
    regions: Sequence[RegionData]
    """Of every region that is known to watch the page, one that has nothing to say too."""
    labels: Mapping[str, str] = field(default_factory=dict)
    maintenance: Sequence[Maintenance] = ()
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, work: Callable[[], Kept]) -> Kept:
        """What ``work`` makes of it (never ``None``), made once: several promises ask for the same."""
        found: Kept | None = self._kept.get(key)
        if found is None:
            found = self._kept[key] = work()
        return found

    def forget(self) -> None:
        """Give back the memory of all that was made of it."""
        self._kept.clear()

    def seen_from(self, regions: Sequence[str]) -> PageData:
        """What these regions know of it; all of them, where none is named."""
        if not regions:
            return self
        return replace(self, regions=[one for one in self.regions if one.region in regions])

    @property
    def grid(self) -> Grid:
        """The slices of all its regions. Variants of a page seen from one region are one there."""
        return self.once("grid", lambda: self._packed_grid() or self._open_grid())

    def _packed_grid(self) -> Grid | None:
        """The same, where all of them lie ready as bytes and are cut alike."""
        if any(region.rows and not isinstance(region.rows, Rows) for region in self.regions):
            return None
        found: dict[str, PackedSlices] = {}
        for region in sorted(self.regions, key=lambda one: one.region):
            packed = columns_of(region.rows).packed_slices()
            if packed is None or region.region in found:
                return None
            found[region.region] = packed
        return grid_of_packed(found)

    def _open_grid(self) -> Grid:
        regions = sorted(self.regions, key=attrgetter("region"))
        if len({one.region for one in regions}) == len(regions):
            return grid_of({one.region: [row.slices for row in one.rows] for one in regions})
        slices: dict[str, dict[tuple[int, int], Slices]] = {}
        for region in sorted(self.regions, key=lambda one: (one.region, one.variant or "")):
            mine = slices.setdefault(region.region, {})
            for row in region.rows:
                key, new = (row.start, row.slices.period), row.slices
                mine[key] = mine[key].merge(new) if key in mine else new
        return grid_of({name: mine.values() for name, mine in slices.items()})


def periods(start: int, end: int) -> list[tuple[int, int]]:
    """The rollups that a window is made of, as starts and lengths: whole days, and hours at its ends.

    The last one may not be over yet. What storage reads for a window is this list; where a day has no rollup
    of its own, because the slices changed their length in it, it is the day's hours.
    """
    found, at = [], start - start % HOUR
    while at < end:
        length = DAY if at % DAY == 0 and at >= start and at + DAY <= end else HOUR
        found.append((at, length))
        at += length
    return found
