"""The rollups of a window: which rows it is made of, and how they are read in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import Connection

from monitor.sla.evidence import periods
from monitor.sla.judge_availability import BURNS
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Interval, Span
from storage.rollups import RollupRow, read_rollups

_TOLD = 2000
"""Rows after which it is told how far the reading is."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The periods that a window is made of."""

    days: list[int]
    hours: list[int]

    @classmethod
    def of(cls, span: Span, now: int, *, burns: bool) -> Needs:
        """Those of a window, and those of the last days, none over another."""
        found = periods(span.start, span.end)
        if burns:
            begin = now - max(BURNS.values())
            before, after = span.start - span.start % HOUR, span.end + -span.end % HOUR
            if span.start >= span.end:
                before = after = now
            found += periods(begin, min(before, now)) + periods(max(begin, after), now)
        each = sorted(set(found))
        return cls(
            [at for at, length in each if length == DAY], [at for at, length in each if length == HOUR]
        )

    @property
    def start(self) -> int:
        """When the first one begins."""
        return min(self.days[:1] + self.hours[:1], default=0)

    @property
    def end(self) -> int:
        """When the last one is over."""
        return max(
            [day + DAY for day in self.days[-1:]] + [hour + HOUR for hour in self.hours[-1:]], default=0
        )


@dataclass(slots=True)
class Held:
    """What the store holds of one series in a window."""

    days: dict[int, RollupRow] = field(default_factory=dict)
    hours: dict[int, RollupRow] = field(default_factory=dict)


def read_window(
    connection: Connection,
    needs: Needs,
    numbers: Collection[int],
    progress: Callable[[int, int], None] | None = None,
) -> dict[int, Held]:
    """The rows of some series in a window, by the numbers of those that have any."""
    found: dict[int, Held] = defaultdict(Held)
    edges = sorted({hour - hour % DAY for hour in needs.hours})
    told = 0
    total = len(numbers) * (len(needs.days) + len(needs.hours))
    for begin, end in _ranges(sorted({*needs.days, *edges}), DAY):
        for row in read_rollups(connection, numbers, DAY, begin, end):
            found[row.series].days[row.start] = row
            told += 1
            if progress is not None and told % _TOLD == 0:
                progress(told, total)
    wanted = {number: _ranges(needs.hours, HOUR) for number in numbers}
    for number in numbers:
        without = [day for day in needs.days if day not in found[number].days]
        wanted[number] = wanted[number] + _ranges(without, DAY)
    for (begin, end), of in _together(wanted):
        for row in read_rollups(connection, of, HOUR, begin, end):
            found[row.series].hours[row.start] = row
    if progress is not None:
        progress(total, total)
    return {number: held for number, held in found.items() if held.days or held.hours}


def rows_in(held: Held, needs: Needs) -> dict[tuple[int, int], RollupRow]:
    """The rows that a window is made of, by start and period, of what the store holds of a series.

    A day without a row is its hours. Where the hours at an edge of the window are gone (they are deleted
    sooner than days), the day's slices stand for them, which can be cut; its figures can't.
    """
    found: dict[tuple[int, int], RollupRow] = {}
    for day in needs.days:
        row = held.days.get(day)
        if row is not None:
            found[day, DAY] = row
            continue
        rows = _hours_of(held, range(day, day + DAY, HOUR))
        found.update({(one.start, one.period): one for one in rows})
    for day, hours in groupby(needs.hours, lambda hour: hour - hour % DAY):
        rows = _hours_of(held, hours)
        found.update({(one.start, one.period): one for one in rows})
        if not rows and day in held.days:
            found[day, DAY] = held.days[day].slices_alone()
    return found


def _hours_of(held: Held, hours: Iterable[int]) -> list[RollupRow]:
    return [held.hours[hour] for hour in hours if hour in held.hours]


def _ranges(starts: Sequence[int], length: int) -> list[Interval]:
    """Neighbours put together, as from and until."""
    found: list[Interval] = []
    for start in starts:
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], start + length
        else:
            found.append((start, start + length))
    return found


def _together(wanted: dict[int, list[Interval]]) -> Iterator[tuple[Interval, list[int]]]:
    """Each stretch with all series of which it is wanted."""
    by_range: dict[Interval, list[int]] = defaultdict(list)
    for number, ranges in wanted.items():
        for one in ranges:
            by_range[one].append(number)
    yield from by_range.items()
