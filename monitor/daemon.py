"""The daemon: all parts of landwatch, put together. Nothing else composes.

    schedule -> bursts -> runner -> probe -> Sample -> handover -> pipeline -> recorder -> spool, store
                                                                          |--> bookkeeper -> rollups
                                                                          |--> metrics
    store -> judge -> incidents, verdicts
                  |--> channels

Signals, systemd and the terminal are not here (``service.py``): a daemon can be opened in any event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog

from monitor.burst import Bursts
from monitor.condition import Condition
from monitor.config import Config
from monitor.controls import Controls, control_targets
from monitor.handover import Handover
from monitor.health import Health, open_health
from monitor.housekeeping import Housekeeping, hourly
from monitor.judging.bookkeeper import Bookkeeper
from monitor.judging.service import Judging
from monitor.metrics.collector import Metrics
from monitor.notify.noting import purge_noted
from monitor.notify.service import Notifying
from monitor.open_probes import OpenProbes, ProbeUnavailable
from monitor.pipeline import Pipeline
from monitor.reload import ReloadRefused, Reloads
from monitor.runner import Runner
from monitor.schedule import Schedule
from monitor.scoreboard import Promises, Series, series_of
from monitor.state import StateUnusable, state_folder
from monitor.web.app import make_app
from monitor.web.board import Board, Facts
from monitor.web.listener import listen, serving, url_of
from probes.kinds import Kind
from probes.kinds import kinds as all_kinds
from storage.failure import StoreUnavailable
from storage.incidents import purge_incidents
from storage.recorder import Recorder
from storage.spool import Spool
from storage.standing import Standing
from storage.store import Store

GRACE = 5.0
"""Seconds that runs under way have to end when the daemon stops."""
SETTLING = 3.0
"""Seconds that samples which wait for the controls have then."""
FLUSHING = 5.0
"""Seconds that the recorder has then to bring everything to a disk, and as many for what waited there."""
HASTE = 1.0
"""Seconds that it has where the end was asked for twice."""
PATIENCE = 5.0
"""Seconds that the start waits for the store."""

SPOOL = "spool.db"
"""The spool's file in the state folder."""

_FIXED = ("region", "state", "store", "listen")
"""What a reload can't change."""

_log = structlog.get_logger(__name__)


class StartFailed(Exception):
    """The daemon can't start, and why, in one line."""


class Daemon:
    """An open daemon: it measures, keeps and shows. Made by :func:`open_daemon`."""

    def __init__(
        self,
        config: Config,
        path: Path,
        *,
        store: Store,
        recorder: Recorder,
        bookkeeper: Bookkeeper,
        health: Health,
        probes: OpenProbes,
        url: str,
    ) -> None:
        self.config = config
        """The config in force."""
        self.url = url
        """Where the web page is; metrics and readiness are beside it."""
        self.version = version("landwatch")
        self.reloads = Reloads(path, self.apply)
        self._store = store
        self._recorder = recorder
        self._bookkeeper = bookkeeper
        self._probes = probes
        self._flushing = FLUSHING
        runner = Runner(probes.opened, health)
        self._controls = Controls((), runner.run)
        self._asking: asyncio.Task[None] | None = None
        self._notifying = Notifying(store, url)
        self._judging = Judging(store, config.region, changed=self._notifying.wake)
        self.metrics = Metrics(
            own=lambda: self.condition.own(),
            runs=lambda: self.schedule.runs,
            judged=lambda: self._judging.judged,
        )
        pipeline = Pipeline(
            {
                "recorder": recorder.put,
                "bookkeeper": bookkeeper.put,
                "judge": self._judging.record,
                "metrics": self.metrics.record,
            }
        )
        self._handover = Handover(self._controls, pipeline.emit)
        self._bursts = Bursts(runner.run, self._handover.put)
        self.schedule = Schedule((), self._bursts.run)
        self.condition = Condition(
            self.version,
            schedule=self.schedule,
            pipeline=pipeline,
            recorder=recorder,
            health=health,
            reloads=self.reloads,
            judging=self._judging,
            notifying=self._notifying,
            probes=probes,
        )
        self.board = Board(self.standing, self.facts)
        self._every: dict[Series, float] = {}
        self._promises = Promises.of(config.objectives)

    async def apply(self, config: Config) -> None:
        """Let ``config`` take effect. What it does not change goes on: slots, runs under way, bursts, series.

        Raises:
            ReloadRefused: it changes what can't be changed while the daemon runs; nothing took effect then.
        """
        changed = [name for name in _FIXED if getattr(config, name) != getattr(self.config, name)]
        if changed:
            raise ReloadRefused(f"{' and '.join(changed)} changed: that needs a restart")
        try:
            await self._probes.open(kinds_of(config))
        except ProbeUnavailable as error:
            raise ReloadRefused(str(error)) from error
        before, self.config = self.config, config
        watches = config.watches()
        self._every = {series_of(watch.target): watch.every for watch in watches}
        self._promises = Promises.of(config.objectives)
        promised = [one.target for one in config.objectives if one.indicator == "ttfb"]
        screens = [one.target for one in config.objectives if one.indicator == "first_screen"]
        self.metrics.watch((watch.target for watch in watches), promised, screens)
        self._bookkeeper.watch(watches)
        self._judging.watch(config)
        self._notifying.watch(config)
        self.schedule.replace(watches)
        self._bursts.keep(watches)
        if self._asking is None or config.controls != before.controls:
            await self._ask(config)

    def start(self) -> None:
        """Begin to measure."""
        self.schedule.start()
        self._judging.start()
        self._notifying.start()

    def facts(self) -> Facts:
        """What the web page says beside the samples."""
        troubles = [*self.condition.troubles(), *self.condition.worries()]
        return Facts(
            self.config.region, self._promises, self._every, self.version, troubles, self._judging.judged
        )

    def standing(self, since: datetime) -> list[Standing]:
        """How each series in the store has done since then. It blocks, and raises ``StoreUnavailable``."""
        return self._store.standing(since)

    def purge(self) -> int:
        """Delete what is older than the config's retention; how many rows that were. It blocks."""
        kept, now = self.config.retention, datetime.now(UTC)
        deleted = self._store.purge(now, kept.for_successes, kept.for_failures)
        deleted += self._store.purge_rollups(now, kept.for_hours, kept.for_days)
        deleted += purge_incidents(self._store, now - kept.for_failures)
        return deleted + purge_noted(self._store, now, kept.for_failures)

    async def drain(self, grace: float = GRACE, flushing: float = FLUSHING) -> None:
        """Start nothing more, and give what is under way ``grace`` seconds.

        All samples are then brought to a disk, here and in :meth:`close`, which takes ``flushing`` seconds
        at most each time.
        """
        self._flushing = flushing
        self._bursts.keep(())
        cut = await self.schedule.drain(grace)
        await self._bursts.close()  # a run that just ended may have started another
        await self._handover.drain(min(grace, SETTLING))
        flushed = await asyncio.to_thread(self._recorder.flush, flushing)
        _log.info("drained", cut=cut, flushed=flushed)

    async def close(self) -> None:
        """End what :meth:`apply` began; a daemon that was not drained is cut."""
        if self.schedule.running:
            await self.drain(0.0)
        await self._stop_asking()
        await asyncio.to_thread(self._judging.close, self._flushing)
        await asyncio.to_thread(self._notifying.close, self._flushing)
        await asyncio.to_thread(self._recorder.close, self._flushing)
        await asyncio.to_thread(self._bookkeeper.close, self._flushing)
        self.metrics.close()
        self.board.close()

    async def _ask(self, config: Config) -> None:
        """Ask the controls of ``config`` from now on."""
        await self._stop_asking()
        options = self._probes.kinds["http"].Options() if config.controls else None
        self._controls.replace(control_targets(config.controls, config.region, options))
        self._asking = asyncio.create_task(self._controls.run(), name="controls")

    async def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking


