"""The recorder: from the event loop to a disk, whatever fails on the way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from storing import PostgresServer, make_sample, make_samples
from structlog.testing import capture_logs

from probes.sample import Sample
from storage.recorder import BATCH, Recorder
from storage.spool import Spool
from storage.store import Store

PATIENCE = 60.0
"""Seconds after which something will not happen any more."""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def recorder(store: Store, spool: Spool) -> Iterator[Recorder]:
    recorder = Recorder(store, spool)
    yield recorder
    recorder.close(PATIENCE)


def broken(tmp_path: Path) -> tuple[Store, Spool]:
    """A store and a spool that take nothing: a file stands where their folder should be."""
    (tmp_path / "full").write_text("")
    return Store(f"sqlite:///{tmp_path}/full/landwatch.db"), Spool(tmp_path / "full" / "spool.db")


async def test_samples_of_the_loop_are_stored_in_order(store: Store, recorder: Recorder) -> None:
    taken = make_samples(2 * BATCH + 10)
    for sample in taken:
        recorder.put(sample)
    assert await asyncio.to_thread(recorder.flush, PATIENCE)
    await asyncio.to_thread(recorder.close, PATIENCE)
    assert list(store.samples()) == taken
    state = recorder.state
    assert (state.queued, state.spooled, state.written, state.dropped) == (0, 0, len(taken), 0)
    assert (state.store_ok, state.spool_ok, state.last_error) == (True, True, None)


def test_one_sample_is_written_without_being_asked_for(store: Store, recorder: Recorder) -> None:
    recorder.put(make_sample())
    wait_until(lambda: recorder.state.written == 1)
    assert len(list(store.samples())) == 1


def test_what_an_earlier_process_left_is_stored(store: Store, spool: Spool) -> None:
    left = make_samples(5)
    spool.append(left)
    recorder = Recorder(store, spool)
    new = make_sample(9)
    recorder.put(new)
    recorder.close(PATIENCE)
    assert list(store.samples()) == [*left, new]
    assert recorder.state.written == 6


def test_a_replayed_spool_makes_no_twins(store: Store, spool: Spool) -> None:
    taken = make_samples(5)
    store.add(taken)
    spool.append(taken)  # as if it had been killed after the store had them and before the spool forgot them
    recorder = Recorder(store, spool)
    recorder.close(PATIENCE)
    assert list(store.samples()) == taken
    assert len(spool) == 0


def test_a_locked_sqlite_store_loses_nothing(tmp_path: Path, spool: Spool) -> None:
    path = tmp_path / "state" / "landwatch.db"
    store = Store(f"sqlite:///{path}?timeout=0.02")
    taken = make_samples(30)
    store.add(taken[:10])
    recorder = Recorder(store, spool)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, capture_logs() as logs:
        other.execute("BEGIN EXCLUSIVE")
        for part in (taken[:20], taken[20:]):
            for sample in part:
                recorder.put(sample)
            assert recorder.flush(PATIENCE)
        wait_until(lambda: not recorder.state.store_ok)
        assert recorder.state.spooled == 30
        assert "locked" in (recorder.state.last_error or "")
        other.execute("COMMIT")
        wait_until(lambda: recorder.state.store_ok and recorder.state.spooled == 0)
    assert list(store.samples()) == taken
    assert [entry["event"] for entry in logs] == ["store_unavailable", "store_available"]
    recorder.put(make_sample(40))
    recorder.close(PATIENCE)
    assert len(list(store.samples())) == 31
    store.close()


@pytest.mark.postgres
def test_a_postgresql_that_is_away_for_a_while_loses_nothing(postgres: PostgresServer, spool: Spool) -> None:
    store = Store(postgres.make_database())
    taken = make_samples(40)
    recorder = Recorder(store, spool)
    for sample in taken[:20]:
        recorder.put(sample)
    wait_until(lambda: recorder.state.written == 20)
    postgres.stop()
    try:
        for sample in taken[20:30]:
            recorder.put(sample)
        assert recorder.flush(PATIENCE)
        wait_until(lambda: not recorder.state.store_ok)
        assert recorder.state.spooled == 10
        recorder.close(PATIENCE)  # it is stopped while the store is away, ...
        recorder = Recorder(store, spool)  # ... and started again before the store is back
        for sample in taken[30:]:
            recorder.put(sample)
        assert recorder.flush(PATIENCE)
    finally:
        postgres.start()
    wait_until(lambda: recorder.state.written == 20)
    assert list(store.samples()) == taken
    assert recorder.state.store_ok
    assert recorder.state.last_error is None
    recorder.close(PATIENCE)
    store.close()


@pytest.mark.parametrize("others", [0, 20])
def test_a_sample_that_no_store_takes_holds_up_no_other(store: Store, spool: Spool, others: int) -> None:
    store.migrate()
    good = make_samples(others)
    wrong = make_sample(5, page=7)
    recorder = Recorder(store, spool)
    for sample in [*good[:13], wrong, *good[13:]]:
        recorder.put(sample)
    recorder.close(PATIENCE)
    assert list(store.samples()) == good
    state = recorder.state
    assert (state.written, state.refused, state.spooled, state.dropped) == (len(good), 1, 0, 0)
    assert state.store_ok


def test_what_is_no_sample_at_all_is_dropped_alone(store: Store, recorder: Recorder) -> None:
    good = make_samples(3)
    with capture_logs() as logs:
        for sample in [good[0], object(), *good[1:]]:
            recorder.put(sample)  # type: ignore[arg-type]
        assert recorder.flush(PATIENCE)
    recorder.close(PATIENCE)
    assert list(store.samples()) == good
    assert recorder.state.dropped == 1
    assert {"sample_unwritable", "samples_dropped"} <= {entry["event"] for entry in logs}


def test_a_bug_in_the_store_does_not_end_the_drain(tmp_path: Path, spool: Spool) -> None:
    class Flawed(Store):
        flaws = 2

        def add(self, batch: Sequence[Sample]) -> None:
            if self.flaws:
                self.flaws -= 1
                raise ZeroDivisionError
            super().add(batch)

    spool.append([make_sample()])
    store = Flawed(f"sqlite:///{tmp_path}/state/landwatch.db")
    with capture_logs() as logs:
        recorder = Recorder(store, spool)
        wait_until(lambda: recorder.state.written == 1)
        recorder.close(PATIENCE)
    store.close()
    assert [entry["event"] for entry in logs] == ["drain_failed", "drain_failed", "store_available"]


def test_where_nothing_can_be_written_samples_wait_in_memory(tmp_path: Path) -> None:
    store, spool = broken(tmp_path)
    recorder = Recorder(store, spool)
    taken = make_samples(10)
    with capture_logs() as logs:
        for sample in taken:
            recorder.put(sample)
        assert not recorder.flush(0.1)
        state = recorder.state
    assert (state.queued, state.written, state.dropped) == (10, 0, 0)
    assert (state.store_ok, state.spool_ok) == (False, False)
    assert "full" in (state.last_error or "")
    assert [entry["event"] for entry in logs].count("samples_held_in_memory") == 1
    (tmp_path / "full").unlink()
    assert recorder.flush(PATIENCE)
    recorder.close(PATIENCE)
    assert list(store.samples()) == taken
    assert recorder.state.store_ok
    store.close()
    spool.close()


def test_memory_is_bounded_and_what_is_dropped_is_counted_and_said(tmp_path: Path) -> None:
    store, spool = broken(tmp_path)
    recorder = Recorder(store, spool, held=10)
    taken = make_samples(50)
    with capture_logs() as logs:
        for sample in taken:
            recorder.put(sample)
        assert not recorder.flush(0.1)
        for sample in taken:
            recorder.put(sample)
        wait_until(lambda: recorder.state.dropped == 90)
        recorder.close(0.1)
    assert recorder.state.dropped == 100
    assert recorder.state.queued == 0
    said = [entry["number"] for entry in logs if entry["event"] == "samples_dropped"]
    assert said[:3] == [1, 2, 4]
    assert len(said) < 10
    store.close()
    spool.close()


def test_a_batch_that_comes_back_fills_no_more_than_the_memory_allowed(tmp_path: Path) -> None:
    tried, fail = threading.Event(), threading.Event()

    class Hanging(Store):
        def add(self, batch: Sequence[Sample]) -> None:
            tried.set()
            fail.wait(PATIENCE)
            super().add(batch)

    _, spool = broken(tmp_path)
    store = Hanging(f"sqlite:///{tmp_path}/full/landwatch.db")
    recorder = Recorder(store, spool, held=10)
    for sample in make_samples(10):
        recorder.put(sample)
    assert tried.wait(PATIENCE)
    for sample in make_samples(10):  # while the first ones are on their way
        recorder.put(sample)
    with capture_logs():
        fail.set()
        wait_until(lambda: recorder.state.dropped == 10)
        assert recorder.state.queued == 10
        recorder.close(0.1)
    store.close()
    spool.close()


def test_a_spool_that_fails_is_gone_round(tmp_path: Path, postgres: PostgresServer) -> None:
    _, spool = broken(tmp_path)
    store = Store(postgres.make_database())
    recorder = Recorder(store, spool)
    recorder.put(make_sample())
    assert recorder.flush(PATIENCE)
    assert not recorder.state.spool_ok
    assert recorder.state.written == 1
    recorder.close(PATIENCE)
    assert len(list(store.samples())) == 1
    store.close()


def test_a_closed_recorder_counts_what_still_comes(store: Store, recorder: Recorder) -> None:
    recorder.close(PATIENCE)
    recorder.put(make_sample())
    assert recorder.state.dropped == 1
    assert recorder.flush(PATIENCE)


def test_a_flush_of_nothing_is_done_at_once(recorder: Recorder) -> None:
    assert recorder.flush(0)
