"""Rounds: when they are made, what they leave alone, and what becomes of them where there is no time."""

from time import monotonic

import dns.message
import dns.rdatatype
import dns.rrset
from nameserver import nameserver, zone
from rounding import Remembering, watching
from scripted import answering, refused_port, response, serve, silent

from probes.http import Options
from probes.sample import Attempt, Fault, Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit.beside import MARGIN_SECONDS, not_made
from probes.visit.plan import make_plan
from probes.visit.round import Rounds
from probes.visit.visit import Visit
from probes.wire.names import Names

PAGE = response(b"<title>shop</title> hello world")
CHALLENGE = response(b"<title>Just a moment...</title>", "cf-mitigated: challenge", status="403 Forbidden")
ROUND = {"addresses": "all", "cache_bust": True, "round_every": "5m"}
KEYS = {"addresses", "cache_busted"}


async def test_a_round_is_made_beside_the_first_visit_and_then_once_in_its_time():
    script = Remembering(PAGE)
    async with serve(script) as server, watching() as visit:
        made = []
        for now in (0.0, 15.0, 299.9, 300.0, 315.0, 600.0):
            visit.now = now
            made.append((await visit(server.url(), **ROUND)).evidence.keys() >= KEYS)
    assert made == [True, False, False, True, False, True]
    # Three rounds of two looks each, and six visits: each look is one request, and no more is asked.
    assert len(script.heads) == 6 + 3 * 2


async def test_each_target_has_rounds_of_its_own():
    async with serve(answering(PAGE)) as one, serve(answering(PAGE)) as other, watching() as visit:
        first = await visit(one.url(), **ROUND)
        second = await visit(other.url(), **ROUND)
    assert first.evidence.keys() >= KEYS
    assert second.evidence.keys() >= KEYS


async def test_a_page_that_asks_for_nothing_has_no_rounds():
    script = Remembering(PAGE)
    async with serve(script) as server, watching() as visit:
        sample = await visit(server.url())
    assert len(script.heads) == 1
    assert KEYS.isdisjoint(sample.evidence)


async def test_a_sample_of_a_burst_has_no_round():
    script = Remembering(PAGE)
    async with serve(script) as server, watching() as visit:
        sample = await visit(server.url(), attempt=Attempt.BURST, **ROUND)
        assert len(script.heads) == 1
        assert KEYS.isdisjoint(sample.evidence)
        sample = await visit(server.url())  # it is still due
    assert sample.evidence.keys() >= KEYS


async def test_a_page_that_is_blocked_has_no_round():
    script = Remembering(CHALLENGE)
    async with serve(script) as server, watching() as visit:
        sample = await visit(server.url(), origins=["127.0.0.1"], **ROUND)
    assert sample.outcome is Outcome.BLOCKED
    assert len(script.heads) == 1
    assert {*KEYS, "origins"}.isdisjoint(sample.evidence)


async def test_a_look_that_a_shield_stops_ends_the_round():
    script = Remembering(PAGE, CHALLENGE)
    async with serve(script) as server, watching() as visit:
        sample = await visit(server.url(), origins=["127.0.0.1"], **ROUND)
    assert sample.outcome is Outcome.UP
    assert len(script.heads) == 2
    assert sample.evidence["cache_busted"]["outcome"] == "blocked"
    assert sample.evidence["addresses"] is None
    assert sample.evidence["origins"][0]["outcome"] is None


async def test_a_page_that_is_down_is_looked_at_only_at_its_addresses():
    script = Remembering(response(status="500 Broken"))
    async with serve(script) as server, watching() as visit:
        sample = await visit(server.url(), origins=["127.0.0.1"], **ROUND)
    assert (sample.outcome, sample.fault, sample.status) == (Outcome.DOWN, Fault.STATUS, 500)
    assert len(script.heads) == 2
    assert (sample.evidence["cache_busted"], sample.evidence["origins"]) == (None, None)
    assert (sample.evidence["addresses"]["up"], sample.evidence["addresses"]["down"]) == (0, 1)


async def test_a_page_that_cannot_be_connected_to_keeps_its_fault_beside_a_round():
    async with watching() as visit:
        sample = await visit(f"http://127.0.0.1:{refused_port()}/", **ROUND)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert "Connection refused" in sample.detail
    assert sample.evidence["addresses"]["seen"][0]["fault"] == "connect"


async def test_a_name_that_does_not_exist_has_no_round():
    async with nameserver(zone({})) as names, watching() as visit:
        sample = await visit("http://shop.test/", nameservers=[names.address], **ROUND)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.DNS)
    assert KEYS.isdisjoint(sample.evidence)


