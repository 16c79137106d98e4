"""A year of books stays within bounds."""

from __future__ import annotations

from datetime import timedelta

from bookkeeping import MIDNIGHT, PAGE, REGION, at, settled, stored, stored_outages, visits, watches
from sqlalchemy import func, select

from monitor.judging.bookkeeper import Bookkeeper
from monitor.sla.slices import DAY, HOUR
from storage.store import Store
from storage.tables import marks, outages, rollups, samples, series, unsettled

EVERY = 12.0 * HOUR
RAW, FAILED, HOURS, DAYS = (timedelta(days=number) for number in (3, 30, 10, 90))
YEAR = 365


def counts(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    tables = (samples, rollups, outages, unsettled, marks, series)
    with store.reading() as connection:
        return {one.name: connection.scalar(select(func.count()).select_from(one)) for one in tables}


def test_a_year_stays_within_its_bounds(sqlite_store: Store) -> None:
    store = sqlite_store
    book = Bookkeeper(store, REGION, watches({PAGE: EVERY}), wall=lambda: float(MIDNIGHT))
    seen: list[dict[str, int]] = []
    held: list[int] = []
    for day in range(YEAR):
        down = [(day * DAY + EVERY, day * DAY + EVERY + HOUR)] if day % 10 == 0 else []
        taken = visits(day * DAY, (day + 1) * DAY, EVERY, down=down)
        for one in taken:
            book.put(one)
        store.add(taken)
        held.append(sum(len(rows) for rows in book.live().values()))
        now = (day + 1) * DAY + HOUR
        settled(book, MIDNIGHT + now)
        store.purge(at(now), RAW, FAILED)
        store.purge_rollups(at(now), HOURS, DAYS)
        seen.append(counts(store))
    highest = {name: max(one[name] for one in seen) for name in seen[0]}
    assert highest["rollups"] <= (HOURS.days + 2) * 2 + DAYS.days + 2
    assert highest["samples"] <= (RAW.days + 2) * 2 + FAILED.days * 6
    assert highest["outages"] <= DAYS.days / 10 + 2
    assert highest["unsettled"] <= 3
    assert (highest["series"], highest["marks"]) == (1, 2)
    assert max(held) <= 3
    days = sorted(start for _, period, start in stored(store) if period == DAY)
    assert days == [MIDNIGHT + day * DAY for day in range(YEAR - DAYS.days, YEAR)]
    assert len(stored_outages(store)) == DAYS.days / 10
    assert all(one.first_good is not None for one in stored_outages(store))
