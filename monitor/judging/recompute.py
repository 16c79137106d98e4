"""Makes rollups and outages again from the samples in a store, whatever they say now.

Where all samples are there, what comes out is the same to the last bit. Successes are deleted sooner than
what was rolled up of them, and a rollup made of what is left would say that the page was down all the time:
so hours from which samples were deleted are left alone, and a rollup never gives way to one that knows fewer
visits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.judging.bookkeeper import GRACE
from monitor.judging.every import Paces
from monitor.judging.ledger import hour_of
from monitor.judging.settler import Settled, Settler
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import moment
from storage.looks import newest, oldest
from storage.marks import WHOLE, lower_mark, mark
from storage.series import known_regions
from storage.store import Store
from storage.tables import EPOCH
from storage.unsettled import Stretch, unsettled_stretches


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made again."""

    stretches: tuple[Stretch, ...]
    """Hours, and after those of a day the day."""
    left_alone: int
    """Hours that samples were deleted from."""


def take_as_whole(store: Store, since: datetime | None) -> None:
    """Take it that no sample was deleted that was taken since a moment, or ever.

    A store that is older than its rollups can't know that; whoever kept it may. Where it is not true, hours
    that were rolled up before still give way to none that knows fewer visits.
    """
    with store.writing() as connection:
        lower_mark(connection, WHOLE, EPOCH if since is None else moment(hour_of(since.timestamp())))


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came of it."""

    hours: int
    """Hours of regions that were looked at."""
    made: int
    """Rollups that were made, of hours and days."""
    kept: int
    """Rollups that were left as they are, because they know of visits whose samples are gone."""
    left_alone: int
    """Hours of regions that samples were deleted from."""


def plan_of(store: Store, now: datetime, since: datetime | None, until: datetime | None) -> Plan:
    """What there is to make again between two moments, or from the oldest sample to the newest.

    The hour that it is belongs to the agents that count it.
    """
    over = hour_of(now.timestamp() - GRACE)
    found: list[Stretch] = []
    left_alone = 0
    with store.reading() as connection:
        whole = mark(connection, WHOLE)
        for region in known_regions(connection):
            first, last = oldest(connection, region), newest(connection, region)
            if first is None or last is None:
                continue
            begin = hour_of(max(first, since or first).timestamp())
            end = min(over, hour_of(last.timestamp()) + HOUR)
            if until is not None:
                end = min(end, hour_of(until.timestamp() + HOUR - 1))
            hours = [Stretch(region, HOUR, at) for at in range(begin, end, HOUR)]
            kept = [one for one in hours if whole is None or moment(one.start) >= whole]
            left_alone += len(hours) - len(kept)
            found += _with_days(kept, over)
    return Plan(tuple(found), left_alone)


def recompute(
    store: Store, paces: Paces, plan: Plan, progress: Callable[[int, int], None] | None = None
) -> Recomputed:
    """Make what is planned again. It blocks, and raises ``StoreUnavailable``."""
    settler = Settler(store, paces)
    total = Settled()
    for place, stretch in enumerate(plan.stretches, 1):
        with store.reading() as connection:
            token = unsettled_stretches(connection, stretch.region).get(stretch)
        if stretch.period == DAY:
            total += settler.day(stretch, token)
        else:
            total += settler.hour(stretch, token, all_series=True)
        if progress is not None:
            progress(place, len(plan.stretches))
    hours = sum(one.period == HOUR for one in plan.stretches)
    return Recomputed(hours, total.made, total.kept, plan.left_alone)


def _with_days(hours: list[Stretch], over: int) -> Iterator[Stretch]:
    """Hours in order, and after the last one of each day that is over, the day."""
    for place, hour in enumerate(hours):
        yield hour
        day = hour.start - hour.start % DAY
        following = hours[place + 1].start if place + 1 < len(hours) else None
        if day + DAY <= over and (following is None or following >= day + DAY):
            yield Stretch(hour.region, DAY, day)
