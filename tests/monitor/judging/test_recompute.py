"""Rollups made again are the same where the samples are there, and are not destroyed where they are gone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from bookkeeping import (
    MIDNIGHT,
    PAGE,
    REGION,
    at,
    hours_of,
    odd,
    rolled_up,
    sample,
    settled,
    stored,
    stored_outages,
    true_outages,
    visits,
    watches,
)

from monitor.judging.bookkeeper import Bookkeeper
from monitor.judging.every import Paces
from monitor.judging.recompute import Recomputed, plan_of, recompute, take_as_whole
from monitor.judging.status import status_of
from monitor.sla.slices import DAY, HOUR
from probes.sample import Outcome, Sample
from storage.marks import WHOLE, raise_mark
from storage.store import Store
from storage.unsettled import unsettled_stretches

EVERY = {PAGE: 300.0}
PACES = Paces.of(watches(EVERY))
DOWN = [(3300.0, 4000.0), (30_000.0, 30_700.0), (86_000.0, 87_000.0)]


def make_again(
    store: Store, now: float, since: float | None = None, until: float | None = None
) -> Recomputed:
    moments = [None if one is None else at(one) for one in (since, until)]
    return recompute(store, PACES, plan_of(store, at(now), *moments))


def two_days(store: Store) -> list[Sample]:
    """Two days of samples, and their rollups as an agent keeps them."""
    samples = odd(visits(0, 2 * DAY, 300, down=DOWN), random.Random(3))
    store.add(samples)
    book = Bookkeeper(store, REGION, watches(EVERY), wall=lambda: MIDNIGHT + 2 * DAY + 60)
    settled(book, MIDNIGHT + 2 * DAY + 2 * HOUR)
    return samples


def forget(store: Store, *tables: str) -> None:
    with store.writing() as connection:
        for table in tables:
            connection.exec_driver_sql(f"DELETE FROM {table}")


def test_what_is_made_again_is_the_same_to_the_last_bit(store: Store) -> None:
    samples = two_days(store)
    before = stored(store)
    assert before == rolled_up(samples, EVERY)
    done = make_again(store, 3 * DAY)
    assert done == Recomputed(hours=48, made=50, kept=0, left_alone=0)
    assert stored(store) == before
    assert stored_outages(store) == true_outages(samples, 300.0)


def test_what_was_lost_is_made_again(store: Store) -> None:
    samples = two_days(store)
    forget(store, "rollups", "outages", "series")
    told: list[tuple[int, int]] = []
    recompute(store, PACES, plan_of(store, at(3 * DAY), None, None), lambda *how: told.append(how))
    assert stored(store) == rolled_up(samples, EVERY)
    assert stored_outages(store) == true_outages(samples, 300.0)
    assert told[-1] == (50, 50)


@pytest.mark.parametrize(("since", "left_alone"), [(None, 0), (10.0, 10)])
def test_hours_from_before_there_were_rollups_are_made_where_all_samples_are_said_to_be_there(
    store: Store, since: float | None, left_alone: int
) -> None:
    samples = two_days(store)
    forget(store, "rollups", "outages", "series")
    with store.writing() as connection:  # as a store knows it that is older than its rollups
        raise_mark(connection, WHOLE, at(20.0 * HOUR + 60))
    assert make_again(store, 3 * DAY).left_alone == 21
    take_as_whole(store, None if since is None else at(since * HOUR + 60))
    assert make_again(store, 3 * DAY).left_alone == left_alone
    expected, found = rolled_up(samples, EVERY), stored(store, HOUR)
    assert found == {key: expected[key] for key in found}
    assert len(found) == 48 - left_alone
    if since is None:
        assert stored(store) == expected
        assert stored_outages(store) == true_outages(samples, 300.0)


def test_what_was_deleted_is_not_lost_by_saying_that_it_is_there(store: Store) -> None:
    samples = two_days(store)
    store.purge(at(3 * DAY), timedelta(days=2), timedelta(days=9))
    take_as_whole(store, None)
    assert make_again(store, 3 * DAY).kept
    assert stored(store) == rolled_up(samples, EVERY)


def test_only_what_is_asked_for_is_made_again(store: Store) -> None:
    samples = two_days(store)
    forget(store, "rollups")
    done = make_again(store, 3 * DAY, 5 * HOUR + 100, 8 * HOUR + 100)
    assert done.hours == 4
    expected = hours_of(samples, EVERY)
    hours = [MIDNIGHT + number * HOUR for number in (5, 6, 7, 8)]
    day = stored(store).pop((PAGE, DAY, MIDNIGHT))
    assert day.visits_up < 24 * 12 / 2  # of the hours that are there
    found = {key: row for key, row in stored(store).items() if key[1] == HOUR}
    assert found == {key: row for key, row in expected.items() if key[2] in hours}


def test_the_hour_that_it_is_belongs_to_its_agent(store: Store) -> None:
    store.add(visits(0, 2 * HOUR, 300))
    assert make_again(store, 2 * HOUR - 1).hours == 1
    assert make_again(store, 2 * HOUR + 60).hours == 1  # its last runs may be under way
    assert make_again(store, 2 * HOUR + 121).hours == 2


def test_rollups_of_samples_that_were_deleted_stay(store: Store) -> None:
    samples = two_days(store)
    before, outages = stored(store), stored_outages(store)
    store.purge(at(DAY + 12 * HOUR), timedelta(days=1), timedelta(days=400))
    kept = sum(one.at < at(12 * HOUR) for one in store.samples())
    assert kept  # failures outlive successes: an hour made of them alone would say that it was down
    done = make_again(store, 3 * DAY)
    assert (done.hours, done.left_alone) == (36, 12)
    assert stored(store) == before
    assert stored_outages(store) == outages == true_outages(samples, 300.0)


def test_no_rollup_is_made_of_what_is_left_of_deleted_samples(store: Store) -> None:
    two_days(store)
    store.purge(at(DAY + 12 * HOUR), timedelta(days=1), timedelta(days=400))
    forget(store, "rollups", "outages")
    make_again(store, 3 * DAY)
    settled(Bookkeeper(store, REGION, watches(EVERY), wall=lambda: MIDNIGHT + 3 * DAY), MIDNIGHT + 3 * DAY)
    assert min(start for _, period, start in stored(store) if period == HOUR) == MIDNIGHT + 12 * HOUR
    assert min(one.first_bad for one in stored_outages(store)) >= at(12 * HOUR)


def test_a_failure_that_comes_after_its_hour_was_deleted_changes_nothing(store: Store) -> None:
    two_days(store)
    before = stored(store)
    store.purge(at(DAY + 12 * HOUR), timedelta(days=1), timedelta(days=400))
    store.add([sample(2 * HOUR + 7, outcome=Outcome.DOWN)])
    book = Bookkeeper(store, REGION, watches(EVERY), wall=lambda: MIDNIGHT + 3 * DAY)
    settled(book, MIDNIGHT + 3 * DAY)
    assert stored(store) == before
    with store.reading() as connection:
        assert unsettled_stretches(connection) == {}


def test_an_outage_that_lasts_longer_than_successes_are_kept_is_carried_on(store: Store) -> None:
    samples = visits(0, 3 * DAY, 300, down=[(DAY, 10 * DAY)])
    early = [one for one in samples if one.at < at(2 * DAY)]
    store.add(early)
    book = Bookkeeper(store, REGION, watches(EVERY), wall=lambda: MIDNIGHT + 2 * DAY)
    settled(book, MIDNIGHT + 2 * DAY + 2 * HOUR)
    store.purge(at(4 * DAY), timedelta(days=1), timedelta(days=400))
    store.add(samples[len(early) :])
    settled(book, MIDNIGHT + 3 * DAY + HOUR)
    (outage,) = stored_outages(store)
    (expected,) = true_outages(samples, 300.0)
    assert outage == expected


def test_a_rollup_that_knows_more_than_the_samples_is_kept(store: Store) -> None:
    samples = two_days(store)
    before = stored(store)
    gone = [
        one for one in samples if at(2 * HOUR) <= one.at < at(2 * HOUR + 600) and one.outcome is Outcome.UP
    ]
    with store.writing() as connection:
        for one in gone:
            connection.exec_driver_sql(f"DELETE FROM samples WHERE id = '{one.id}'")
    assert make_again(store, 3 * DAY).kept == 1
    assert stored(store) == before


def test_a_day_whose_hours_were_deleted_is_right_after_a_late_sample(store: Store) -> None:
    samples = two_days(store)
    assert store.purge_rollups(at(2 * DAY), timedelta(days=1), timedelta(days=30)) == 24
    late = sample(5 * HOUR + 3)
    store.add([late])
    settled(Bookkeeper(store, REGION, watches(EVERY), wall=lambda: MIDNIGHT + 3 * DAY), MIDNIGHT + 3 * DAY)
    assert stored(store) == rolled_up([*samples, late], EVERY)


@pytest.mark.parametrize("tables", [(), ("rollups",)])
def test_an_empty_store_has_nothing_to_make(store: Store, tables: Sequence[str]) -> None:
    store.migrate()
    forget(store, *tables)
    assert make_again(store, DAY) == Recomputed(0, 0, 0, 0)


def test_a_region_without_samples_is_passed_over(store: Store) -> None:
    two_days(store)
    forget(store, "samples")
    assert make_again(store, 3 * DAY) == Recomputed(0, 0, 0, 0)


def test_the_status_counts_what_is_there(store: Store) -> None:
    two_days(store)
    store.add([sample(0, PAGE._replace(region="us-east"))])
    found = status_of(store)
    assert found.whole is None
    here, there = found.regions[REGION], found.regions["us-east"]
    assert (here.hours.number, here.days.number, here.unsettled) == (48, 2, 1)  # the day that it is
    assert (here.hours.first, here.hours.last) == (at(0), at(2 * DAY))
    assert (there.hours.number, there.days.first, there.unsettled) == (0, None, 1)
    store.purge(datetime(2027, 1, 1, tzinfo=UTC), timedelta(days=1), timedelta(days=1))
    assert status_of(store).whole == at(2 * DAY - 300) + timedelta(microseconds=1)