async def test_a_machine_that_cannot_ask_for_the_name_has_no_round():
    async with watching() as visit:
        sample = await visit("http://shop.test/", nameservers=["255.255.255.255"], **ROUND)
    assert (sample.outcome, sample.fault) == (Outcome.UNKNOWN, Fault.DNS)
    assert KEYS.isdisjoint(sample.evidence)


async def test_a_round_changes_no_figure_of_the_sample():
    """The look hangs for a good part of the run: had it a part in the sample, the duration would say so."""
    async with serve(Remembering(PAGE, silent)) as server, watching() as visit:
        began = monotonic()
        sample = await visit(server.url(), timeout=4.0, addresses="all")
        whole = monotonic() - began
    assert (sample.outcome, sample.fault, sample.detail) == (Outcome.UP, None, None)
    look = sample.evidence["addresses"]["seen"][0]
    assert look["fault"] == "timeout"
    assert len(sample.hops) == 1
    assert sample.bytes == len(PAGE.partition(b"\r\n\r\n")[2])
    hop = sample.hops[0]
    assert sample.ttfb == hop.connect + hop.wait
    assert sample.ttfb <= sample.duration <= whole - float(look["detail"].split()[3])


async def test_a_look_without_time_is_not_made_and_is_no_failure():
    script = Remembering(PAGE)
    async with serve(script) as server:
        options = Options.model_validate({"origins": ["127.0.0.1"], **ROUND})
        target = Target("v", "p", server.url(), "here", "http", options)
        plan, trace = make_plan(target), Trace(monotonic(), 20.0)
        visit = Visit(Names(), plan, trace)
        await visit.run()
        trace.deadline = monotonic() + MARGIN_SECONDS
        await Rounds(Names()).make(target, plan, visit, trace, None)
    assert len(script.heads) == 1
    assert (trace.evidence["addresses"], trace.evidence["cache_busted"]) == (None, None)
    assert trace.evidence["origins"] == [
        {
            **not_made(),
            "origin": "127.0.0.1",
            "answers": None,
            "exposed": None,
            "similar": None,
            "certificate": None,
        }
    ]
    assert trace.ended is not None


async def test_the_look_up_is_evidence_wherever_a_name_server_was_asked():
    async with (
        nameserver(zone({"shop.test": ["127.0.0.1"]}, ttl=42)) as names,
        serve(answering(PAGE)) as server,
        watching() as visit,
    ):
        asked = await visit(server.url(host="shop.test"), nameservers=[names.address])
        given = await visit(server.url())
        failed = await visit(f"http://shop.test:{refused_port()}/", nameservers=[names.address])
    assert asked.evidence["dns"] == {"cnames": [], "ttl": 42}
    assert "dns" not in given.evidence
    assert (failed.outcome, failed.evidence["dns"]["ttl"]) == (Outcome.DOWN, 42)


async def test_the_aliases_of_a_name_are_kept_and_the_least_of_the_times_to_live():
    async def aliased(query, over_tcp):
        message = dns.message.make_response(query, recursion_available=True)
        name = query.question[0].name
        message.answer.append(dns.rrset.from_text(name, 300, "IN", "CNAME", "shop.edge.test."))
        if query.question[0].rdtype == dns.rdatatype.A:
            message.answer.append(dns.rrset.from_text("shop.edge.test.", 20, "IN", "A", "127.0.0.1"))
        return [message.to_wire()]

    async with nameserver(aliased) as names, serve(answering(PAGE)) as server, watching() as visit:
        sample = await visit(server.url(host="shop.test"), nameservers=[names.address], addresses="all")
    assert sample.evidence["dns"] == {"cnames": ["shop.edge.test"], "ttl": 20}
    assert sample.evidence["addresses"]["ttl"] == 20


async def test_a_proxys_look_up_is_not_the_pages():
    async with (
        nameserver(zone({"proxy.test": ["127.0.0.1"]})) as names,
        serve(answering(PAGE)) as proxy,
        watching() as visit,
    ):
        sample = await visit(
            "http://shop.test/",
            proxy=f"http://proxy.test:{proxy.port}",
            nameservers=[names.address],
        )
    assert sample.outcome is Outcome.UP
    assert "dns" not in sample.evidence


async def test_a_visit_that_takes_all_its_time_has_no_round():
    script = Remembering(silent)
    async with serve(script) as server, watching() as visit:
        sample = await visit(server.url(), timeout=1.0, **ROUND)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert len(script.heads) == 1
    assert KEYS.isdisjoint(sample.evidence)
