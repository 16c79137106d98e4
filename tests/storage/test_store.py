"""The contract that a store holds to, whatever database is behind it."""

from __future__ import annotations

import threading
import tracemalloc
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storing import START, any_sample, make_sample, make_samples

from probes.ids import uuid7
from probes.sample import Attempt, Fault, Outcome, Sample
from storage.encoding import json_text
from storage.filters import SampleFilter
from storage.retention import BATCH
from storage.store import SampleRefused, Store, StoreUnavailable
from storage.tables import samples as samples_table


def ids(samples: Any) -> list[str]:
    return [sample.id for sample in samples]


def test_gives_back_what_it_took_oldest_first(store: Store) -> None:
    taken = make_samples(20)
    store.add(taken[10:])
    store.add(taken[:10])
    assert list(store.samples()) == taken


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(taken=st.lists(any_sample, min_size=1, max_size=3))
def test_gives_back_every_value_exactly(store: Store, taken: list[Sample]) -> None:
    for sample in taken:  # the store lives longer than one example
        sample.id = uuid7(sample.at.timestamp())
    store.add(taken)
    found = {sample.id: sample for sample in store.samples()}
    for sample in taken:
        assert found[sample.id] == sample
        assert found[sample.id].at.utcoffset() == timedelta(0)


def test_floats_keep_their_last_bit(store: Store) -> None:
    exact = [0.1 + 0.2, 1e-9, 5e-324, 1.7976931348623157e308, 123456789.12345679]
    store.add([make_sample(number, ttfb=value, vitals={"lcp": value}) for number, value in enumerate(exact)])
    found = list(store.samples())
    assert [sample.ttfb for sample in found] == exact
    assert [sample.vitals["lcp"] for sample in found] == exact


def test_a_sample_that_comes_again_makes_no_twin(store: Store) -> None:
    taken = make_samples(5)
    store.add(taken)
    store.add([*taken, make_sample(7)])
    assert len(list(store.samples())) == 6
    store.add([])
    assert len(list(store.samples())) == 6


def test_a_time_from_another_zone_is_the_same_moment(store: Store) -> None:
    moment = datetime.fromisoformat("2025-06-01T02:00:00.000001+02:00")
    store.add([make_sample(at=moment)])
    (found,) = store.samples()
    assert found.at == moment
    assert found.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (SampleFilter(), [0, 1, 2, 3, 4, 5]),
        (SampleFilter(since=START + timedelta(seconds=1)), [1, 2, 3, 4, 5]),
        (SampleFilter(until=START + timedelta(seconds=1)), [0]),
        (SampleFilter(vendor="other"), [1]),
        (SampleFilter(page="checkout"), [2]),
        (SampleFilter(region="us-east"), [3]),
        (SampleFilter(probe="browser"), [4]),
        (SampleFilter(variant="tiktok"), [5]),
        (SampleFilter(outcome=Outcome.DOWN), [2, 3]),
        (SampleFilter(outcome=Outcome.DOWN, region="us-east", until=START + timedelta(hours=1)), [3]),
        (SampleFilter(page="nowhere"), []),
    ],
)
def test_filters(store: Store, wanted: SampleFilter, expected: list[int]) -> None:
    taken = [
        make_sample(0),
        make_sample(1, vendor="other"),
        make_sample(2, page="checkout", outcome=Outcome.DOWN, fault=Fault.TIMEOUT),
        make_sample(3, region="us-east", outcome=Outcome.DOWN, fault=Fault.DNS),
        make_sample(4, probe="browser"),
        make_sample(5, variant="tiktok"),
    ]
    store.add(taken)
    assert ids(store.samples(wanted)) == [taken[number].id for number in expected]


def test_streams_in_bounded_memory(store: Store) -> None:
    padding = "x" * 2000
    for start in range(0, 8000, 1000):
        store.add([make_sample(number, detail=padding) for number in range(start, start + 1000)])
    tracemalloc.start()
    number = sum(1 for _ in store.samples())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert number == 8000
    assert peak < 8_000_000  # all of them are more than 20 MB


def test_a_reader_that_stops_early_holds_up_nobody(store: Store) -> None:
    store.add(make_samples(2000))
    reading = store.samples()
    next(reading)
    store.add([make_sample(3000)])
    reading.close()  # type: ignore[attr-defined]
    assert len(list(store.samples())) == 2001


def test_what_no_database_can_hold_is_replaced(store: Store) -> None:
    odd = make_sample(
        url="https://shop.test/\0",
        detail="caf\u00e9 \0 \udcff",
        protocol="h2\0",
        tainted=["\0"],
        evidence={"k\0": ["\udc80", 2**70, {"t": (1.5, True, None)}, b"raw"], "float": float("nan")},
    )
    odd.hops[0].address = "\0"
    store.add([odd])
    (found,) = store.samples()
    assert found.url == "https://shop.test/\ufffd"
    assert found.detail == "caf\u00e9 \ufffd ?"
    assert found.protocol == "h2\ufffd"
    assert found.tainted == ["\ufffd"]
    assert found.hops[0].address == "\ufffd"
    assert found.hops[0].wait == odd.hops[0].wait
    assert found.evidence == {
        "k\ufffd": ["?", str(2**70), {"t": [1.5, True, None]}, "b'raw'"],
        "float": None,
    }


def test_json_deeper_than_a_database_goes_is_cut() -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    assert json_text(deep).startswith("[[[[")


