from __future__ import annotations

import asyncio
import contextlib
import uuid
from datetime import UTC, datetime

import pytest
import ticking
from fakeprobe import FakeProbe, Step, answers, blocks, fails, hangs, make_target, raises
from structlog.testing import capture_logs

from monitor.deadline import AGAIN
from monitor.health import Health
from monitor.runner import Runner
from probes.failure import Failure, OwnFault
from probes.sample import Attempt, Clock, Fault, Hop, Outcome
from probes.target import Target
from probes.trace import Trace


def make_runner(clock: ticking.Clock, *script: Step) -> Runner:
    health = Health(wall=clock.wall, mono=clock.mono)
    asyncio.get_running_loop().call_later(0.1, _tick, health)
    return Runner({"http": FakeProbe(*script)}, health, wall=clock.wall, mono=clock.mono)


def _tick(health: Health) -> None:
    health.tick()
    asyncio.get_running_loop().call_later(0.1, _tick, health)


@ticking.test
async def test_a_visit_becomes_a_sample(clock: ticking.Clock) -> None:
    runner = make_runner(clock, answers(after=0.25))
    await asyncio.sleep(3)
    target = make_target("sale", region="eu-west", variant="tiktok")
    sample = await runner.run(target, Attempt.BURST)
    began = clock.wall() - 0.25
    assert sample.at == datetime.fromtimestamp(began, UTC)
    assert uuid.UUID(sample.id).version == 7
    assert int.from_bytes(uuid.UUID(sample.id).bytes[:6], "big") == int(began * 1000)
    assert (sample.vendor, sample.page, sample.region, sample.probe) == ("acme", "sale", "eu-west", "http")
    assert sample.variant == "tiktok"
    assert sample.url == "https://sale.test/"
    assert (sample.attempt, sample.outcome, sample.fault, sample.detail) == ("burst", "up", None, None)
    assert (sample.protocol, sample.status, sample.clock) == ("h2", 200, Clock.KERNEL)
    assert sample.duration == pytest.approx(0.25)
    assert sample.ttfb == pytest.approx(0.010)
    assert sample.client == pytest.approx(0.002)
    assert sample.tainted == []
    assert len(sample.hops) == 1


