"""The books of a region are right, in whatever order and however late its samples come."""

from __future__ import annotations

import random
from collections import deque
from operator import itemgetter

import pytest
from bookkeeping import (
    MIDNIGHT,
    PAGE,
    REGION,
    odd,
    rolled_up,
    stored,
    stored_outages,
    true_outages,
    visits,
    watches,
)

from monitor.judging.bookkeeper import Bookkeeper
from monitor.sla.slices import DAY, HOUR
from probes.sample import Sample
from storage.store import Store

SLOW = PAGE._replace(page="slow", probe="browser")
CHANNEL = PAGE._replace(probe="channel", variant="tiktok")
RARE = PAGE._replace(page="rare")
EVERY = {PAGE: 15.0, SLOW: 300.0, CHANNEL: 60.0, RARE: 7200.0}
DOWN = [(5000.0, 5100.0), (7190.0, 7215.0), (10_000.0, 14_500.0), (40_000.0, 40_003.0)]


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
        some = chance.randrange(len(late) + 1) if chance.random() < 0.1 else 0
        store.add([late.pop() for _ in range(some)])
    store.add(late)
    settle(book, now + 2 * DAY)


def settle(book: Bookkeeper, now: float) -> None:
    book.work(now)
    while book.work(now + 61):
        now += 61
    book.work(now + 200)


@pytest.mark.parametrize("seed", [1, 2])
def test_order_batches_and_lateness_change_nothing(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    samples = a_day(chance)
    book = Bookkeeper(store, REGION, watches(EVERY), wall=lambda: MIDNIGHT)
    deliver(book, store, samples, chance)
    found, expected = stored(store), rolled_up(samples, EVERY)
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert found[key] == row, key
    for series, every in EVERY.items():
        assert stored_outages(store, series) == true_outages(samples, every, series), series
