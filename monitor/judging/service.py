"""The judge at work: incidents each slice, and verdicts every few minutes, in threads of their own.

A page that an own sample saw down is looked at before the slice is over (:mod:`monitor.judging.early`).

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
from monitor.judging.declared import as_known, is_noted, note_maintenance
from monitor.judging.early import Early
from monitor.judging.incident_certificates import Certificates
from monitor.judging.incident_latency import Latencies
from monitor.judging.incident_lookout import Lookout
from monitor.judging.incident_plan import PagePlan, plans_of
from monitor.judging.incident_signs import Signs
from monitor.judging.judged import Judged, Outlook, Seconds, Work
from monitor.judging.verdict_round import rule
from monitor.pace import Pace
from monitor.sla.incidents import IncidentKind
from probes.sample import Sample
from storage.failure import StoreUnavailable
from storage.looks import looks
from storage.store import Store

SLICE = 15.0
"""Seconds between two looks."""
LAG = 2.0
"""Seconds after the end of a slice at which it is looked at: what was seen is mostly written by then."""
TICK = 1.0
"""Seconds between two glances at whether a page was seen down that is to be looked at early."""
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

    def __init__(
        self,
        store: Store,
        region: str,
        *,
        wall: Callable[[], float] = time.time,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """``changed`` is called in a thread of the judge's whenever it changed incidents."""
        self._store = store
        self._region = region
        self._wall = wall
        pace = Pace()
        self._lookout = Lookout(store, region, pace=pace, changed=changed)
        self._latencies = Latencies()
        self._certificates = Certificates(region)
        self._signs = Signs(region)
        self._early = Early()
        self._config: Config | None = None
        self._plans: list[PagePlan] = []
        self._watched: list[PagePlan] = []
        self._judged = Judged(works={SLICES: Work(), OBJECTIVES: Work()})
        self._changing = threading.Lock()  # guards the replacement of what is judged
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=f"landwatch-judge-{name}", daemon=True)
            for name, target in ((SLICES, self._look_out), (OBJECTIVES, self._rule_on))
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
                [one for one in before.outlook.signs if one[:2] in keys],
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
        self._signs.record(sample)
        self._early.record(sample, self._wall())

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
        plans = self._taken_up(now)
        by_key = {plan.key: plan for plan in plans}
        more = {
            **self._latencies.looks(by_key, now, self._read),
            **self._certificates.looks(by_key, now),
            **self._signs.looks(by_key),
        }
        self._show(self._lookout.look(now, more), plans)

    def look_early(self, now: datetime) -> None:
        """Look at the pages that were just seen down and are not known to be. It blocks.

        Raises:
            StoreUnavailable: they are judged once their slices are over.
        """
        known = {
            (row.vendor, row.page) for row in self._judged.outlook.open if row.kind == IncidentKind.OUTAGE
        }
        keys = self._early.due(self._plans, known, now.timestamp())
        if not keys:
            return
        began = time.monotonic()
        plans = self._taken_up(now)
        try:
            self._show(self._lookout.look_early(now, keys), plans)
        finally:
            self._early.done(now.timestamp(), time.monotonic() - began)

    def _taken_up(self, now: datetime) -> list[PagePlan]:
        """The pages of the newest config, which are those that are looked at from now on."""
        if self._plans is not self._watched:
            plans = self._plans
            known = self._note_maintenance(plans, now)
            with self._changing:
                if self._plans is plans:
                    self._plans = known
            self._lookout.watch(known, now)
            self._watched = known
        return self._watched

    def _note_maintenance(self, plans: list[PagePlan], now: datetime) -> list[PagePlan]:
        """Note what maintenance was read of, and take it as it is known."""
        entries = plans[0].maintenance if plans else ()
        with self._store.reading() as connection:
            noted = is_noted(connection, entries)
        if not noted:
            with self._store.writing() as connection:
                note_maintenance(connection, entries, now)
        with self._store.reading() as connection:
            maintenance = tuple(as_known(connection, entries, now))
        return [replace(plan, maintenance=maintenance) for plan in plans]

    def _show(self, outlook: Outlook, plans: list[PagePlan]) -> None:
        matters = self._signs.matters({plan.key: plan for plan in plans})
        signs = [(one.vendor, one.page, one.kind, one.subject) for one in matters]
        outlook = replace(outlook, signs=signs)
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

    def _look_out(self) -> None:
        until = self._until_slice()
        while not self._closing.wait(min(until, TICK)):
            if until <= TICK:
                self._do(SLICES, self.look)
            elif self._early.heard:
                self._do(SLICES, self.look_early, whole=False)
            until = self._until_slice()

    def _rule_on(self) -> None:
        while not self._closing.wait(self._until_round()):
            self._do(OBJECTIVES, self.rule)

    def _do(self, name: str, work: Callable[[datetime], None], *, whole: bool = True) -> None:
        """Do a work once, or a part of it, and take note of how it went."""
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
            after = (
                Work(time.monotonic() - began, at, before.errors) if whole else replace(before, error=None)
            )
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
