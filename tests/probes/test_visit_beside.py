"""Looks: whole visits whose failure is a finding, in the time that a run has left."""

import asyncio
import time

import pytest
from scripted import answering, full_backlog, redirect, refused_port, response, serve, silent

from probes.http import Options
from probes.sample import Fault, Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit import beside
from probes.visit.beside import (
    AT_ONCE,
    LEAST_SECONDS,
    MARGIN_SECONDS,
    Looks,
    a_few_at_once,
    look,
    not_made,
    time_for_a_look,
)
from probes.visit.plan import make_plan
from probes.wire.names import Names

CHALLENGE = response(b"<title>Just a moment...</title>", "cf-mitigated: challenge", status="403 Forbidden")


def plan_for(url, **options):
    return make_plan(Target("v", "p", url, "here", "http", Options.model_validate(options)))


def trace_with(left):
    """The trace of a run that is cut off so many seconds from now."""
    return Trace(time.monotonic(), left)


async def test_a_look_is_a_whole_visit_with_phases_of_its_own():
    async with serve(answering(response(b"there"))) as there, serve(answering(redirect(there.url()))) as here:
        found = await look(Names(), plan_for(here.url()), 20.0, keep_text=True)
    evidence = found.evidence()
    assert (found.outcome, found.connected, found.head.status) == (Outcome.UP, True, 200)
    assert bytes(found.body.kept) == b"there"
    assert (evidence["outcome"], evidence["status"], evidence["protocol"]) == ("up", 200, "h1")
    assert evidence["address"] == "127.0.0.1"
    hops = found.trace.hops
    assert len(hops) == 2
    for phase in ("connect", "wait"):
        assert evidence[phase] == sum(getattr(hop, phase) for hop in hops)
    assert (evidence["dns"], evidence["tls"]) == (None, None)
    assert evidence["ttfb"] == found.trace.ttfb > 0


async def test_a_look_that_fails_is_a_finding_and_raises_nothing():
    found = await look(Names(), plan_for(f"http://127.0.0.1:{refused_port()}/"), 20.0)
    evidence = found.evidence()
    assert (evidence["outcome"], evidence["fault"]) == ("down", "connect")
    assert "Connection refused" in evidence["detail"]
    assert (found.connected, found.head, evidence["status"], evidence["ttfb"]) == (False, None, None, None)


async def test_a_look_at_a_name_that_nobody_knows_has_no_address():
    async with serve(silent) as tcp:
        plan = plan_for("http://shop.test/", nameservers=[f"127.0.0.1:{tcp.port}"])
        found = await look(Names(), plan, 0.3)
    assert found.outcome is not Outcome.UP
    assert found.evidence()["address"] is None
    assert not found.connected


async def test_a_look_without_an_answer_is_down_once_it_had_time_enough():
    async with serve(silent) as server:
        found = await look(Names(), plan_for(server.url()), 0.3, enough=0.3)
    assert (found.outcome, found.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert found.detail == "no answer within 0.3 s"
    assert found.connected


async def test_a_look_that_was_cut_off_too_soon_says_nothing():
    async with serve(silent) as server:
        found = await look(Names(), plan_for(server.url()), 0.3, enough=3.0)
    assert (found.outcome, found.fault) == (Outcome.UNKNOWN, Fault.TIMEOUT)
    assert "too short to tell" in found.detail


async def test_a_look_during_which_our_own_loop_stood_still_says_nothing():
    async with serve(silent) as server:
        under_way = asyncio.create_task(look(Names(), plan_for(server.url()), 0.3))
        await asyncio.sleep(0.05)
        time.sleep(0.3 + 2 * beside.LATE_SECONDS)  # the loop stands still
        found = await under_way
    assert (found.outcome, found.fault) == (Outcome.UNKNOWN, Fault.TIMEOUT)
    assert "this machine was late itself" in found.detail


async def test_a_look_that_is_cut_off_leaves_nothing_open():
    before = len(asyncio.all_tasks())
    with full_backlog("127.0.0.1") as port:
        await look(Names(), plan_for(f"http://127.0.0.1:{port}/"), 0.2)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before


def test_a_look_has_what_the_run_has_left_and_no_more_than_it_asks_for():
    assert time_for_a_look(trace_with(100.0), 2.0) == 2.0
    left = time_for_a_look(trace_with(10.0), 60.0)
    assert 5.0 < left <= 10.0 - MARGIN_SECONDS
    assert time_for_a_look(trace_with(LEAST_SECONDS + MARGIN_SECONDS - 0.01), 2.0) is None
    assert time_for_a_look(Trace(time.monotonic()), 60.0) == 60.0


async def test_a_look_that_has_no_time_is_not_made():
    async with serve(answering(response())) as server:
        looks = Looks(Names(), trace_with(MARGIN_SECONDS), patience=3.0)
        assert await looks.look(plan_for(server.url())) is None
        bounded = Looks(Names(), trace_with(100.0), patience=3.0, until=time.monotonic())
        assert await bounded.look(plan_for(server.url())) is None
    assert server.connections == 0
    assert set(not_made().values()) == {None}


async def test_after_a_shield_has_stopped_a_look_there_are_no_more():
    async with serve(answering(CHALLENGE)) as server:
        looks = Looks(Names(), trace_with(100.0), patience=20.0)
        first = await looks.look(plan_for(server.url()))
        assert first.outcome is Outcome.BLOCKED
        assert looks.seconds() is None
        assert await looks.look(plan_for(server.url())) is None
    assert server.connections == 1


async def test_looks_have_the_rounds_patience_and_not_more_than_the_run():
    looks = Looks(Names(), trace_with(100.0), patience=3.0)
    assert looks.seconds() == 3.0
    hasty = Looks(Names(), trace_with(2.0), patience=3.0)
    assert 0 < hasty.seconds() < 2.0


async def test_a_few_are_made_at_once_and_their_order_is_kept():
    under_way, most = 0, 0

    async def one(item):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001 * (20 - item))
        under_way -= 1
        return item * 10

    assert await a_few_at_once(range(10), one) == [item * 10 for item in range(10)]
    assert most == AT_ONCE


async def test_a_mistake_in_one_of_a_few_ends_the_others():
    async def one(item):
        if item == 0:
            raise ZeroDivisionError
        await asyncio.Event().wait()

    before = len(asyncio.all_tasks())
    with pytest.raises(ExceptionGroup):
        await a_few_at_once(range(3), one)
    assert len(asyncio.all_tasks()) == before
