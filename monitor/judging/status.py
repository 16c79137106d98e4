"""What a store holds for the judge, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import moment
from storage.marks import WHOLE, mark
from storage.rollups import count_rollups
from storage.store import Store
from storage.unsettled import unsettled_stretches


@dataclass(frozen=True, slots=True)
class Rows:
    """The rollups of one length."""

    number: int = 0
    first: datetime | None = None
    """When the oldest begins."""
    last: datetime | None = None
    """When the newest is over."""


@dataclass(slots=True)
class RegionStatus:
    """What is there of one region."""

    hours: Rows = field(default_factory=Rows)
    days: Rows = field(default_factory=Rows)
    unsettled: int = 0
    """Hours and days that may lack samples; the hour and the day that it is, always."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is there of all regions."""

    regions: dict[str, RegionStatus]
    whole: datetime | None
    """From when on all samples are there; ``None``: none was deleted."""


def status_of(store: Store) -> Status:
    """Count what is there. It blocks, and raises ``StoreUnavailable``."""
    with store.reading() as connection:
        marked = Counter(one.region for one in unsettled_stretches(connection))
        counted = count_rollups(connection)
        whole = mark(connection, WHOLE)
    regions: dict[str, RegionStatus] = {
        name: RegionStatus(unsettled=number) for name, number in marked.items()
    }
    for region, period, number, first, last in counted:
        rows = Rows(number, moment(first), moment(last + period))
        one = regions.setdefault(region, RegionStatus())
        if period == DAY:
            one.days = rows
        if period == HOUR:
            one.hours = rows
    return Status(regions, whole)
