"""The books of a region are right, in whatever order and however late its samples come."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

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
from structlog.testing import capture_logs

from monitor.judging import bookkeeper
from monitor.judging.bookkeeper import GRACE, RETRY, WRITE_EVERY, Bookkeeper
from monitor.sla.rollups import Rollup
from monitor.sla.slices import DAY, HOUR
from probes.sample import Attempt, Outcome, Sample
from storage.recorder import Recorder
from storage.spool import Spool
from storage.store import Store, StoreUnavailable
from storage.unsettled import unsettled_stretches

SLOW = PAGE._replace(page="slow", probe="browser")
CHANNEL = PAGE._replace(probe="channel", variant="tiktok")
RARE = PAGE._replace(page="rare")
EVERY = {PAGE: 15.0, SLOW: 300.0, CHANNEL: 60.0, RARE: 7200.0}
DOWN = [(5000.0, 5100.0), (7190.0, 7215.0), (10_500.0, 11_000.0), (40_000.0, 40_003.0)]


def book_of(store: Store, began: float = 0.0, every: dict = EVERY) -> Bookkeeper:
    return Bookkeeper(store, REGION, watches(every), wall=lambda: MIDNIGHT + began)


def a_day(chance: random.Random) -> list[Sample]:
    """Samples of a day and a bit, of several series, with outages over the edges of hours."""
    found: list[Sample] = []
    for series, every in EVERY.items():
        end = DAY + 1800.0 if every > 60 else 5 * HOUR
        found += odd(visits(chance.random() * 15, end, every, series, DOWN), chance)
    return found


def deliver(book: Bookkeeper, store: Store, samples: list[Sample], chance: random.Random) -> None:
    """Hand samples to the books and the store as time goes by: a little shuffled, a tenth much too late."""
    ends = sorted(((one.at.timestamp() + chance.random() * 100, one) for one in samples), key=itemgetter(0))
    waiting = deque(ends)
    late: list[Sample] = []
    now = MIDNIGHT + 1.0
    while waiting:
        now += chance.choice((61, 400, 900))
        here = []
        while waiting and waiting[0][0] < now:
            here.append(waiting.popleft()[1])
        for one in here:
            book.put(one)
        book.work(now)  # before the store has them, as a slow disk would have it
        delayed = [one for one in here if chance.random() < 0.1]
        store.add([one for one in here if one not in delayed])
        late += delayed
        chance.shuffle(late)
        store.add([late.pop() for _ in range(len(late) // 2)] if chance.random() < 0.05 else [])
    store.add(late)
    settled(book, now + 2 * DAY)


def live(store: Store, book: Bookkeeper, samples: Sequence[Sample], now: float) -> None:
    """Hand samples over as the daemon does, and let the books do what is due."""
    for one in samples:
        book.put(one)
    store.add(samples)
    book.work(MIDNIGHT + now)


def check(store: Store, samples: Sequence[Sample], every: dict = EVERY) -> None:
    """The store holds what all samples together make."""
    found, expected = stored(store), rolled_up(samples, every)
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert found[key] == row, key
    for series, seconds in every.items():
        assert stored_outages(store, series) == true_outages(samples, seconds, series), series


def test_order_batches_and_lateness_change_nothing(store: Store) -> None:
    chance = random.Random(7)
    samples = a_day(chance)
    deliver(book_of(store), store, samples, chance)
    check(store, samples)
    with store.reading() as connection:
        assert unsettled_stretches(connection) == {}


def test_what_changed_is_written_once_a_minute_and_not_again(sqlite_store: Store) -> None:
    book, first = book_of(sqlite_store), [sample(1), sample(16)]
    live(sqlite_store, book, first, 20)
    assert stored(sqlite_store) == hours_of(first, EVERY)
    second = [sample(31), sample(46)]
    live(sqlite_store, book, second, 50)
    assert stored(sqlite_store) == hours_of(first, EVERY)
    book.work(MIDNIGHT + 20 + WRITE_EVERY)
    assert stored(sqlite_store) == hours_of(first + second, EVERY)


def test_bursts_are_no_visits(sqlite_store: Store) -> None:
    book = book_of(sqlite_store)
    live(sqlite_store, book, [sample(1, attempt=Attempt.BURST, outcome=Outcome.DOWN)], 20)
    assert book.live() == {}
    assert stored(sqlite_store) == {}


def test_what_was_handed_over_is_seen_at_once(sqlite_store: Store) -> None:
    book = book_of(sqlite_store)
    samples = [sample(1), sample(16, outcome=Outcome.DOWN), sample(HOUR + 1)]
    book.work(MIDNIGHT + 0.5)
    for one in samples:
        book.put(one)
    expected = [Rollup.of(samples, MIDNIGHT + start, 15.0) for start in (0, HOUR)]
    assert book.live() == {PAGE: expected}
    bare = book.live(figures=False)[PAGE]
    assert [one.slices for one in bare] == [one.slices for one in expected]
    assert [one.figures for one in bare] == [{}, {}]


def test_a_copy_of_what_is_live_does_not_change(sqlite_store: Store) -> None:
    book = book_of(sqlite_store)
    book.work(MIDNIGHT + 0.5)
    book.put(sample(1))
    before = book.live()
    book.put(sample(16))
    book.live()
    assert before == {PAGE: [Rollup.of([sample(1)], MIDNIGHT, 15.0)]}


def test_the_hour_of_an_earlier_process_is_taken_over(store: Store) -> None:
    earlier, first = visits(0, 1200, 15, down=DOWN), book_of(store)
    live(store, first, earlier[:60], 900)  # and then it is killed: the rest was never written
    store.add(earlier)
    later = visits(1500, HOUR, 15)
    second = book_of(store, 1490)
    live(store, second, later[:10], 1700)
    assert stored(store) == hours_of(earlier + later[:10], EVERY)
    assert second.live()[PAGE] == [Rollup.of(earlier + later[:10], MIDNIGHT, 15.0)]
    live(store, second, later[10:], HOUR)
    settled(second, MIDNIGHT + 2 * DAY)
    check(store, earlier + later, {PAGE: 15.0})


def test_until_it_is_taken_over_an_hour_is_not_written_and_not_shown(sqlite_store: Store) -> None:
    book = book_of(sqlite_store, 900)
    book.put(sample(901))
    assert book.live() == {}
    book.work(MIDNIGHT + 960)
    assert book.live().keys() == {PAGE}


def test_an_earlier_process_that_cut_an_hour_otherwise_is_made_right_after_it(sqlite_store: Store) -> None:
    earlier, later = visits(0, 1200, 15), visits(1500, HOUR, 60)
    live(sqlite_store, book_of(sqlite_store), earlier, 1201)
    second = book_of(sqlite_store, 1490, {PAGE: 60.0})
    live(sqlite_store, second, later, 1700)
    assert second.live() == {}
    settled(second, MIDNIGHT + 2 * HOUR)
    ((key, row),) = stored(sqlite_store).items()
    assert (row.length, row.reach, row.visits_up) == (15, 1, len(earlier + later)), key


def test_an_hour_keeps_its_slices_where_the_pace_changes_and_the_next_has_others(store: Store) -> None:
    book = book_of(store)
    before, after = visits(0, 1800, 15), visits(1800, 2 * HOUR, 300)
    live(store, book, before, 1801)
    book.watch(watches({PAGE: 300.0}))
    live(store, book, after, 2 * HOUR)
    rows = {start - MIDNIGHT: row for (_, _, start), row in stored(store).items()}
    assert (rows[0].length, rows[0].reach) == (15, 20)
    assert (rows[HOUR].length, rows[HOUR].reach) == (300, 1)
    settled(book, MIDNIGHT + 2 * DAY)
    again = {start - MIDNIGHT: row for (_, _, start), row in stored(store).items()}
    assert again == rows  # and no day: its slices have two lengths


def test_samples_of_a_spool_are_rolled_up_when_they_come(store: Store, tmp_path: Path) -> None:
    samples = visits(0, 2 * HOUR, 15, down=DOWN)
    spool = Spool(tmp_path / "spool" / "spool.db")
    spool.append(samples[100:300])
    store.add(samples[:100] + samples[300:])
    book = book_of(store, 2 * HOUR + GRACE)
    settled(book, MIDNIGHT + 2 * HOUR + 2 * GRACE)
    assert len(stored(store)) == 2
    Recorder(store, spool).close(60)
    spool.close()
    settled(book, MIDNIGHT + 2 * DAY)
    check(store, samples, {PAGE: 15.0})


class Away(Store):
    """A store that can be away."""

    away = False

    def writing(self):
        if self.away:
            raise StoreUnavailable("away")
        return super().writing()


def test_a_store_that_was_away_gets_what_was_rolled_up_meanwhile(tmp_path: Path) -> None:
    store = Away(f"sqlite:///{tmp_path}/landwatch.db")
    book, samples = book_of(store), visits(0, 6 * HOUR, 15, down=DOWN)
    live(store, book, [one for one in samples if one.at < at(1500)], 1501)
    store.away = True
    waiting: list[Sample] = []
    for now in range(2100, 5 * HOUR + 600, 600):
        here = [one for one in samples if at(now - 600) <= one.at < at(now)]
        for one in here:
            book.put(one)
        waiting += here
        with pytest.raises(StoreUnavailable):
            book.work(MIDNIGHT + now)
    assert len(book.live()[PAGE]) == 3  # what is older is not held in memory
    store.away = False
    store.add(waiting)
    live(store, book, [one for one in samples if one.at > waiting[-1].at], 6 * HOUR)
    settled(book, MIDNIGHT + 2 * DAY)
    check(store, samples, {PAGE: 15.0})
    store.close()


def test_a_store_that_is_away_is_tried_again_soon(tmp_path: Path) -> None:
    store = Away(f"sqlite:///{tmp_path}/landwatch.db")
    store.away = True
    book = book_of(store)
    with pytest.raises(StoreUnavailable):
        book.work(MIDNIGHT + 10)
    assert not book.work(MIDNIGHT + 10 + RETRY / 2)
    with pytest.raises(StoreUnavailable):
        book.work(MIDNIGHT + 10 + RETRY)
    store.close()


def test_a_clock_that_was_ahead_costs_nothing(store: Store) -> None:
    book, ahead = book_of(store), 10 * DAY
    first = visits(0, 600, 15)
    live(store, book, first, 601)
    wrong = visits(ahead, ahead + 2 * HOUR, 15)
    live(store, book, wrong, ahead + 2 * HOUR)
    settled(book, MIDNIGHT + ahead + 3 * HOUR)
    rest = visits(615, 2 * HOUR, 15, down=DOWN)  # the clock is right again
    live(store, book, rest[:2], 640)
    live(store, book, rest[2:], 2 * HOUR)
    settled(book, MIDNIGHT + 2 * HOUR + GRACE)
    samples = first + rest + wrong
    found, expected = stored(store), hours_of(samples, EVERY)
    assert {key: found.get(key) for key in expected} == expected


def test_samples_from_before_there_were_rollups_are_rolled_up(store: Store) -> None:
    samples = visits(0, 30 * HOUR, 60, down=DOWN)
    store.add(samples)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM unsettled")
    book = book_of(store, 30 * HOUR, {PAGE: 60.0})
    settled(book, MIDNIGHT + 3 * DAY)
    check(store, samples, {PAGE: 60.0})
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM rollups")
    settled(book_of(store, 3 * DAY), MIDNIGHT + 4 * DAY)
    assert stored(store) == {}  # only once


def test_what_an_agent_left_that_is_gone_is_settled_by_another(store: Store) -> None:
    gone = PAGE._replace(region="us-east")
    samples = visits(0, HOUR, 15, gone, DOWN)
    store.add(samples)
    book = book_of(store, HOUR)
    settled(book, MIDNIGHT + DAY)
    assert stored(store) == {}
    settled(book, MIDNIGHT + DAY + HOUR + GRACE)
    settled(book, MIDNIGHT + 3 * DAY)
    check(store, samples, {gone: 15.0})


def test_an_outage_is_kept_while_it_lasts_and_closed_when_it_ends(store: Store) -> None:
    samples = visits(0, 3000, 15, down=[(300, 2000)])
    book, before = book_of(store), 0
    for end in (310, 700, 1990, 2100, 3000):
        live(store, book, [one for one in samples if at(before) <= one.at < at(end)], end)
        book.work(MIDNIGHT + end + WRITE_EVERY)
        assert stored_outages(store) == true_outages([one for one in samples if one.at < at(end)], 15.0)
        before = end
    assert stored_outages(store)[0].closed_by is not None


def test_an_outage_that_lasted_at_a_restart_is_carried_on(sqlite_store: Store) -> None:
    samples = visits(0, 2000, 15, down=[(300, 1500)])
    early = [one for one in samples if one.at < at(900)]
    live(sqlite_store, book_of(sqlite_store), early, 901)
    assert stored_outages(sqlite_store)[0].first_good is None
    second = book_of(sqlite_store, 1600)  # nothing is seen down any more
    live(sqlite_store, second, samples[len(early) :], 2001)
    second.work(MIDNIGHT + 2001 + WRITE_EVERY)
    assert stored_outages(sqlite_store) == true_outages(samples, 15.0)


async def test_the_thread_writes_at_its_end_and_says_when_the_store_is_away(tmp_path: Path) -> None:
    store = Away(f"sqlite:///{tmp_path}/landwatch.db")
    store.migrate()
    now = [MIDNIGHT + 10.0]
    book = Bookkeeper(store, REGION, watches(EVERY), wall=lambda: now[0])
    store.away = True
    with capture_logs() as logs:
        book.start()
        await until(lambda: "the books wait for the store" in events(logs))
        store.away = False
        now[0] += RETRY
        await until(lambda: "the books are kept again" in events(logs))
        book.put(sample(11))
        book.close(30)
    assert stored(store) == hours_of([sample(11)], EVERY)
    assert len(events(logs)) == 2
    store.close()


async def test_a_bug_of_ours_does_not_end_the_books(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/landwatch.db")
    now = [MIDNIGHT + 10.0]
    book = Bookkeeper(store, REGION, watches(EVERY), wall=lambda: now[0])
    with capture_logs() as logs:
        book.start()
        book.put("no sample")  # type: ignore[arg-type]
        await until(lambda: any("could not be kept" in event for event in events(logs)))
        book.put(sample(11))
        now[0] += WRITE_EVERY
        await until(lambda: "the books are kept again" in events(logs))
        book.close(30)
    assert stored(store) == hours_of([sample(11)], EVERY)
    store.close()


def test_books_that_were_never_opened_can_be_closed(sqlite_store: Store) -> None:
    book_of(sqlite_store).close(1)


def test_much_to_settle_is_settled_a_shift_at_a_time(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_store.add(visits(0, 5 * HOUR, 300))
    book = book_of(sqlite_store, 5 * HOUR, {PAGE: 300.0})
    monkeypatch.setattr(bookkeeper, "SHIFT", 0.0)
    assert book.work(MIDNIGHT + 6 * HOUR)
    assert len(stored(sqlite_store)) == 0
    monkeypatch.undo()
    assert not book.work(MIDNIGHT + 6 * HOUR + 1)
    assert len(stored(sqlite_store)) == 5


def events(logs) -> list[str]:
    return [log["event"] for log in logs]


async def until(condition) -> None:
    import asyncio

    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)
