"""Holds rollups against the samples in the store, and makes again those that lack some.

Counts are cheap to compare: the database counts the visits of an hour, and only series of which it has more
than their rollup are read and rolled up again. What it has fewer of is left alone: those samples were
deleted, or wait in a spool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import Connection

from monitor.judging.every import Cut, Paces
from monitor.judging.outages import remake_outages
from monitor.judging.rows import rollup_of, row_of
from monitor.sla.rollups import Rollup, day_of
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import moment
from probes.sample import Sample
from storage.looks import looks, series_of, tallies
from storage.marks import WHOLE, mark
from storage.outages import open_outages, read_outages
from storage.rollups import RollupRow, read_rollups, write_rollups
from storage.series import Series, known_series, number_series, of_region
from storage.store import Store
from storage.tables import to_microseconds
from storage.unsettled import Stretch, settle, unsettle

CHUNK = 2000
"""Samples that are rolled up at once."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it."""

    made: int = 0
    """Rollups that were made again."""
    kept: int = 0
    """Rollups that were left as they are, because they know of visits whose samples are gone."""
    whole: bool = True
    """Whether all samples of the time are there."""

    def __add__(self, other: Settled) -> Settled:
        return Settled(self.made + other.made, self.kept + other.kept, self.whole and other.whole)


@dataclass(slots=True)
class _Hour:
    """What the store says about an hour of a region."""

    numbers: dict[Series, int]
    rows: dict[Series, RollupRow]
    counts: Mapping[Series, tuple[tuple[int, ...], int]]

    def lacking(self) -> set[Series]:
        """The series of which there are visits that no rollup counts."""
        return {
            one
            for one, (counts, _) in self.counts.items()
            if any(counts) and (one not in self.rows or _more(counts, self.rows[one].visits))
        }


