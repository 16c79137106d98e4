"""The days of a stage: calendar days, of which only those count that are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of whole days at one moment."""

    first: date
    after: date
    """The day after the last one."""
    passed: date
    """The day after the last one that is over."""

    @classmethod
    def at(cls, first: date, after: date, now: datetime, zone: str) -> Self:
        """The days from ``first`` until ``after``, which is outside; what of them has passed at ``now``."""
        today = now.astimezone(ZoneInfo(zone)).date()
        return cls(first, after, min(max(first, today), after))

    @classmethod
    def through(cls, first: date, last: date, now: datetime, zone: str) -> Self:
        """The days from ``first`` to ``last``, which is one of them."""
        return cls.at(first, last + timedelta(days=1), now, zone)

    @classmethod
    def last_of(cls, number: int, now: datetime, zone: str) -> Self:
        """The last so many days that are over."""
        today = now.astimezone(ZoneInfo(zone)).date()
        return cls(today - timedelta(days=number), today, today)

    @property
    def over(self) -> bool:
        """Whether none is still to come."""
        return self.passed >= self.after

    @property
    def elapsed(self) -> int:
        """How many are over."""
        return (self.passed - self.first).days

    @property
    def whole(self) -> int:
        """How many there are."""
        return (self.after - self.first).days

    @property
    def last(self) -> date:
        """The last one."""
        return self.after - timedelta(days=1)
