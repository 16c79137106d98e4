"""The recorder: takes samples from the event loop, and sees to it that none is lost.

A sample is handed over in microseconds; a thread writes it, a batch at a time. A store on this machine
takes it at once, and the spool only what such a store does not take. For any other store the spool comes
first, and the drain empties it. What neither takes (a full disk) waits in memory, up to a limit; beyond
that the oldest is dropped, counted and said. Nothing of all this reaches the loop as an exception.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

import structlog

from probes.sample import Sample
from storage.drain import Drain
from storage.failure import SampleRefused, SpoolUnavailable, StoreUnavailable
from storage.spool import Spool
from storage.store import Store

BATCH = 1000
"""Samples in one transaction, at most."""
LINGER = 0.25
"""Seconds that the first sample of a batch waits for others."""
RETRY = 1.0
"""Seconds between attempts to write what neither store nor spool took."""
HELD = 20_000
"""Samples that wait in memory, at most: some 100 MB of them."""

_log = structlog.get_logger("landwatch.recorder")


@dataclass(frozen=True, slots=True)
class RecorderState:
    """Where the samples are, at one moment."""

    queued: int
    """In memory, not yet on a disk."""
    spooled: int
    """On local disk, waiting for the store."""
    written: int
    """In the store, of those that this process handed over or found in the spool."""
    dropped: int
    """Lost, because memory was full too."""
    refused: int
    """Laid aside in the spool's file, because no store takes them."""
    store_ok: bool
    spool_ok: bool
    last_error: str | None
    """Why something does not go on; ``None`` when all does."""


class Recorder:
    """Keeps samples, with one thread that writes and one that drains the spool. They start with it.

    The caller closes the store and the spool, after the recorder.
    """

    def __init__(self, store: Store, spool: Spool, *, held: int = HELD) -> None:
        self._store = store
        self._spool = spool
        self._held = held
        self._queue: deque[Sample] = deque()
        self._put = 0
        self._kept = 0
        self._direct = 0
        self._dropped = 0
        self._error: str | None = None
        self._store_ok = True
        self._spool_ok = True
        self._wake = threading.Event()  # there is something to write
        self._hurry = threading.Event()  # do not linger
        self._closed = False
        self._changed = threading.Condition()  # guards _dropped, and tells who waits in flush()
        self._drain = Drain(store, spool)
        self._thread = threading.Thread(target=self._run, name="landwatch-writer", daemon=True)
        self._drain.start()
        self._thread.start()

    def put(self, sample: Sample) -> None:
        """Hand over a sample, which nobody changes any more. Never waits, never raises.

        It is called from one thread: the event loop's.
        """
        self._put += 1
        if self._closed:
            self._count_dropped(1)
            return
        queue = self._queue
        queue.append(sample)
        if len(queue) > self._held:
            self._drop_oldest()
        if len(queue) == BATCH:
            self._hurry.set()
        if not self._wake.is_set():
            self._wake.set()

    def flush(self, timeout: float) -> bool:
        """Write what was handed over so far, and say whether all of it left memory in ``timeout`` seconds.

        It waits: from the event loop, call it in a thread.
        """
        target = self._put
        self._wake.set()
        self._hurry.set()
        with self._changed:
            return self._changed.wait_for(lambda: self._kept + self._dropped >= target, timeout)

    def close(self, timeout: float) -> None:
        """Flush, drain what the store takes and end the threads, in ``timeout`` seconds. It waits too.

        What a store did not take by then stays in the spool, for the next process.
        """
        deadline = time.monotonic() + timeout
        self.flush(timeout)
        self._closed = True
        self._wake.set()
        self._hurry.set()
        self._thread.join(max(0.0, deadline - time.monotonic()))
        self._drain.stop(max(0.0, deadline - time.monotonic()))
        left = self._put - self._kept - self._dropped
        if left:
            self._count_dropped(left)

    @property
    def state(self) -> RecorderState:
        """Where the samples are now."""
        return RecorderState(
            queued=self._put - self._kept - self._dropped,
            spooled=len(self._spool),
            written=self._direct + self._drain.moved,
            dropped=self._dropped,
            refused=self._spool.refused,
            store_ok=self._store_ok and self._drain.store_ok,
            spool_ok=self._spool_ok,
            last_error=self._error or self._drain.error,
        )

    def _run(self) -> None:
        while not self._closed or self._queue:
            self._wake.wait()
            self._hurry.wait(LINGER)
            self._wake.clear()
            self._hurry.clear()
            while self._queue:
                left = self._write(self._take())
                with self._changed:
                    self._changed.notify_all()
                if not left:
                    continue
                self._put_back(left)
                if self._closed:
                    return
                self._hurry.wait(RETRY)
                self._hurry.clear()

    def _take(self) -> list[Sample]:
        batch: list[Sample] = []
        with suppress(IndexError):  # the loop's thread may drop the oldest meanwhile
            while len(batch) < BATCH:
                batch.append(self._queue.popleft())
        return batch

    def _put_back(self, batch: list[Sample]) -> None:
        self._queue.extendleft(reversed(batch))
        while len(self._queue) > self._held:
            self._drop_oldest()

    def _write(self, batch: list[Sample]) -> list[Sample]:
        """Write a batch. What is returned has to wait in memory."""
        try:
            return [] if self._keep(batch) else batch
        except Exception:  # a bug of ours, in one sample as like as not: the others are kept
            if len(batch) > 1:
                return [left for sample in batch for left in self._write([sample])]
            _log.exception("sample_unwritable")
            self._count_dropped(1)
            return []

    def _keep(self, batch: list[Sample]) -> bool:
        """Bring a batch to a disk, the one or the other."""
        to_store, to_spool = self._to_store, self._to_spool
        first_store = self._store.local and not len(self._spool)  # else those that wait go first
        errors = []
        for way in (to_store, to_spool) if first_store else (to_spool, to_store):
            try:
                way(batch)
            except (StoreUnavailable, SampleRefused, SpoolUnavailable) as error:
                errors.append(str(error))
            else:
                self._kept += len(batch)
                self._store_ok, self._error = True, None  # from here on, the drain knows better
                return True
        if self._error is None:
            _log.error("samples_held_in_memory", reasons=errors)
        self._store_ok, self._error = False, "; ".join(errors)
        return False

    def _to_store(self, batch: list[Sample]) -> None:
        self._store.add(batch)
        self._direct += len(batch)

    def _to_spool(self, batch: list[Sample]) -> None:
        self._spool_ok = False
        self._spool.append(batch)
        self._spool_ok = True
        self._drain.notify()

    def _drop_oldest(self) -> None:
        with suppress(IndexError):  # the writer may have taken the last one meanwhile
            self._queue.popleft()
            self._count_dropped(1)

    def _count_dropped(self, number: int) -> None:
        with self._changed:
            before = self._dropped
            self._dropped += number
            self._changed.notify_all()
        if before.bit_length() != self._dropped.bit_length():  # at 1, 2, 4, 8, ...: said, but no flood
            _log.error("samples_dropped", number=self._dropped, reason=self._error)