class Settler:
    """Makes the rollups and outages of one store right. It blocks, and raises ``StoreUnavailable``."""

    def __init__(self, store: Store, paces: Paces) -> None:
        self._store = store
        self.paces = paces
        """How often each series is measured now."""

    def hour(self, stretch: Stretch, token: str | None = None, *, all_series: bool = False) -> Settled:
        """Settle an hour that is over: its series that lack visits, or all of them.

        With ``token`` the hour is unmarked, where nothing came meanwhile. Its day is marked.
        """
        with self._store.reading() as connection:
            found = self._look(connection, stretch)
            wanted = {one for one in found.counts if any(found.counts[one][0])}
            wanted = wanted if all_series else found.lacking()
            made = self._roll_up(connection, stretch, found.rows, wanted) if wanted else {}
            # Asked last: samples that were deleted before the mark was set may have been missing.
            whole = self._is_whole(connection, stretch.start)
        done = Settled(whole=False)
        if whole:
            done = self._write(made)
            self._outages(stretch, found, all_series)
        with self._store.writing() as connection:
            if whole:
                day = Stretch(stretch.region, DAY, stretch.start - stretch.start % DAY)
                unsettle(connection, [day])
            if token is not None:
                settle(connection, stretch, token)
        return done

    def day(self, stretch: Stretch, token: str | None = None) -> Settled:
        """Make the days of a region from their hours, once these are settled.

        Hours that were deleted meanwhile are made again first, where a day lacks samples that are there.
        """
        with self._store.reading() as connection:
            numbers = dict(of_region(known_series(connection), stretch.region))
            hours = _hours(connection, stretch, numbers.values())
        rows = list(_days(hours))
        with self._store.writing() as connection:
            made = write_rollups(connection, rows)
        if made < len(rows) and self._lacks_hours(stretch, numbers, hours):
            for start in range(stretch.start, stretch.start + DAY, HOUR):
                self.hour(Stretch(stretch.region, HOUR, start))
            return self.day(stretch)  # still marked: it is looked at once more
        if token is not None:
            with self._store.writing() as connection:
                settle(connection, stretch, token)
        return Settled(made, len(rows) - made)

    def _lacks_hours(
        self, stretch: Stretch, numbers: Mapping[Series, int], hours: Mapping[int, Sequence[RollupRow]]
    ) -> bool:
        """Whether there are samples of a day that none of its hours counts."""
        with self._store.reading() as connection:
            end = moment(stretch.start + DAY)
            counts = tallies(connection, stretch.region, moment(stretch.start), end)
            whole = self._is_whole(connection, stretch.start)
        sums = {
            one: tuple(map(sum, zip(*(row.visits for row in hours[number]), strict=True)))
            for one, number in numbers.items()
            if number in hours
        }
        return whole and any(_more(counts[one][0], visits) for one, visits in sums.items() if one in counts)

    def follow(self, series: Series, since: float, *, quick: bool = True) -> bool:
        """Bring the newest outage of a series up to date; whether it goes on."""
        with self._store.writing() as connection:
            number = number_series(connection, [series])[series]
        every = self.paces.pace(series)
        return remake_outages(self._store, series, number, every, moment(since), quick=quick)

    def _look(self, connection: Connection, stretch: Stretch) -> _Hour:
        numbers = dict(of_region(known_series(connection), stretch.region))
        names = {number: one for one, number in numbers.items()}
        rows = read_rollups(connection, names, HOUR, stretch.start, stretch.start + 1)
        counts = tallies(connection, stretch.region, moment(stretch.start), moment(stretch.start + HOUR))
        return _Hour(numbers, {names[row.series]: row for row in rows}, counts)

    def _roll_up(
        self,
        connection: Connection,
        stretch: Stretch,
        rows: Mapping[Series, RollupRow],
        wanted: Collection[Series],
    ) -> dict[Series, tuple[Rollup, int]]:
        """The rollups of some series in an hour, with their newest sample, from all its samples."""
        cuts = {one: Cut.of_row(rows[one]) if one in rows else self.paces.cut(one) for one in wanted}
        made: dict[Series, tuple[Rollup, int]] = {}
        samples = looks(
            connection,
            moment(stretch.start),
            moment(stretch.start + HOUR),
            region=stretch.region,
            pages={one.page for one in wanted},
        )
        with closing(samples):  # type: ignore[type-var]  # a generator
            for series, some in grouped(samples):
                if series not in cuts:
                    continue
                part = cuts[series].rollup(some, stretch.start)
                newest = max(to_microseconds(sample.at) for sample in some)
                if series in made:
                    rollup, latest = made[series]
                    rollup.merge(part)
                    made[series] = rollup, max(latest, newest)
                else:
                    made[series] = part, newest
        return made

    def _write(self, made: Mapping[Series, tuple[Rollup, int]]) -> Settled:
        if not made:
            return Settled()
        with self._store.writing() as connection:
            numbers = number_series(connection, made)
            rows = [row_of(rollup, numbers[one], newest) for one, (rollup, newest) in made.items()]
            written = write_rollups(connection, rows)
        return Settled(written, len(rows) - written)

    def _outages(self, stretch: Stretch, found: _Hour, all_series: bool) -> None:
        """Make the outages of an hour again: those of series that were seen down in it, or until it."""
        start, end = moment(stretch.start), moment(stretch.start + HOUR)
        names = {number: one for one, number in found.numbers.items()}
        concerned = {one for one, (_, bad) in found.counts.items() if bad}
        with self._store.reading() as connection:
            kept = read_outages(connection, names, start, end)
            kept += [row for row in open_outages(connection, names) if row.first_bad < start]
        concerned |= {names[row.series] for row in kept}
        if not concerned:
            return
        with self._store.writing() as connection:
            numbers = number_series(connection, concerned)
        for one, number in numbers.items():
            remake_outages(self._store, one, number, self.paces.pace(one), start, end)

    def _is_whole(self, connection: Connection, start: int) -> bool:
        whole = mark(connection, WHOLE)
        return whole is None or moment(start) >= whole


def _hours(connection: Connection, day: Stretch, numbers: Collection[int]) -> dict[int, list[RollupRow]]:
    """The hours of a day, by series and in order."""
    hours: dict[int, list[RollupRow]] = defaultdict(list)
    for row in read_rollups(connection, numbers, HOUR, day.start, day.start + DAY):
        hours[row.series].append(row)
    return {number: sorted(rows, key=attrgetter("start")) for number, rows in hours.items()}


def _days(hours: Mapping[int, Sequence[RollupRow]]) -> Iterator[RollupRow]:
    """The rows of days; none where the length of the slices changed."""
    for number, rows in hours.items():
        day = day_of(map(rollup_of, rows))
        if day is not None:
            yield row_of(day, number, max(row.newest for row in rows))


def _more(counts: Iterable[int], visits: Iterable[int]) -> bool:
    return any(count > known for count, known in zip(counts, visits, strict=True))


def grouped(samples: Iterable[Sample]) -> Iterator[tuple[Series, list[Sample]]]:
    """Samples by series, a chunk at a time, so that few of them are held."""
    groups: dict[Series, list[Sample]] = defaultdict(list)
    for number, sample in enumerate(samples, 1):
        groups[series_of(sample)].append(sample)
        if number % CHUNK == 0:
            yield from groups.items()
            groups = defaultdict(list)
    yield from groups.items()