@asynccontextmanager
async def open_daemon(
    config: Config, path: Path, *, kinds: Mapping[str, Kind] | None = None
) -> AsyncIterator[Daemon]:
    """Open a daemon for ``config``, read from ``path``. It serves at once, and measures from its ``start``.

    Raises:
        StartFailed: it can't start, and why.
    """
    async with AsyncExitStack() as stack:
        try:
            state = stack.enter_context(state_folder(config.state))
            listening = stack.enter_context(closing(listen(config.listen)))
        except StateUnusable as error:
            raise StartFailed(str(error)) from error
        except OSError as error:
            reason = str(error.strerror).partition(" (")[0]  # the rest repeats the address
            raise StartFailed(f"can't listen on {config.listen}: {reason}") from error
        store = stack.enter_context(closing(Store(config.store_url)))
        await _reach(store)
        spool = stack.enter_context(closing(Spool(state / SPOOL)))
        health = await stack.enter_async_context(open_health())
        probes = await stack.enter_async_context(OpenProbes(kinds or all_kinds(), state))
        bookkeeper = Bookkeeper(store, config.region, config.watches())
        daemon = Daemon(
            config,
            path,
            store=store,
            recorder=Recorder(store, spool),
            bookkeeper=bookkeeper,
            health=health,
            probes=probes,
            url=url_of(listening),
        )
        stack.push_async_callback(daemon.close)
        bookkeeper.start()
        try:
            await daemon.apply(config)
        except ReloadRefused as error:
            raise StartFailed(str(error)) from error
        housekeeping = Housekeeping()
        housekeeping.add("retention", daemon.purge, hourly())
        await stack.enter_async_context(housekeeping)
        app = make_app(
            daemon.metrics,
            daemon.board,
            troubles=daemon.condition.troubles,
            loop_lag=daemon.condition.loop_lag,
        )
        await stack.enter_async_context(serving(app, listening))
        yield daemon


def kinds_of(config: Config) -> set[str]:
    """The kinds of probe that a config needs, the controls' included."""
    needed = {watch.target.probe for watch in config.watches()}
    return needed | {"http"} if config.controls else needed


async def _reach(store: Store) -> None:
    """Ready the store; where it is away, say so and go on: samples wait in the spool until it is back."""
    try:
        await asyncio.wait_for(asyncio.to_thread(store.migrate), PATIENCE)
    except TimeoutError:
        reason = f"no answer within {PATIENCE:g} s"
    except StoreUnavailable as error:
        reason = str(error)
    else:
        return
    _log.warning("the store is away; samples wait on this machine's disk until it is back", reason=reason)
