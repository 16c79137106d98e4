"""The bookkeeper: keeps the rollups of this agent's region right.

A sample is handed over in less than a microsecond; a thread counts it, and writes what changed once a
minute. An hour that is over is held against the samples in the store, and made again from them where it
lacks some: those of an earlier process, those that waited in a spool, those of a clock that was wrong. Which
hours that concerns, the store itself remembers (:mod:`storage.unsettled`): a kill at any moment costs none.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog

from monitor.judging.every import Paces
from monitor.judging.ledger import Ledger, hour_of
from monitor.judging.settler import Settler
from monitor.judging.takeover import take_over
from monitor.sla.rollups import Rollup
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import moment
from monitor.watch import Watch
from probes.sample import Sample
from storage.failure import StoreUnavailable
from storage.rollups import write_rollups
from storage.series import Series, number_series
from storage.store import Store
from storage.unsettled import Stretch, unsettled_stretches

RETRY = 5.0
"""Seconds after which it is tried again, where the store was away."""
PAUSE = 5.0
"""Seconds after which what was handed over is counted, where nobody asks before."""
WRITE_EVERY = 60.0
"""Seconds after which what changed is written."""
GRACE = 120.0
"""Seconds after which an hour or a day that is over is settled: runs that began in it have ended by then."""
ORPHANED = float(DAY)
"""Seconds after which those of another region are: its agent is gone, or would have done it."""
KEPT = 2
"""Hours in memory, beside the one that it is."""
SHIFT = 5.0
"""Seconds that are settled for at a time, when much is to be done, before new samples are counted again."""

_log = structlog.get_logger("landwatch.bookkeeper")


class Bookkeeper:
    """Keeps the books of one region. It begins with :meth:`start`, and needs no store to be there."""

    def __init__(
        self,
        store: Store,
        region: str,
        watches: Iterable[Watch] = (),
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._region = region
        self._wall = wall
        self._settler = Settler(store, Paces.of(watches))
        self._queue: deque[Sample] = deque()
        self._lock = threading.Lock()  # guards the ledger
        self._failing: dict[Series, float] = {}
        self._error: str | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="landwatch-bookkeeper", daemon=True)
        self._due = self._write_due = began = wall()
        self._ledger = Ledger(self._settler.paces, began)

    def put(self, sample: Sample) -> None:
        """Hand over a sample, which nobody changes any more. Never waits, never raises."""
        self._queue.append(sample)

    def watch(self, watches: Iterable[Watch]) -> None:
        """Take note of how often each series is measured from now on."""
        self._ledger.paces = self._settler.paces = Paces.of(watches)

    def live(self, *, figures: bool = True) -> dict[Series, list[Rollup]]:
        """Copies of the rollups of the newest hours, with all samples that were handed over so far."""
        with self._lock:
            self._count()
            return self._ledger.live(figures=figures)

    def start(self) -> None:
        """Begin to keep the books."""
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Write what changed, and end, in ``timeout`` seconds. It waits."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def work(self, now: float) -> bool:
        """Do what is due at ``now``, and say whether more is.

        Raises:
            StoreUnavailable: it is done later.
        """
        if now < self._ledger.first - HOUR:
            self._begin(now)  # the clock was set back: what it said before is left to the store
        with self._lock:
            self._count()
        if now < self._due <= now + WRITE_EVERY:
            return False
        self._due = now + RETRY
        if self._ledger.unknown is not None:
            self._take_over(now)
        if not now < self._write_due <= now + WRITE_EVERY:
            self.write(now)
            self._write_due = now + WRITE_EVERY
        more = self._settle(now)
        self._due = now if more else now + WRITE_EVERY
        return more

    def write(self, now: float) -> None:
        """Write the rollups that changed, and bring the outages of series that fail up to date.

        Raises:
            StoreUnavailable: nothing is lost by that.
        """
        this = hour_of(now)
        with self._lock:
            self._count()
            self._ledger.keep(this - KEPT * HOUR, this + HOUR)
            rows = self._ledger.changed_rows()
            fresh, self._ledger.failing = self._ledger.failing, {}
        self._failing = fresh | self._failing
        try:
            with self._store.writing() as connection:
                numbers = number_series(connection, {place.series for place in rows})
                write_rollups(
                    connection, [row._replace(series=numbers[at.series]) for at, row in rows.items()]
                )
        except BaseException:
            with self._lock:
                self._ledger.write_again(rows)
            raise
        for series, since in list(self._failing.items()):
            # One that has just failed is looked at once more: its samples may be on their way to the store.
            if not self._settler.follow(series, since) and series not in fresh:
                del self._failing[series]

    def _begin(self, now: float) -> None:
        """Begin the books anew, as a process does that has just started."""
        self._due = self._write_due = now
        with self._lock:
            self._ledger = Ledger(self._settler.paces, now)

    def _count(self) -> None:
        samples = []
        with suppress(IndexError):
            while True:
                samples.append(self._queue.popleft())
        self._ledger.count(samples)

    def _take_over(self, now: float) -> None:
        start = self._ledger.unknown
        assert start is not None
        found = take_over(self._store, self._region, self._settler.paces, start, self._ledger.began, now)
        self._failing |= found.failing
        with self._lock:
            self._ledger.take_over(found.entries)

    def _settle(self, now: float) -> bool:
        """Settle what is over, for a while; whether there is more."""
        with self._store.reading() as connection:
            marked = unsettled_stretches(connection)
        busy = {(one.region, one.start - one.start % DAY) for one in marked if one.period == HOUR}
        until = time.monotonic() + SHIFT
        for stretch, token in marked.items():
            patience = GRACE if stretch.region == self._region else ORPHANED
            if now < stretch.start + stretch.period + patience:
                continue
            if stretch.period == DAY and (stretch.region, stretch.start) in busy:
                continue
            if self._closing.is_set() or time.monotonic() > until:
                return True
            if stretch.period == DAY:
                self._settler.day(stretch, token)
            else:
                self._settle_hour(stretch, token)
        return False

    def _settle_hour(self, stretch: Stretch, token: str) -> None:
        done = self._settler.hour(stretch, token)
        if stretch.region == self._region:
            with self._lock:
                self._ledger.keep(stretch.start + HOUR, sys.maxsize)
        if done.made:
            _log.info("an hour was rolled up again", start=moment(stretch.start), series=done.made)

    def _run(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            more = self._tried(self.work)
            # While much is to be done, half of the time is left to others.
            self._closing.wait(time.monotonic() - began if more else PAUSE)
        self._tried(self.write)

    def _tried(self, work: Callable[[float], bool | None]) -> bool:
        try:
            more = work(self._wall())
        except Exception as error:
            self._failed(error)
            return False
        if self._error is not None:
            _log.info("the books are kept again")
            self._error = None
        return bool(more)

    def _failed(self, error: Exception) -> None:
        """Say once that it does not go on; a bug of ours must not end the books either."""
        if not isinstance(error, StoreUnavailable) and self._error != repr(error):
            _log.error("the books could not be kept; it is tried again", exc_info=error)
        elif self._error is None:
            _log.warning("the books wait for the store", reason=str(error))
        self._error = repr(error)
