"""Happy Eyeballs and connecting, at their edges."""

import asyncio

import pytest
from nameserver import Answer, nameserver, reply, zone
from namespace import needs_root, run_in_namespace
from scripted import answering, full_backlog, refused_port, response, serve

from probes.failure import Failure, OwnFault
from probes.sample import Clock, Fault, Outcome
from probes.wire import tcp
from probes.wire.addresses import Address, Scope, scope
from probes.wire.dial import dial
from probes.wire.names import Lookup, Names


def _anything(_address):
    pass


def _late(family: str, seconds: float, records: dict[str, list[str]]) -> Answer:
    """A zone that is slow with one family."""

    async def answer(query, over_tcp):
        import dns.rdatatype

        if dns.rdatatype.to_text(query.question[0].rdtype) == family:
            await asyncio.sleep(seconds)
        return [reply(query, records).to_wire()]

    return answer


async def test_an_ipv6_answer_that_comes_late_is_tried_when_ipv4_failed(visit):
    async with serve(answering(response()), host="::1") as server:
        records = {"shop.test": ["127.0.0.1", "::1"]}  # nothing listens on 127.0.0.1 at that port
        async with nameserver(_late("AAAA", 0.2, records)) as names:
            sample = await visit(f"http://shop.test:{server.port}/", nameservers=[names.address])
    assert sample.outcome is Outcome.UP, sample.detail
    assert sample.hops[0].address == "::1"
    assert any("127.0.0.1" in failed for failed in sample.evidence["unreached"])


async def test_an_ipv6_answer_that_comes_late_is_tried_beside_an_attempt_that_hangs(visit):
    async with serve(answering(response()), host="::1") as server:
        with full_backlog("127.0.0.1", server.port):
            records = {"shop.test": ["127.0.0.1", "::1"]}
            async with nameserver(_late("AAAA", 0.15, records)) as names:
                sample = await visit(f"http://shop.test:{server.port}/", nameservers=[names.address])
    assert sample.outcome is Outcome.UP, sample.detail
    assert sample.hops[0].address == "::1"
    assert sample.hops[0].connect >= 0.09


async def test_ipv4_is_not_waited_for_once_ipv6_is_known(visit):
    async with serve(answering(response()), host="::1") as server:
        records = {"shop.test": ["127.0.0.1", "::1"]}
        async with nameserver(_late("A", 5.0, records)) as names:
            sample = await visit(f"http://shop.test:{server.port}/", nameservers=[names.address], timeout=4.0)
    assert sample.outcome is Outcome.UP, sample.detail
    assert sample.hops[0].dns < 4.0


async def test_one_attempt_that_was_refused_makes_it_the_pages_fault():
    port = refused_port()
    lookup = Lookup("shop.test", [Address.parse("127.0.0.1"), Address.parse("127.0.0.2")])
    with pytest.raises(Failure, match=r"127\.0\.0\.1 .*127\.0\.0\.2") as caught:
        await dial(lookup, port, _anything)
    assert caught.value.outcome is Outcome.DOWN


@needs_root
def test_a_machine_without_a_route_is_our_own_fault():
    async def attempts():
        loop = asyncio.get_running_loop()
        with pytest.raises(OwnFault, match="no way from here to 198"):
            await tcp.connect(loop, Address.parse("198.41.0.4"), 80)
        both = Lookup("shop.test", [Address.parse("198.41.0.4"), Address.parse("2001:500:2::c")])
        with pytest.raises(OwnFault, match="no way from here") as caught:
            await dial(both, 80, _anything)
        assert all(address.text in caught.value.detail for address in both.addresses)

    run_in_namespace(attempts())


@pytest.mark.parametrize("text", ["255.255.255.255", "fe80::1", "224.0.0.1"])
async def test_an_address_at_which_no_page_can_be_is_the_pages_fault(text):
    with pytest.raises(Failure) as caught:
        await tcp.connect(asyncio.get_running_loop(), Address.parse(text), 80)
    assert (caught.value.outcome, caught.value.fault) == (Outcome.DOWN, Fault.CONNECT)


async def test_a_name_with_an_alias_keeps_it_and_the_least_time_to_live():
    import dns.rrset

    async def answer(query, over_tcp):
        message = reply(query, {"www.shop.test": ["127.0.0.1"]}, ttl=300)
        alias = dns.rrset.from_text("www.shop.test.", 60, "IN", "CNAME", "edge.cdn.test.")
        message.answer.insert(0, alias)
        return [message.to_wire()]

    async with nameserver(answer) as server:
        found = await Names().look_up("www.shop.test", 443, servers=[(server.host, server.port)])
        await found.close()
    assert (found.cnames, found.ttl) == (["edge.cdn.test"], 60)


async def test_a_second_wait_for_answers_that_have_all_come_is_none():
    async with nameserver(zone({"shop.test": ["127.0.0.1"]})) as server:
        found = await Names().look_up("shop.test", 443, ip="4", servers=[(server.host, server.port)])
    await found.more()
    assert not found.pending
    assert found.clock is Clock.KERNEL


def test_what_is_neither_public_nor_private_is_reserved():
    import ipaddress

    assert scope(ipaddress.ip_address("2001:db8::1")) in (Scope.PRIVATE, Scope.RESERVED)
    assert scope(ipaddress.ip_address("240.0.0.1")) is Scope.RESERVED
