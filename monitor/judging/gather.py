"""Gathers what is known of pages for the judge: rollups, outages, and what no rollup holds yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from monitor.config import Config
from monitor.judging.declared import as_known
from monitor.judging.every import Paces
from monitor.judging.packed_rows import PackedRows
from monitor.judging.rows import outage_of, rollup_of, row_of
from monitor.judging.settler import grouped
from monitor.judging.tail import tail_of
from monitor.judging.window import Held, Needs, read_window, rows_in
from monitor.sla.evidence import PageData, RegionData
from monitor.sla.indicators import WITHOUT_FIGURES
from monitor.sla.outages import Outage
from monitor.sla.rollups import Rollup
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Span, moment
from storage.looks import looks
from storage.marks import WHOLE, mark
from storage.outages import read_outages
from storage.rollups import RollupRow, series_with_rollups
from storage.series import Series, known_series
from storage.store import Store
from storage.unsettled import Stretch, unsettled_stretches

REMEMBERED = 30 * DAY
"""Seconds before a window in which a region must have measured a page to be missed in it."""
EDGES_UNDER = DAY
"""Seconds of a window under which an hour in the midst of which it begins or ends is read from samples."""
RECENT = 3 * HOUR
"""Seconds for which samples are looked for that no rollup holds yet; older ones have been rolled up."""

Progress = Callable[[int, int], None]
"""Told how much is done, of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to gather; ``None`` is everything."""

    probes: Collection[str] | None = None
    """Kinds of probe."""
    indicators: Collection[str] | None = None
    """Whose figures, where it is one that has any."""
    vendors: Collection[str] | None = None
    pages: Collection[str] | None = None
    burns: bool = True
    """Whether the last three days are needed too, to see how fast budgets are spent."""
    past: bool = False
    """Whether a rollup of the window's last hour may hold samples of the time after the window, too."""

    def takes(self, vendor: str, page: str, probe: str) -> bool:
        """Whether this is to be gathered."""
        wanted = ((self.vendors, vendor), (self.pages, page), (self.probes, probe))
        return all(names is None or name in names for names, name in wanted)


EVERYTHING = Choice()


class _Matter(NamedTuple):
    """What the judge judges: a page as one kind of probe sees it."""

    vendor: str
    page: str
    probe: str


@dataclass(slots=True)
class _Found:
    """What is known of one series."""

    rows: dict[tuple[int, int], RollupRow]
    """By start and period."""
    outages: list[Outage] = field(default_factory=list)
    edges: dict[int, Rollup] = field(default_factory=dict)
    """What was measured in the first and the last hour of the window, as far as it is in the window."""

    def has_day_of(self, hour: int) -> bool:
        """Whether a row of a whole day holds an hour."""
        return (hour - hour % DAY, DAY) in self.rows


def gather(
    store: Store,
    config: Config,
    span: Span,
    now: datetime,
    *,
    choice: Choice = EVERYTHING,
    progress: Progress | None = None,
) -> list[PageData]:
    """What the store knows of the pages of ``config`` in a window, one for each kind of probe.

    It is made for this window: its first and last hours are cut as :func:`monitor.sla.evidence.periods` says,
    so judge another window by data of its own. It blocks, and raises ``StoreUnavailable``.
    """
    needs = Needs.of(span, int(now.timestamp()), burns=choice.burns)
    gathering = _Gathering(config, needs, choice, span)
    with store.reading() as connection:
        gathering.read(connection, int(now.timestamp()), progress)
    return list(gathering.pages())


