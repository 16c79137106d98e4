"""Ports that refuse or say nothing, name servers that lie or are gone, and IPv6 that hangs."""

from __future__ import annotations

import asyncio
import time

import dns.rcode
import pytest
from enduring import AMPLE, SHORT, Endure
from nameserver import (
    Answer,
    garbage,
    nameserver,
    refusing,
    reply,
    slow,
    spoofed,
    truncated,
    zone,
)
from nameserver import silent as silent_names
from namespace import ADDRESSES, HANGING_6, PUBLIC_4, needs_root, run_in_namespace
from scripted import answering, full_backlog, refused_port, response, serve, silent
from visiting import Visit, visitor

from probes.sample import Fault, Outcome

HOST = "site.test"
HERE = zone({HOST: ["127.0.0.1"]})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_refused_port(endure: Endure, host: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    sample = await endure(f"http://{shown}:{refused_port(host)}/")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert sample.hops[0].connect is None
    assert sample.ttfb is None


async def test_a_port_that_accepts_and_stays_silent(endure: Endure) -> None:
    async with serve(silent) as server:
        sample = await endure(server.url(), SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.hops[0].connect is not None


async def test_a_port_that_drops_every_attempt(endure: Endure) -> None:
    with full_backlog("127.0.0.1") as port:
        sample = await endure(f"http://127.0.0.1:{port}/", SHORT)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.hops[0].connect is None
    assert "connect" in (sample.detail or "")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (zone({}), Fault.DNS),
        (zone({HOST: []}), Fault.DNS),
        (refusing(dns.rcode.SERVFAIL), Fault.DNS),
        (refusing(dns.rcode.REFUSED), Fault.DNS),
        (refusing(dns.rcode.FORMERR), Fault.DNS),
        (silent_names, Fault.TIMEOUT),
        (garbage(), Fault.TIMEOUT),
        (garbage(b""), Fault.TIMEOUT),
        (slow(HERE, 5), Fault.TIMEOUT),
        (spoofed({HOST: ["127.0.0.1"]}, silent_names), Fault.TIMEOUT),
        (truncated(silent_names), Fault.TIMEOUT),
    ],
    ids=[
        "nxdomain",
        "no-address",
        "servfail",
        "refused",
        "formerr",
        "silent",
        "garbage",
        "empty",
        "slow",
        "only-lies",
        "silent-over-tcp",
    ],
)
async def test_a_name_that_is_not_found(endure: Endure, answer: Answer, fault: Fault) -> None:
    async with serve(answering(response())) as server, nameserver(answer) as names:
        deadline = SHORT if fault is Fault.TIMEOUT else AMPLE
        sample = await endure(server.url(host=HOST), deadline, nameservers=[names.address])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, fault)
    assert sample.hops[0].dns is None
    assert sample.hops[0].connect is None
    assert names.asked
    assert server.connections == 0


async def test_a_name_server_that_is_not_there(endure: Endure) -> None:
    sample = await endure(f"http://{HOST}/", nameservers=[f"127.0.0.1:{refused_port()}"])
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.DNS)


@pytest.mark.parametrize(
    "answer",
    [HERE, truncated(HERE), spoofed({HOST: ["192.0.2.1"]}, HERE), slow(HERE, 0.05)],
    ids=["plain", "truncated", "spoofed", "slow"],
)
async def test_a_name_that_is_found_in_the_end(endure: Endure, answer: Answer) -> None:
    async with serve(answering(response())) as server, nameserver(answer) as names:
        sample = await endure(server.url(host=HOST), nameservers=[names.address])
    assert (sample.outcome, sample.hops[0].address) == (Outcome.UP, "127.0.0.1")
    assert sample.hops[0].dns is not None
    assert sample.hops[0].dns > 0


async def test_the_next_name_server_is_asked_where_one_fails(endure: Endure) -> None:
    async with (
        serve(answering(response())) as server,
        nameserver(refusing(dns.rcode.SERVFAIL)) as broken,
        nameserver(HERE) as names,
    ):
        sample = await endure(server.url(host=HOST), nameservers=[broken.address, names.address])
    assert sample.outcome is Outcome.UP
    assert broken.asked


async def test_two_hundred_stuck_pages_leave_the_healthy_ones_untouched(visit: Visit) -> None:
    async with (
        serve(answering(response())) as server,
        nameserver(silent_names) as gone,
        nameserver(HERE) as names,
        asyncio.TaskGroup() as group,
    ):
        stuck = [
            group.create_task(visit(f"http://page{number}.test/", 30.0, nameservers=[gone.address]))
            for number in range(200)
        ]
        while len(gone.asked) < 200:
            await asyncio.sleep(0.01)
        healthy = [await visit(server.url(host=HOST), nameservers=[names.address]) for _ in range(50)]
        assert not any(task.done() for task in stuck)
        for task in stuck:
            task.cancel()
    assert {sample.outcome for sample in healthy} == {Outcome.UP}
    # One that had to wait for any of the stuck ones would have had to wait for seconds.
    assert sorted(sample.duration or 9 for sample in healthy)[25] < 1


