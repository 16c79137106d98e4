"""Windows: the time over which a promise is judged, and the hours of service within it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.sla.masks import between

STAGES = {"trial": 30, "stable": 90, "scale": 180}
"""The stages of an acceptance, and how many days each lasts."""

Interval = tuple[int, int]
"""From and until, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Span:
    """A window at one moment: what of it has passed, and when it is over."""

    start: int
    end: int
    """Until when it has passed: now, or when it was over."""
    closes: int
    """When it is over; where it moves along with time, that is now."""

    @property
    def over(self) -> bool:
        """Whether no more can come that belongs to it."""
        return self.end >= self.closes

    @property
    def whole(self) -> int:
        """Seconds from its start until it is over."""
        return self.closes - self.start


@dataclass(frozen=True, slots=True)
class Rolling:
    """The last so many seconds, up to now."""

    seconds: float

    def at(self, now: datetime) -> Span:
        """The window as it is at ``now``."""
        end = math.floor(now.timestamp())
        return Span(end - round(self.seconds), end, end)


@dataclass(frozen=True, slots=True)
class Month:
    """The calendar month, in a time zone. At its first moment it is the month before, whole."""

    zone: str = "UTC"

    def at(self, now: datetime) -> Span:
        """The month that ``now`` ends in."""
        local = (now - timedelta(microseconds=1)).astimezone(ZoneInfo(self.zone))
        first = date(local.year, local.month, 1)
        following = date(local.year + local.month // 12, local.month % 12 + 1, 1)
        return _span(first, following, self.zone, now)


@dataclass(frozen=True, slots=True)
class Stage:
    """So many days from a date on, in a time zone."""

    since: date
    days: int
    zone: str = "UTC"

    def at(self, now: datetime) -> Span:
        """The stage; what of it has passed at ``now``."""
        return _span(self.since, self.since + timedelta(days=self.days), self.zone, now)


Window = Rolling | Month | Stage


def _span(first: date, following: date, zone: str, now: datetime) -> Span:
    start, closes = _midnight(first, zone), _midnight(following, zone)
    return Span(start, min(max(start, math.floor(now.timestamp())), closes), closes)


def _midnight(day: date, zone: str) -> int:
    return round(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """The hours in which a service was promised: the same on some days of the week, in a time zone."""

    days: frozenset[int]
    """Days of the week; Monday is 0."""
    opens: int
    """Minutes since midnight."""
    closes: int
    """Minutes since midnight; at or before ``opens``, it is the next day."""
    zone: str = "UTC"

    def within(self, start: int, end: int) -> list[Interval]:
        """The hours of service from ``start`` until ``end``."""
        day = datetime.fromtimestamp(start, ZoneInfo(self.zone)).date() - timedelta(days=1)
        last = datetime.fromtimestamp(end, ZoneInfo(self.zone)).date()
        found = []
        while day <= last:
            if day.weekday() in self.days:
                closing = day + timedelta(days=self.closes <= self.opens)
                found.append((self._moment(day, self.opens), self._moment(closing, self.closes)))
            day += timedelta(days=1)
        return clip(found, start, end)

    def _moment(self, day: date, minutes: int) -> int:
        day += timedelta(days=minutes // 1440)
        at = time(minutes % 1440 // 60, minutes % 60)
        return round(datetime.combine(day, at, ZoneInfo(self.zone)).timestamp())


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Work on a page that was declared; it is excluded only where that came before it began."""

    start: datetime
    end: datetime
    declared: datetime
    """When it was declared: at the latest when this program first read of it."""
    vendors: tuple[str, ...] = ()
    """Whose pages; of all vendors where none is named."""
    pages: tuple[str, ...] = ()
    """Which pages; all where none is named."""

    @property
    def in_time(self) -> bool:
        """Whether it was declared before it began."""
        return self.declared <= self.start

    def concerns(self, vendor: str, page: str) -> bool:
        """Whether it is work on this page."""
        return (not self.vendors or vendor in self.vendors) and (not self.pages or page in self.pages)

    @property
    def interval(self) -> Interval:
        """From and until, in seconds since 1970."""
        return math.ceil(self.start.timestamp()), math.floor(self.end.timestamp())


def clip(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """The parts of intervals between two moments, in order, those joined that touch."""
    found: list[Interval] = []
    for begin, stop in sorted(intervals):
        begin, stop = max(begin, start), min(stop, end)
        if begin >= stop:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((begin, stop))
    return found


def outside(intervals: Sequence[Interval], start: int, end: int) -> list[Interval]:
    """What lies between two moments and in none of the intervals, which are in order."""
    found, at = [], start
    for begin, stop in intervals:
        if at < begin:
            found.append((at, begin))
        at = max(at, stop)
    if at < end:
        found.append((at, end))
    return found


def slices_in(intervals: Iterable[Interval], start: int, length: int, count: int) -> int:
    """The slices of a period that begin in one of the intervals, as a set."""
    found = 0
    for begin, stop in intervals:
        first = max(0, -(-(begin - start) // length))
        last = min(count, -(-(stop - start) // length))
        found |= between(first, last)
    return found


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as an aware time."""
    return datetime.fromtimestamp(seconds, UTC)
