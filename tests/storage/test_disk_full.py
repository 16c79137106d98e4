"""A full disk stops nothing, is counted and said, and is over when there is room again."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from storing import make_sample, make_samples

from probes.sample import Sample
from storage.recorder import Recorder
from storage.spool import Spool, SpoolUnavailable
from storage.store import Store, StoreUnavailable


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("to mount a small disk takes root")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return ballast


def count_kept(keep: Callable[[list[Sample]], None], expected: type[Exception]) -> int:
    """Hand over samples until the disk is full; the number that was taken."""
    kept = []

    def go_on() -> None:
        while True:
            batch = make_samples(50)
            keep(batch)
            kept.extend(batch)

    with pytest.raises(expected, match="full"):
        go_on()
    return len(kept)


def test_the_spool_says_so_and_keeps_what_it_has(small_disk: Path) -> None:
    spool = Spool(small_disk / "spool.db")
    kept = count_kept(spool.append, SpoolUnavailable)
    assert kept > 0
    assert len(spool) == kept
    assert len(spool.head(10_000)) == kept
    spool.close()
    again = Spool(small_disk / "spool.db")
    assert len(again.head(10_000)) == kept
    again.close()


def test_a_spool_that_can_not_be_begun_says_so(small_disk: Path) -> None:
    ballast = fill(small_disk)
    spool = Spool(small_disk / "spool.db")
    with pytest.raises(SpoolUnavailable, match="full"):
        spool.append([make_sample()])
    ballast.unlink()
    spool.append([make_sample()])
    assert len(spool) == 1
    spool.close()


def test_the_store_says_so_and_keeps_what_it_has(small_disk: Path) -> None:
    store = Store(f"sqlite:///{small_disk}/landwatch.db")
    kept = count_kept(store.add, StoreUnavailable)
    assert kept > 0
    assert len(list(store.samples())) == kept
    store.close()


def test_samples_go_on_when_there_is_room_again(small_disk: Path) -> None:
    store = Store(f"sqlite:///{small_disk}/landwatch.db")
    store.migrate()
    spool = Spool(small_disk / "spool.db")
    spool.append([])
    recorder = Recorder(store, spool, held=300)
    ballast = fill(small_disk)
    sent = 0
    deadline = time.monotonic() + 60
    while recorder.state.last_error is None or not recorder.state.dropped:
        recorder.put(make_sample(sent))
        sent += 1
        assert time.monotonic() < deadline
        time.sleep(0.001)
    state = recorder.state
    assert not state.store_ok
    assert not state.spool_ok
    assert "full" in (state.last_error or "")
    ballast.unlink()
    assert recorder.flush(60)
    recorder.close(60)
    state = recorder.state
    assert state.queued == 0
    assert len(list(store.samples())) == sent - state.dropped == state.written
    assert state.store_ok
    store.close()
    spool.close()
