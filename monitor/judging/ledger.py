"""The ledger: the rollups of the newest hours in memory, each sample counted once. No clock and no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.judging.every import Cut, Paces
from monitor.judging.rows import row_of
from monitor.sla.rollups import Figures, Rollup
from monitor.sla.slices import HOUR, measures
from probes.sample import Attempt, Outcome, Sample
from storage.looks import series_of
from storage.rollups import RollupRow
from storage.series import Series
from storage.tables import to_microseconds


class Place(NamedTuple):
    """A series in one hour."""

    series: Series
    start: int
    """Seconds since 1970."""


@dataclass(slots=True)
class Entry:
    """What is known of a place."""

    cut: Cut
    rollup: Rollup
    newest: int
    """When its newest sample began, in microseconds since 1970."""
    whole: bool = True
    """Whether what earlier processes saw is in it."""
    changed: bool = True
    """Whether it was not written yet as it is."""

    def take(self, other: Entry) -> None:
        """Take in what is known beside of the same place, cut to slices of the same length."""
        self.cut = Cut(self.cut.length, max(self.cut.reach, other.cut.reach))
        self.rollup.merge(other.rollup)
        self.rollup.slices = replace(self.rollup.slices, reach=self.cut.reach)
        self.newest = max(self.newest, other.newest)
        self.changed = True


class Ledger:
    """Counts samples that were taken from a moment on. It is used by one thread at a time.

    What was taken earlier is another one's, so that nothing is counted twice: a rollup that lacks something
    is made right from the samples in the store, one that counts too much looks as if it knew more than these.
    """

    def __init__(self, paces: Paces, began: float) -> None:
        self.paces = paces
        """How often each series is measured now."""
        self.began = began
        """From when on samples are counted."""
        self.unknown: int | None = hour_of(began)
        """The hour of which others may have seen something before, until that is taken over."""
        self.failing: dict[Series, float] = {}
        """Series that were seen down, with the moment of the first bad sample since it was looked into."""
        self.first = hour_of(began)
        """The first hour whose samples are counted."""
        self._entries: dict[Place, Entry] = {}

    def count(self, samples: Iterable[Sample]) -> None:
        """Count samples, none of which comes twice."""
        groups: dict[Place, list[Sample]] = defaultdict(list)
        for sample in samples:
            series, at = series_of(sample), sample.at.timestamp()
            if sample.attempt is Attempt.SCHEDULED and at >= self.began:
                groups[Place(series, hour_of(at))].append(sample)
            if sample.outcome is Outcome.DOWN and measures(sample):
                self.failing.setdefault(series, at)
        for place, some in groups.items():
            if place.start >= self.first:
                self._count(place, some)

    def take_over(self, base: dict[Place, Entry]) -> None:
        """Take in what earlier processes saw of the unknown hour.

        Where they cut a series into other slices, it stays incomplete here: it is made right once it is over.
        """
        for place, entry in self._entries.items():
            other = base.pop(place, None)
            if other is not None and other.cut.length != entry.cut.length:
                continue
            if other is not None:
                entry.take(other)
            entry.whole = True
        self._entries.update(base)
        self.unknown = None

    def changed_rows(self) -> dict[Place, RollupRow]:
        """The rows of what is whole and changed since the last time; their series have no numbers yet."""
        found = {}
        for place, entry in self._entries.items():
            if entry.whole and entry.changed:
                entry.changed = False
                found[place] = row_of(entry.rollup, 0, entry.newest)
        return found

    def write_again(self, places: Iterable[Place]) -> None:
        """These were not written after all."""
        for place in places:
            if place in self._entries:
                self._entries[place].changed = True

    def keep(self, first: int, last: int) -> None:
        """Forget the hours that begin before one moment or after another, and count none of earlier ones.

        Those are made right from what is in the store.
        """
        self.first = max(self.first, first)
        for place in list(self._entries):
            if not self.first <= place.start <= last:
                del self._entries[place]

    def live(self, *, figures: bool) -> dict[Series, list[Rollup]]:
        """Copies of all rollups that are whole; their figures only where asked for."""
        found: dict[Series, list[Rollup]] = defaultdict(list)
        for place, entry in sorted(self._entries.items(), key=lambda item: item[0].start):
            if entry.whole:
                found[place.series].append(_copy(entry.rollup, figures))
        return dict(found)

    def _count(self, place: Place, samples: list[Sample]) -> None:
        pace = self.paces.pace(place.series)
        entry = self._entries.get(place)
        cut = Cut.of(pace) if entry is None else entry.cut.for_pace(pace)
        newest = max(to_microseconds(sample.at) for sample in samples)
        new = Entry(cut, cut.rollup(samples, place.start), newest, whole=place.start != self.unknown)
        if entry is None:
            self._entries[place] = new
        else:
            entry.take(new)


def hour_of(at: float) -> int:
    """When the hour began in which a moment lies."""
    return int(at // HOUR) * HOUR


def base_of(parts: Iterable[tuple[Place, Cut, list[Sample]]]) -> dict[Place, Entry]:
    """What earlier processes saw, from their samples, a few at a time."""
    found: dict[Place, Entry] = {}
    for place, cut, samples in parts:
        newest = max(to_microseconds(sample.at) for sample in samples)
        new = Entry(cut, cut.rollup(samples, place.start), newest)
        if place in found:
            found[place].take(new)
        else:
            found[place] = new
    return found


def _copy(rollup: Rollup, figures: bool) -> Rollup:
    held = dict(_copies(rollup)) if figures else {}
    return Rollup(rollup.slices, rollup.visits, held)


def _copies(rollup: Rollup) -> Iterator[tuple[str, Figures]]:
    for name, one in rollup.figures.items():
        yield name, replace(one, sketch=replace(one.opened))