class _Gathering:
    """One gathering, under way."""

    def __init__(self, config: Config, needs: Needs, choice: Choice, span: Span) -> None:
        self._span = span
        self._config = config
        self._needs = needs
        self._choice = choice
        self._paces = Paces.of(config.watches())
        self._labels = {(each.name, page.name): page.labels for each in config.vendors for page in each.pages}
        self._pages = {page for _, page in self._labels if choice.pages is None or page in choice.pages}
        self._found: dict[Series, _Found] = {}
        self._maintenance = [one.span() for one in config.maintenance]

    def read(self, connection: Connection, now: int, progress: Progress | None) -> None:
        """Read all that there is."""
        self._maintenance = as_known(connection, self._maintenance, moment(now))
        series = {one: number for one, number in known_series(connection).items() if self._wants(one)}
        held = read_window(connection, self._needs, series.values(), progress)
        for one, number in series.items():
            if number in held:
                self._found[one] = _Found(rows_in(held[number], self._needs))
        self._read_outages(connection, series)
        self._remember(connection, series)
        self._read_tails(connection, {one: held[n] for one, n in series.items() if n in held}, now)
        self._read_edges(connection)

    def pages(self) -> Iterator[PageData]:
        """What was read, page by page."""
        matters: dict[_Matter, list[RegionData]] = defaultdict(list)
        names = self._choice.indicators
        wanted = None if names is None else {name.encode() for name in names}
        for watch in self._config.watches():
            key = watch.target.key
            if self._choice.takes(*key[:3]):
                matters[_Matter(*key[:3])] = []
        for one, found in sorted(self._found.items()):
            rows = PackedRows([found.rows[key] for key in sorted(found.rows)], wanted)
            edges = [found.edges[start] for start in sorted(found.edges)]
            region = RegionData(one.region, rows, found.outages, one.variant or None, edges)
            matters[_Matter(one.vendor, one.page, one.probe)].append(region)
        for matter, regions in matters.items():
            labels = self._labels[matter.vendor, matter.page]
            regions += self._named(matter, labels, {one.region for one in regions})
            yield PageData(*matter, regions, labels, self._maintenance)

    def _wants(self, one: Series) -> bool:
        known = (one.vendor, one.page) in self._labels
        return known and self._choice.takes(one.vendor, one.page, one.probe)

    def _read_edges(self, connection: Connection) -> None:
        """The first and the last hour of a short window, where all of their samples are there."""
        edges = self._edges()
        whole = mark(connection, WHOLE) if edges else None
        if whole is not None and any(moment(start) < whole for start, _ in edges):
            return
        for start, end in edges:
            for one, found in self._found.items():
                # A series that has nothing in its part of an hour has not what the whole hour has either.
                found.edges[start] = self._paces.cut(one).rollup([], start, end - start)
            for one, samples in grouped(looks(connection, moment(start), moment(end), pages=self._pages)):
                if self._wants(one):
                    part = self._paces.cut(one).rollup(samples, start, end - start)
                    held = self._found.setdefault(one, _Found({})).edges.setdefault(start, part)
                    if held is not part:
                        held.merge(part)

    def _edges(self) -> list[tuple[int, int]]:
        """The parts of hours with which a short window begins and ends."""
        start, end = self._span.start, self._span.end
        names = self._choice.indicators
        if end - start >= EDGES_UNDER or (names is not None and WITHOUT_FIGURES.issuperset(names)):
            return []
        first, last = start - start % HOUR + HOUR, end - end % HOUR
        found = [(start, min(first, end))] if start % HOUR else []
        if self._choice.past and last < end and start <= last:
            found.append((last, end))
        return found

    def _read_outages(self, connection: Connection, series: Mapping[Series, int]) -> None:
        names = {number: one for one, number in series.items()}
        for row in read_outages(connection, names, moment(self._needs.start), moment(self._needs.end)):
            one = names[row.series]
            found = self._found.setdefault(one, _Found({}))
            found.outages.append(outage_of(row, one.region))

    def _remember(self, connection: Connection, series: Mapping[Series, int]) -> None:
        """Regions that measured a page until shortly before the window are missed in it."""
        silent = {number: one for one, number in series.items() if one not in self._found}
        since = self._needs.start - REMEMBERED
        for number in series_with_rollups(connection, silent, since, self._needs.end):
            self._found[silent[number]] = _Found({})

    def _read_tails(self, connection: Connection, held: Mapping[Series, Held], now: int) -> None:
        """What no rollup holds yet, of a day too that is only just over: it may have no row yet."""
        hours, days = set(self._needs.hours), set(self._needs.days)
        for stretch in unsettled_stretches(connection) if self._needs.end > now - RECENT else ():
            needed = stretch.start in hours or stretch.start - stretch.start % DAY in days
            if stretch.period == HOUR and stretch.start > now - RECENT and needed:
                self._read_tail(connection, stretch, held)

    def _read_tail(self, connection: Connection, stretch: Stretch, held: Mapping[Series, Held]) -> None:
        known = {
            (one, stretch.start): each.hours[stretch.start]
            for one, each in held.items()
            if stretch.start in each.hours
        }
        for one, rollup in tail_of(connection, stretch, known, self._pages, self._paces.cut).items():
            if not self._wants(one):
                continue
            found = self._found.setdefault(one, _Found({}))
            if found.has_day_of(stretch.start):
                continue
            if (stretch.start, HOUR) in found.rows:
                rollup.merge(rollup_of(found.rows[stretch.start, HOUR]))
            found.rows[stretch.start, HOUR] = row_of(rollup, 0, 0)

    def _named(self, matter: _Matter, labels: Mapping[str, str], seen: set[str]) -> list[RegionData]:
        """Regions that an objective names, and that have nothing to say."""
        promises = [one.promise for one in self._config.objectives]
        named = {
            region
            for one in promises
            if one.measured_by == matter.probe and one.selector.takes(matter.vendor, matter.page, labels)
            for region in one.selector.regions
        }
        return [RegionData(region) for region in sorted(named - seen)]