@pytest.mark.parametrize(
    "wrong",
    [{"bytes": 2**70}, {"at": "yesterday"}, {"at": datetime(2025, 1, 1)}, {"status": object()}, {"page": 1}],
)
def test_a_sample_that_it_can_never_take_is_refused_with_its_batch(
    store: Store, wrong: dict[str, Any]
) -> None:
    with pytest.raises(SampleRefused):
        store.add([make_sample(1), make_sample(2, **wrong)])
    store.add([make_sample(3)])
    assert [sample.at for sample in store.samples()] == [START + timedelta(seconds=3)]


def test_standing_counts_what_may_be_judged_and_shows_the_newest(store: Store) -> None:
    store.add(
        [
            make_sample(-10, ttfb=9.0),  # before the span
            make_sample(0, ttfb=0.1),
            make_sample(1, ttfb=0.3),
            make_sample(2, ttfb=7.0, tainted=["cpu"]),
            make_sample(3, outcome=Outcome.DOWN, fault=Fault.STATUS, ttfb=5.0),
            make_sample(4, outcome=Outcome.BLOCKED, fault=Fault.BLOCKED, ttfb=None),
            make_sample(5, outcome=Outcome.DOWN, fault=Fault.TIMEOUT, ttfb=None, attempt=Attempt.BURST),
            make_sample(
                0, region="us-east", outcome=Outcome.UNKNOWN, fault=Fault.INTERNAL, ttfb=None, protocol=None
            ),
        ]
    )
    first, second = store.standing(START)
    assert (first.vendor, first.page, first.region, first.probe) == (
        "easyshop",
        "spring-sale",
        "eu-west",
        "http",
    )
    assert first.counts == {Outcome.UP: 2, Outcome.DOWN: 1, Outcome.BLOCKED: 1, Outcome.UNKNOWN: 0}
    assert first.ttfb_mean == pytest.approx(0.2)
    assert first.ttfb_count == 2
    assert first.last_at == START + timedelta(seconds=5)
    assert (first.last_outcome, first.last_fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert (first.last_ttfb, first.last_protocol) == (None, "h2")
    assert second.region == "us-east"
    assert (second.ttfb_mean, second.ttfb_count, second.last_protocol) == (None, 0, None)
    assert second.counts[Outcome.UNKNOWN] == 1


def test_standing_tells_the_variants_of_a_page_apart(store: Store) -> None:
    store.add(
        [
            make_sample(0, ttfb=0.1),
            make_sample(1, ttfb=0.3),
            make_sample(2, variant="google", ttfb=0.5),
            make_sample(3, variant="tiktok", outcome=Outcome.DOWN, fault=Fault.STATUS),
        ]
    )
    rows = store.standing(START)
    assert [(row.variant, row.ttfb_mean, row.counts[Outcome.DOWN]) for row in rows] == [
        (None, pytest.approx(0.2), 0),
        ("google", 0.5, 0),
        ("tiktok", None, 1),
    ]
    assert [row.last_at for row in rows] == [START + timedelta(seconds=second) for second in (1, 2, 3)]


def test_standing_of_two_samples_at_one_moment_is_one_row(store: Store) -> None:
    earlier, later = sorted(make_samples(2, at=START), key=lambda sample: sample.id)
    earlier.outcome, later.outcome = Outcome.DOWN, Outcome.UP
    store.add([later, earlier])
    (row,) = store.standing(START)
    assert row.last_outcome is Outcome.UP


def test_retention_keeps_failures_longer(store: Store) -> None:
    day = 86_400
    kept = [make_sample(-day), make_sample(-50 * day, outcome=Outcome.DOWN), make_sample(-3 * day, ttfb=None)]
    gone = [
        make_sample(-31 * day),
        make_sample(-401 * day, outcome=Outcome.BLOCKED),
        make_sample(-402 * day, outcome=Outcome.UNKNOWN),
    ]
    store.add(kept + gone)
    assert store.purge(START, timedelta(days=30), timedelta(days=400)) == 3
    assert set(ids(store.samples())) == set(ids(kept))
    assert store.purge(START, timedelta(days=30), timedelta(days=400)) == 0


def test_retention_deletes_batch_by_batch(store: Store) -> None:
    store.add(make_samples(2 * BATCH + 1))
    assert store.purge(START + timedelta(days=2), timedelta(days=1), timedelta(days=1)) == 2 * BATCH + 1
    assert list(store.samples()) == []


def test_retention_on_a_new_database_deletes_nothing(store: Store) -> None:
    assert store.purge(START, timedelta(days=1), timedelta(days=1)) == 0


def test_agents_that_start_together_share_a_store(store_url: str) -> None:
    taken = make_samples(100)
    problems: list[Exception] = []

    def agent(part: list[Sample]) -> None:
        store = Store(store_url)
        try:
            for sample in part:
                store.add([sample])
            store.purge(START, timedelta(days=30), timedelta(days=400))
        except Exception as error:
            problems.append(error)
        finally:
            store.close()

    # Each sample is handed over by two of them.
    parts = (taken[:50], taken[50:], taken[25:75], taken[:25] + taken[75:])
    threads = [threading.Thread(target=agent, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    store = Store(store_url)
    assert list(store.samples()) == taken
    store.close()


def test_ping(store: Store) -> None:
    store.ping()


def test_works_again_after_close(store: Store) -> None:
    store.add([make_sample()])
    store.close()
    assert len(list(store.samples())) == 1


def test_reading_before_the_tables_are_made_says_so(store: Store) -> None:
    store.ping()
    with pytest.raises(StoreUnavailable, match="samples"):
        list(store.samples())
    with pytest.raises(StoreUnavailable, match="samples"):
        store.standing(START)
    store.migrate()
    assert list(store.samples()) == []
    assert store.standing(START) == []


def test_a_row_is_a_samples_arguments() -> None:
    assert samples_table.columns.keys() == [field.name for field in fields(Sample)]
