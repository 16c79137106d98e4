"""The judge at work: incidents each slice, and verdicts every few minutes, in threads of their own.

What it finds is kept in the store (incidents) or shown (verdicts, confirmed seconds). A store that is away
stops it and nothing else: the next look goes back far enough, and the next round judges whole windows anyway.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from monitor.config import Config
from monitor.judging.incident_certificates import Certificates
from monitor.judging.incident_latency import Latencies
from monitor.judging.incident_lookout import Lookout
from monitor.judging.incident_plan import PagePlan, plans_of
from monitor.judging.judged import Judged, Outlook, Seconds, Work
from monitor.judging.verdict_round import rule
from monitor.pace import Pace
from probes.sample import Sample
from storage.failure import StoreUnavailable
from storage.looks import looks
from storage.store import Store

SLICE = 15.0
"""Seconds between two looks."""
LAG = 2.0
"""Seconds after the end of a slice at which it is looked at: what was seen is mostly written by then."""
ROUND = 300.0
"""Seconds between two rounds of verdicts."""
FIRST_ROUND = 10.0
"""Seconds until the first one."""
SHARE = 3.0
"""The rounds rest this many times as long as they work: they must not burden the measurements."""
SLICES, OBJECTIVES = "slices", "objectives"
"""The names of the two works."""

_log = structlog.get_logger("landwatch.judge")


class _Ended(Exception):
    """The process ends, and with it the round."""


class Judging:
    """The judge of this process."""

    def __init__(self, store: Store, region: str, *, wall: Callable[[], float] = time.time) -> None:
        self._store = store
        self._region = region
        self._wall = wall
        pace = Pace()
        self._lookout = Lookout(store, region, pace=pace)
        self._latencies = Latencies()
        self._certificates = Certificates(region)
        self._config: Config | None = None
        self._plans: list[PagePlan] = []
        self._watched: list[PagePlan] | None = None
        self._judged = Judged(works={SLICES: Work(), OBJECTIVES: Work()})
        self._changing = threading.Lock()  # guards the replacement of what is judged
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=each, name=f"landwatch-judge-{each[0]}", daemon=True)
            for each in ((SLICES, self.look, self._until_slice), (OBJECTIVES, self.rule, self._until_round))
        ]

    @property
    def judged(self) -> Judged:
        """What it says now."""
        return self._judged

    def watch(self, config: Config) -> None:
        """Judge the pages of this config from now on. What is shown of others vanishes at once."""
        plans = plans_of(config)
        keys = [plan.key for plan in plans]
        names = {(*plan.key, promise.name) for plan in plans for promise in plan.promises}
        objectives = {one.name: one for one in config.objectives}
        with self._changing:
            before = self._judged
            outlook = Outlook(
                {key: before.outlook.seconds.get(key, Seconds()) for key in keys},
                {key: before.outlook.regions.get(key, [self._region]) for key in keys},
                [one for one in before.outlook.open if (one.vendor, one.page) in keys],
            )
            promised = [(vendor, page, objectives[name]) for vendor, page, name in sorted(names)]
            same = {(*each[:2], each[2].name): each[2] for each in promised}
            rulings = {
                key: ruling for key, ruling in before.rulings.items() if same.get(key) == ruling.objective
            }
            self._judged = replace(before, outlook=outlook, promised=promised, rulings=rulings)
            self._config, self._plans = config, plans

    def record(self, sample: Sample) -> None:
        """Take note of what an own sample says beside the slices. Never waits."""
        self._certificates.record(sample)

    def start(self) -> None:
        """Begin to judge."""
        for thread in self._threads:
            thread.start()

    def close(self, timeout: float) -> None:
        """End; what is under way has ``timeout`` seconds. It waits."""
        self._closing.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def look(self, now: datetime) -> None:
        """Judge the slices of the last minutes. It blocks.

        Raises:
            StoreUnavailable: later.
        """
        plans = self._plans
        if plans is not self._watched:
            self._lookout.watch(plans, now)
            self._watched = plans
        by_key = {plan.key: plan for plan in plans}
        more = {
            **self._latencies.looks(by_key, now, self._read),
            **self._certificates.looks(by_key, now),
        }
        outlook = self._lookout.look(now, more)
        with self._changing:
            if self._plans is plans:  # else it is about pages that are no longer watched
                self._judged = replace(self._judged, outlook=outlook)

    def rule(self, now: datetime) -> None:
        """Judge every objective. It blocks, for as long as that takes.

        Raises:
            StoreUnavailable: later.
        """
        config = self._config
        if config is None:
            return
        rulings = {one.key: one for one in rule(self._store, config, now, rest=self._rest)}
        with self._changing:
            if self._config is config:
                self._judged = replace(self._judged, rulings=rulings)

    def _read(self, since: datetime, until: datetime) -> Iterator[Sample]:
        with self._store.reading() as connection:
            yield from looks(connection, since, until)

    def _rest(self, worked: float) -> None:
        if self._closing.wait(SHARE * worked):
            raise _Ended

    def _repeat(self, name: str, work: Callable[[datetime], None], until: Callable[[], float]) -> None:
        while not self._closing.wait(until()):
            self._do(name, work)

    def _do(self, name: str, work: Callable[[datetime], None]) -> None:
        """Do a work once, and take note of how it went."""
        before = self._judged.works[name]
        began, at = time.monotonic(), self._wall()
        try:
            work(datetime.fromtimestamp(at, UTC))
        except _Ended:
            return
        except StoreUnavailable as error:
            after = replace(before, errors=before.errors + 1, error=str(error))
            if before.error is None:
                _log.warning("the store is away; the judge waits for it", work=name, reason=str(error))
        except Exception as error:
            after = replace(before, errors=before.errors + 1, error=repr(error))
            _log.exception("the judge failed", work=name)
        else:
            after = Work(time.monotonic() - began, at, before.errors)
            if before.error is not None:
                _log.info("the judge judges again", work=name)
        with self._changing:
            self._judged = replace(self._judged, works={**self._judged.works, name: after})

    def _until_slice(self) -> float:
        """Seconds until a moment after the end of this slice."""
        return SLICE - (self._wall() - LAG) % SLICE

    def _until_round(self) -> float:
        """Seconds until the next round."""
        return ROUND if self._judged.works[OBJECTIVES].done_at is not None else FIRST_ROUND