@ticking.test
async def test_what_the_trace_holds_is_in_the_sample(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        trace.clock = Clock.LOOP
        trace.bytes = 1234
        trace.vitals["lcp"] = 1.5
        trace.evidence["tls"] = {"version": "TLSv1.3"}
        trace.hops += [Hop("https://a.test/", 301, protocol="h1"), Hop("https://b.test/", 204, protocol="h2")]

    sample = await make_runner(clock, step).run(make_target())
    assert (sample.clock, sample.bytes, sample.vitals) == ("loop", 1234, {"lcp": 1.5})
    assert sample.evidence == {"tls": {"version": "TLSv1.3"}}
    assert (sample.status, sample.protocol) == (204, "h2")
    assert (sample.ttfb, sample.client) == (None, None)


@ticking.test
async def test_a_failure_keeps_its_fault_and_the_phases_before_it(clock: ticking.Clock) -> None:
    sample = await make_runner(clock, fails(Fault.CONNECT)).run(make_target())
    assert (sample.outcome, sample.fault, sample.detail) == ("down", "connect", "scripted: connect")
    assert sample.hops[0].dns == 0.001
    assert (sample.ttfb, sample.status) == (None, None)


@ticking.test
async def test_a_failure_says_whose_it_is(clock: ticking.Clock) -> None:
    runner = make_runner(clock, blocks(), raises(OwnFault(Fault.CONNECT, "no route")))
    blocked, own = [await runner.run(make_target()) for _ in range(2)]
    assert (blocked.outcome, blocked.fault) == ("blocked", "blocked")
    assert (own.outcome, own.fault, own.detail) == ("unknown", "connect", "no route")


@ticking.test
async def test_a_timeout_says_how_far_the_visit_came(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        trace.hops.append(Hop(target.url, dns=0.1, connect=0.1, tls=0.1))
        await asyncio.sleep(100)

    sample = await make_runner(clock, step).run(make_target(timeout=2.5))
    assert (sample.outcome, sample.fault, sample.duration) == ("down", "timeout", 2.5)
    assert sample.detail == "no answer within 2.5 s: waiting for the response of https://home.test/"
    assert sample.hops[0].tls == 0.1


@ticking.test
async def test_a_probe_that_swallows_the_deadline_is_cut_off_soon_after(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(100)
        await asyncio.sleep(100)

    sample = await make_runner(clock, step).run(make_target(timeout=2.0))
    assert (sample.outcome, sample.fault) == ("down", "timeout")
    assert sample.duration == pytest.approx(2.0 + AGAIN)


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError("a bug"),
        TimeoutError("a bug"),  # only the runner's own deadline is a timeout of the page
        asyncio.CancelledError("a bug"),  # nobody cancelled the run
        ExceptionGroup("a bug", [ValueError("inside")]),
    ],
    ids=lambda error: type(error).__name__,
)
@ticking.test
async def test_a_bug_is_unknown_and_its_traceback_is_logged(
    clock: ticking.Clock, error: BaseException
) -> None:
    with capture_logs() as logs:
        sample = await make_runner(clock, raises(error)).run(make_target())
    assert (sample.outcome, sample.fault) == ("unknown", "internal")
    assert sample.detail is not None
    assert sample.detail.startswith(f"{type(error).__name__}: a bug")
    assert [(log["log_level"], log["page"], log["exc_info"]) for log in logs] == [("error", "home", error)]
    assert error.__traceback__ is not None


@ticking.test
async def test_a_kind_of_probe_that_is_not_open_is_a_bug(clock: ticking.Clock) -> None:
    sample = await make_runner(clock, answers()).run(make_target(probe="carrier-pigeon"))
    assert (sample.outcome, sample.fault) == ("unknown", "internal")


@ticking.test
async def test_a_cancellation_passes(clock: ticking.Clock) -> None:
    task = asyncio.create_task(make_runner(clock, hangs()).run(make_target()))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@ticking.test
async def test_a_stall_taints_and_makes_a_timeout_unknown(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        await asyncio.sleep(1)
        clock.stall(3)
        await asyncio.sleep(100)

    sample = await make_runner(clock, step).run(make_target(timeout=2.0))
    assert (sample.outcome, sample.fault, sample.tainted) == ("unknown", "timeout", ["loop_lag"])
    assert sample.detail is not None


@ticking.test
async def test_a_stall_makes_no_other_failure_unknown(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        clock.stall(1)
        await fails(Fault.STATUS, after=0.5, status=500)(target, trace)

    sample = await make_runner(clock, step).run(make_target())
    assert (sample.outcome, sample.fault, sample.tainted) == ("down", "status", ["loop_lag"])


@ticking.test
async def test_a_step_of_the_wall_clock_taints_and_leaves_durations_alone(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        await asyncio.sleep(0.5)
        clock.step(-3600)
        await answers(after=0.5)(target, trace)

    runner = make_runner(clock, step, answers(after=0.5))
    await asyncio.sleep(1)
    began = clock.wall()
    stepped, after = await runner.run(make_target()), await runner.run(make_target())
    assert (stepped.outcome, stepped.tainted, stepped.duration) == ("up", ["clock_step"], 1.0)
    assert stepped.at.timestamp() == began
    assert after.tainted == []
    assert after.outcome is Outcome.UP


async def look_for_ever(target: Target, trace: Trace) -> None:
    """A page that answers after a second, and a probe that then looks at more until it is cut off."""
    await answers(after=1.0)(target, trace)
    trace.ended = trace.started + 1.0
    await asyncio.sleep(100)


@ticking.test
async def test_a_deadline_that_passes_while_more_is_looked_at_leaves_the_sample_up(
    clock: ticking.Clock,
) -> None:
    sample = await make_runner(clock, look_for_ever).run(make_target(timeout=5.0))
    assert (sample.outcome, sample.fault, sample.detail) == ("up", None, None)
    assert (sample.duration, clock.now) == (1.0, 5.0)


@ticking.test
async def test_what_failed_before_more_was_looked_at_has_failed(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        await asyncio.sleep(1.0)
        trace.ended, trace.failure = trace.started + 1.0, Failure(Fault.STATUS, "status 500")
        await asyncio.sleep(100)

    sample = await make_runner(clock, step).run(make_target(timeout=5.0))
    assert (sample.outcome, sample.fault, sample.detail) == ("down", "status", "status 500")
    assert sample.duration == 1.0


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), asyncio.CancelledError("a bug")], ids=repr)
@ticking.test
async def test_a_bug_while_more_is_looked_at_is_logged_and_changes_no_outcome(
    clock: ticking.Clock, error: BaseException
) -> None:
    async def step(target: Target, trace: Trace) -> None:
        await answers(after=1.0)(target, trace)
        trace.ended = trace.started + 1.0
        raise error

    with capture_logs() as logs:
        sample = await make_runner(clock, step).run(make_target())
    assert (sample.outcome, sample.fault, sample.duration) == ("up", None, 1.0)
    assert [(log["log_level"], log["exc_info"]) for log in logs] == [("error", error)]


@ticking.test
async def test_a_stall_while_more_is_looked_at_taints_nothing(clock: ticking.Clock) -> None:
    async def step(target: Target, trace: Trace) -> None:
        await answers(after=1.0)(target, trace)
        trace.ended = trace.started + 1.0
        clock.stall(3)
        await asyncio.sleep(1)

    sample = await make_runner(clock, step).run(make_target())
    assert (sample.outcome, sample.tainted, sample.duration) == ("up", [], 1.0)


@ticking.test
async def test_a_run_that_is_cancelled_while_more_is_looked_at_leaves_no_sample(clock: ticking.Clock) -> None:
    task = asyncio.create_task(make_runner(clock, look_for_ever).run(make_target()))
    await asyncio.sleep(2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