async def test_two_hundred_stuck_pages_each_end_at_their_deadline(visit: Visit) -> None:
    async with nameserver(silent_names) as gone:
        samples = await asyncio.gather(
            *(visit(f"http://page{number}.test/", 0.5, nameservers=[gone.address]) for number in range(200))
        )
    assert {(sample.outcome, sample.fault) for sample in samples} == {(Outcome.DOWN, Fault.TIMEOUT)}


async def test_ipv6_that_hangs_while_ipv4_works(endure: Endure) -> None:
    both = zone({HOST: ["::1", "127.0.0.1"]})
    async with serve(answering(response())) as server, nameserver(both) as names:
        with full_backlog("::1", server.port):
            sample = await endure(server.url(host=HOST), nameservers=[names.address])
    assert (sample.outcome, sample.hops[0].address) == (Outcome.UP, "127.0.0.1")
    # The attempt that hung is part of what a visitor waits for (RFC 8305 gives it 250 ms).
    assert sample.hops[0].connect is not None
    assert sample.hops[0].connect > 0.2


async def test_ipv6_that_is_asked_for_hangs(endure: Endure) -> None:
    both = zone({HOST: ["::1", "127.0.0.1"]})
    async with serve(answering(response())) as server, nameserver(both) as names:
        with full_backlog("::1", server.port):
            sample = await endure(server.url(host=HOST), SHORT, nameservers=[names.address], ip="6")
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)


async def test_ipv6_that_refuses_while_ipv4_works(endure: Endure) -> None:
    both = zone({HOST: ["::1", "127.0.0.1"]})
    async with serve(answering(response())) as server, nameserver(both) as names:
        samples = [await endure(server.url(host=HOST), nameservers=[names.address]) for _ in range(5)]
    assert {sample.hops[0].address for sample in samples} == {"127.0.0.1"}
    # The refusal is the sign to go on: the 250 ms for an attempt that hangs are not waited for.
    assert min(sample.hops[0].connect or 9 for sample in samples) < 0.2


async def test_ipv6_addresses_that_are_never_told(endure: Endure) -> None:
    """A name server that answers for IPv4 only holds nothing up for long."""

    async def answer(query: dns.message.Message, over_tcp: bool) -> list[bytes]:
        if query.question[0].rdtype == dns.rdatatype.AAAA:
            return []
        return [reply(query, {HOST: ["127.0.0.1"]}).to_wire()]

    async with serve(answering(response())) as server, nameserver(answer) as names:
        sample = await endure(server.url(host=HOST), nameservers=[names.address])
    assert (sample.outcome, sample.hops[0].address) == (Outcome.UP, "127.0.0.1")


async def test_a_name_with_a_thousand_addresses_that_refuse(endure: Endure) -> None:
    many = truncated(zone({HOST: [f"127.1.{n // 250}.{n % 250 + 1}" for n in range(1000)]}))
    port = refused_port()
    async with nameserver(many) as names:
        sample = await endure(f"http://{HOST}:{port}/", nameservers=[names.address])
    assert sample.outcome is Outcome.DOWN
    assert sample.fault in {Fault.CONNECT, Fault.TIMEOUT}
    assert len(sample.detail or "") < 2000


@needs_root
def test_ipv6_into_a_black_hole_while_ipv4_works() -> None:
    both = zone({HOST: ["2620:4f:8000:2::1", PUBLIC_4]})

    async def scenario() -> None:
        async with (
            visitor() as visit,
            serve(answering(response()), host=PUBLIC_4) as server,
            nameserver(both) as names,
        ):
            started = time.monotonic()
            sample = await visit(server.url(host=HOST), 5.0, nameservers=[names.address])
            only_6 = await visit(server.url(host=HOST), SHORT, nameservers=[names.address], ip="6")
            assert (sample.outcome, sample.hops[0].address) == (Outcome.UP, PUBLIC_4)
            assert sample.hops[0].connect is not None
            assert 0.2 < sample.hops[0].connect < time.monotonic() - started
            assert (only_6.outcome, only_6.fault) == (Outcome.DOWN, Fault.TIMEOUT)

    run_in_namespace(scenario(), *ADDRESSES, *HANGING_6)
