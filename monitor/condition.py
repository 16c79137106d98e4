"""The condition of the daemon: what keeps it from being ready, what a person should know, and its figures."""

from __future__ import annotations

from monitor.health import Health, Lags
from monitor.judging.service import Judging
from monitor.metrics.own import Histogram, Own
from monitor.notify.service import Notifying
from monitor.open_probes import OpenProbes
from monitor.pipeline import Pipeline
from monitor.reload import Reloads
from monitor.schedule import Schedule
from storage.recorder import Recorder


class Condition:
    """Asks the parts how they are. Nothing here waits or touches a disk."""

    def __init__(
        self,
        version: str,
        *,
        schedule: Schedule,
        pipeline: Pipeline,
        recorder: Recorder,
        health: Health,
        reloads: Reloads,
        judging: Judging,
        notifying: Notifying,
        probes: OpenProbes,
    ) -> None:
        self._version = version
        self._schedule = schedule
        self._pipeline = pipeline
        self._recorder = recorder
        self._health = health
        self._reloads = reloads
        self._judging = judging
        self._notifying = notifying
        self._probes = probes

    def troubles(self) -> list[str]:
        """What keeps the daemon from being ready; nothing when it is."""
        troubles = [] if self._schedule.running else ["the schedule does not run"]
        state = self._recorder.state
        if not state.store_ok and not state.spool_ok:
            troubles.append(f"neither store nor spool takes samples: {state.last_error}")
        return troubles

    def worries(self) -> list[str]:
        """What a person should know, though the daemon does its work."""
        worries = []
        state = self._recorder.state
        if not state.store_ok and state.spool_ok:
            worries.append(f"the store takes nothing; {state.spooled} samples wait on this machine's disk")
        if state.dropped:
            worries.append(f"{state.dropped} samples were lost, because no disk took them")
        if self._reloads.error is not None:
            worries.append(f"the config was changed, and the old one stays in force: {self._reloads.error}")
        failing = [one.error for one in self._judging.judged.works.values() if one.error is not None]
        if failing:
            worries.append(f"the judge can't judge: {failing[0]}")
        return worries + self._notifying.worries()

    def loop_lag(self) -> float:
        """How late the event loop was when last looked at, in seconds."""
        return self._health.loop.last

    def own(self) -> Own:
        """The figures of this moment, for the metrics."""
        state = self._recorder.state
        return Own(
            version=self._version,
            targets=len(self._schedule),
            schedule_lag=_histogram(self._schedule.lags),
            loop_lag=_histogram(self._health.loop.lags),
            starved=self._health.cpu.total,
            clock_steps=self._health.clock.count,
            spooled=state.spooled,
            queued=state.queued,
            written=state.written,
            dropped=state.dropped,
            refused=state.refused,
            store_ok=state.store_ok,
            sink_errors=self._pipeline.errors,
            restarts=self._probes.restarts(),
            reload_ok=self._reloads.error is None,
            reload_at=self._reloads.at,
            works=self._judging.judged.works,
            channels=self._notifying.states,
        )


def _histogram(lags: Lags) -> Histogram:
    return tuple(lags.counts), lags.sum
