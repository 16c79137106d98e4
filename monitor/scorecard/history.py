"""The history: what was imported of each KPI, day by day, with the files that it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Self
from zoneinfo import ZoneInfo

from monitor.scorecard.days import Days
from storage.kpis import StoredKpi

_MOST_FILES = 5
_DIGITS = 12
"""Digits of a file's SHA-256 that tell it from any other."""


class History:
    """The values of KPIs by vendor, KPI and day."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], dict[date, float]] = defaultdict(dict)
        self._files: dict[tuple[str, str], dict[date, str]] = defaultdict(dict)
        self._early: dict[tuple[str, str], set[date]] = defaultdict(set)

    @classmethod
    def of(cls, rows: Iterable[StoredKpi], zone: str = "UTC") -> Self:
        """The history that is in rows of the store; days end in the time zone."""
        history, where = cls(), ZoneInfo(zone)
        for row in rows:
            key, day = (row.value.vendor, row.value.kpi), row.value.day
            history._values[key][day] = row.value.value
            if row.source.imported_at.astimezone(where).date() <= day:
                history._early[key].add(day)
            history._files[key][day] = f"{row.source.file} (SHA-256 {row.source.sha256[:_DIGITS]})"
        return history

    def within(self, vendor: str, kpi: str, days: Days) -> Mapping[date, float]:
        """The values of days that are over, in their order."""
        values = self._values.get((vendor, kpi), {})
        return {day: values[day] for day in sorted(values) if days.first <= day < days.passed}

    def files(self, vendor: str, kpis: Iterable[str], days: Days) -> tuple[str, ...]:
        """The files that such values came from; of many, the first and how many more."""
        found = dict.fromkeys(self._named(vendor, kpis, days))
        names = list(found)
        if len(names) > _MOST_FILES:
            return (*names[:_MOST_FILES], f"and {len(names) - _MOST_FILES} more")
        return tuple(names)

    def early(self, vendor: str, kpis: Iterable[str], days: Days) -> int:
        """How many such values were imported before their day was over, and may be of a part of it."""
        found = (self._early.get((vendor, kpi), set()) for kpi in kpis)
        return sum(days.first <= day < days.passed for each in found for day in each)

    def _named(self, vendor: str, kpis: Iterable[str], days: Days) -> Iterator[str]:
        for kpi in kpis:
            files = self._files.get((vendor, kpi), {})
            yield from (files[day] for day in sorted(files) if days.first <= day < days.passed)
