"""One run of one probe, made into a sample. Here stands the only ``try`` round a probe.

It owns the deadline of the whole measurement, turns a probe's failure into a sample, and a bug of ours into
``unknown``/``internal`` with a traceback in the log. A cancellation from outside passes, without a sample.
Once a probe has said that the measurement ended, and looks at more for evidence, neither the deadline nor a
bug changes the sample's outcome.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from monitor.deadline import Deadline, DeadlinePassed
from monitor.health import Health
from probes.failure import Failure
from probes.ids import uuid7
from probes.kinds import Probe
from probes.progress import under_way
from probes.sample import Attempt, Fault, Outcome, Sample
from probes.target import Target
from probes.trace import Trace

_OURS = frozenset(("loop_lag", "cpu"))
"""Taints that can make a page look too late that was not."""

_log = structlog.get_logger(__name__)

Verdict = tuple[Outcome, Fault | None, str | None]
_UP: Verdict = (Outcome.UP, None, None)


class Runner:
    """Runs probes, by the name of their kind, and never raises for what becomes of them."""

    def __init__(
        self,
        probes: Mapping[str, Probe],
        health: Health,
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probes = probes
        self._health = health
        self._wall = wall
        self._mono = mono

    async def run(self, target: Target, attempt: Attempt = Attempt.SCHEDULED) -> Sample:
        """Visit ``target`` once. It takes no longer than the target's timeout and a moment to clean up.

        A probe of which only so many runs go on at a time has the run wait for its turn before that.
        """
        turn = getattr(self._probes.get(target.probe), "turn", None)
        if turn is None:
            return await self._run(self._probes.get(target.probe), target, attempt)
        sample = None
        try:
            async with turn(target) as ready:
                sample = await self._run(ready, target, attempt)
        except Exception as error:
            if sample is None:
                return await self._run(_NoTurn(error), target, attempt)
            _log.error("a probe's turn did not end as it should", probe=target.probe, exc_info=error)
        return sample

    async def _run(self, probe: Probe | None, target: Target, attempt: Attempt) -> Sample:
        at = self._wall()
        trace = Trace(self._mono(), target.timeout, attempt)
        verdict = await self._measure(probe, target, trace)
        ended = self._mono() if trace.ended is None else trace.ended
        tainted = sorted({*trace.tainted, *self._health.taints(trace.started, ended)})
        if tainted:
            verdict = _in_doubt(verdict, tainted)
        return _sample(
            target, attempt, trace, verdict, at=at, duration=ended - trace.started, tainted=tainted
        )

    async def _measure(self, probe: Probe | None, target: Target, trace: Trace) -> Verdict:
        deadline = Deadline(target.timeout)
        try:
            with deadline:
                assert probe is not None, f"the {target.probe} probe is not open"
                await probe.measure(target, trace)
        except DeadlinePassed:
            if trace.ended is not None:
                return _by_then(trace)  # only a look for evidence was cut off
            detail = f"no answer within {target.timeout:g} s: {under_way(trace.hops, target.url)}"
            return Outcome.DOWN, Fault.TIMEOUT, detail
        except Failure as failure:
            return _verdict(failure)
        except asyncio.CancelledError as error:
            if deadline.cancelled:
                raise
            return _bug(target, trace, error)  # a probe's inner task was cancelled, but the run was not
        except Exception as error:
            return _bug(target, trace, error)
        return _UP


class _NoTurn:
    """Stands for a probe that gave a run no turn."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def measure(self, target: Target, trace: Trace) -> None:
        """Tell why."""
        raise self._error


def _verdict(failure: Failure) -> Verdict:
    return failure.outcome, failure.fault, failure.detail


def _by_then(trace: Trace) -> Verdict:
    """What the measurement had come to when it ended: nothing that is looked at later changes that."""
    return _UP if trace.failure is None else _verdict(trace.failure)


def _in_doubt(verdict: Verdict, tainted: list[str]) -> Verdict:
    """A timeout that our own machine may have caused says nothing about the page."""
    outcome, fault, detail = verdict
    if fault is Fault.TIMEOUT and not _OURS.isdisjoint(tainted):
        outcome = Outcome.UNKNOWN
    return outcome, fault, detail


def _bug(target: Target, trace: Trace, error: BaseException) -> Verdict:
    _log.error(
        "a probe failed in a way that it should not",
        vendor=target.vendor,
        page=target.page,
        probe=target.probe,
        variant=target.variant,
        exc_info=error,
    )
    if trace.ended is not None:
        return _by_then(trace)
    return Outcome.UNKNOWN, Fault.INTERNAL, f"{type(error).__name__}: {error}"


def _sample(
    target: Target,
    attempt: Attempt,
    trace: Trace,
    verdict: Verdict,
    *,
    at: float,
    duration: float,
    tainted: list[str],
) -> Sample:
    """What the trace holds, as a sample; the phases before a failure are kept."""
    outcome, fault, detail = verdict
    last = trace.hops[-1] if trace.hops else None
    return Sample(
        id=uuid7(at),
        at=datetime.fromtimestamp(at, UTC),
        vendor=target.vendor,
        page=target.page,
        url=target.url,
        region=target.region,
        probe=target.probe,
        variant=target.variant,
        attempt=attempt,
        outcome=outcome,
        fault=fault,
        detail=detail,
        clock=trace.clock,
        tainted=tainted,
        duration=duration,
        ttfb=trace.ttfb,
        client=trace.client,
        protocol=last.protocol if last else None,
        status=last.status if last else None,
        bytes=trace.bytes,
        hops=trace.hops,
        vitals=trace.vitals,
        evidence=trace.evidence,
    )
