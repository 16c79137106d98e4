"""The drain: moves what waits in the spool to the store, in order, for as long as it takes."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import structlog

from probes.sample import Sample
from storage.failure import SampleRefused, SpoolUnavailable, StoreUnavailable
from storage.spool import Spool
from storage.store import Store

BATCH = 1000
FIRST_RETRY = 0.25
"""Seconds after a failure; each further one doubles them."""
LAST_RETRY = 5.0

_log = structlog.get_logger("landwatch.drain")


class Drain:
    """A thread of its own, so that a store that hangs holds up no sample on its way to the disk."""

    def __init__(self, store: Store, spool: Spool) -> None:
        self._store = store
        self._spool = spool
        self._work = threading.Event()
        self._work.set()  # what an earlier process left
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="landwatch-drain", daemon=True)
        self.moved = 0
        """Samples that went from the spool to the store."""
        self.error: str | None = None
        """Why the last batch could not be moved; ``None`` when it was."""
        self.store_ok = True
        """Whether it was not the store that failed."""

    def start(self) -> None:
        """Start moving."""
        self._thread.start()

    def notify(self) -> None:
        """Say that there is something in the spool."""
        self._work.set()

    def stop(self, timeout: float) -> None:
        """End when the spool is empty or something fails; wait for that ``timeout`` seconds at most."""
        self._stop.set()
        self._work.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        delay = FIRST_RETRY
        while True:
            try:
                moved = self._move()
            except Exception as error:
                moved = 0
                self._failed(error)
            else:
                delay = FIRST_RETRY
                self._recovered()
            if moved:
                continue
            if self._stop.is_set():
                return
            if self.error is None:
                self._work.wait()
                self._work.clear()
            else:
                self._stop.wait(delay)
                delay = min(2 * delay, LAST_RETRY)

    def _move(self) -> int:
        head = self._spool.head(BATCH)
        if head:
            self._offer(head)
            self._spool.remove(head[-1][0])
        return len(head)

    def _offer(self, head: Sequence[tuple[int, Sample]]) -> None:
        """Give samples to the store; one that it will never take is laid aside, found by halving."""
        try:
            self._store.add([sample for _, sample in head])
        except SampleRefused as refusal:
            if len(head) == 1:
                self._spool.refuse(head[0][0], str(refusal))
                return
            middle = len(head) // 2
            self._offer(head[:middle])
            self._offer(head[middle:])
        else:
            self.moved += len(head)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, StoreUnavailable | SpoolUnavailable):
            _log.error("drain_failed", exc_info=error)  # a bug of ours, which must not end the only way out
        elif self.error is None:
            _log.warning("store_unavailable", reason=str(error), waiting=len(self._spool))
        self.store_ok = not isinstance(error, StoreUnavailable)
        self.error = str(error) or repr(error)

    def _recovered(self) -> None:
        if self.error is not None:
            _log.info("store_available", waiting=len(self._spool))
        self.store_ok = True
        self.error = None
