"""Look-ups: whose fault a failed one is, by whose clock it is timed, and what short names come to."""

import asyncio
import socket

import dns.flags
import dns.message
import pytest
from nameserver import nameserver, refusing, reply, silent, slow, truncated, zone
from scripted import answering, response, serve

from probes.failure import Failure, OwnFault
from probes.sample import Clock, Fault, Outcome
from probes.wire.addresses import Address
from probes.wire.names import Names
from probes.wire.sockets import open_socket
from probes.wire.system import Reread, parse_hosts, parse_resolv_conf

UNASKABLE = ("255.255.255.255", 53)  # a broadcast address: the kernel refuses at once, nothing is sent


async def test_a_look_up_that_never_left_this_machine_is_our_own_fault():
    with pytest.raises(OwnFault) as caught:
        await Names().look_up("shop.test", 443, servers=[UNASKABLE])
    assert (caught.value.outcome, caught.value.fault) == (Outcome.UNKNOWN, Fault.DNS)


async def test_a_look_up_that_somebody_answered_badly_is_not():
    import dns.rcode

    async with nameserver(refusing(dns.rcode.SERVFAIL)) as server:
        with pytest.raises(Failure, match="SERVFAIL") as caught:
            await Names().look_up("shop.test", 443, servers=[UNASKABLE, (server.host, server.port)])
    assert caught.value.outcome is Outcome.DOWN


async def test_a_short_name_is_looked_for_in_the_search_domains_first(tmp_path):
    async with nameserver(zone({"shop.corp.test": ["127.0.0.9"], "bare": ["127.0.0.8"]})) as server:
        conf = tmp_path / "resolv.conf"
        conf.write_text("nameserver 127.0.0.1\nsearch corp.test other.test\n")
        names = Names(hosts=tmp_path / "hosts", resolv_conf=conf)
        found = await names.look_up("shop", 443, servers=[(server.host, server.port)])
        bare = await names.look_up("bare", 443, servers=[(server.host, server.port)])
        await found.close()
        await bare.close()
    assert [address.text for address in found.addresses] == ["127.0.0.9"]
    assert [address.text for address in bare.addresses] == ["127.0.0.8"]


async def test_the_hosts_file_comes_before_the_name_servers_and_is_read_again_when_changed(tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("# ours\n192.0.2.7 shop.test www.shop.test # and more\n::1 shop.test\nnonsense x\n")
    names = Names(hosts=hosts)
    found = await names.look_up("SHOP.test.", 443)
    assert [address.text for address in found.addresses] == ["::1", "192.0.2.7"]
    assert found.took is None
    only = await names.look_up("shop.test", 443, ip="4")
    assert [address.text for address in only.addresses] == ["192.0.2.7"]
    with pytest.raises(Failure, match="no IPv6 address"):
        await names.look_up("www.shop.test", 443, ip="6")
    hosts.write_text("192.0.2.88 shop.test\n")
    found = await names.look_up("shop.test", 443)
    assert [address.text for address in found.addresses] == ["192.0.2.88"]


async def test_localhost_is_this_machine_whoever_is_asked(tmp_path):
    found = await Names(hosts=tmp_path / "none").look_up("shop.localhost", 443)
    assert [address.text for address in found.addresses] == ["::1", "127.0.0.1"]


def test_a_file_that_is_not_there_has_no_names(tmp_path):
    assert Reread(tmp_path / "hosts", parse_hosts).get() == {}


async def test_a_name_without_an_address_of_the_family_says_so():
    async with nameserver(zone({"shop.test": ["127.0.0.1"]})) as server:
        with pytest.raises(Failure, match="has no address"):
            await Names().look_up("shop.test", 443, ip="6", servers=[(server.host, server.port)])


async def test_a_name_that_no_query_can_hold_is_a_fault_of_the_name():
    with pytest.raises(Failure, match="not a name that can be asked for"):
        await Names().look_up(f"{'a' * 64}.test", 443, servers=[UNASKABLE])


async def test_the_time_of_an_answer_is_its_arrival_and_its_records_are_kept():
    async with nameserver(slow(zone({"shop.test": ["127.0.0.1", "::1"]}, ttl=42), 0.05)) as server:
        found = await Names().look_up("shop.test", 443, servers=[(server.host, server.port)])
        await found.close()
    assert 0.05 <= found.took < 1.0
    assert (found.ttl, found.clock) == (42, Clock.KERNEL)


async def test_an_answer_over_tcp_is_timed_to_its_end():
    async with nameserver(truncated(slow(zone({"shop.test": ["127.0.0.1"]}), 0.05))) as server:
        found = await Names().look_up("shop.test", 443, ip="4", servers=[(server.host, server.port)])
    assert found.took >= 0.05
    assert [asked[2] for asked in server.asked] == [False, True]


async def test_a_machine_whose_kernel_gives_no_times_says_so(visit, monkeypatch):
    monkeypatch.setattr("probes.wire.sockets.ask_for_stamps", lambda sock: None)
    monkeypatch.setattr("probes.wire.tcp.STAMPS", False)
    async with (
        nameserver(zone({"shop.test": ["127.0.0.1"]})) as names,
        serve(answering(response())) as server,
    ):
        looked_up = await visit(f"http://shop.test:{server.port}/", nameservers=[names.address])
        given = await visit(server.url())
    assert (looked_up.outcome, looked_up.clock) == (Outcome.UP, Clock.LOOP)
    assert given.clock is Clock.LOOP


async def test_a_look_up_that_is_given_up_leaves_nothing_open():
    before = len(asyncio.all_tasks())
    async with nameserver(silent) as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await Names().look_up("shop.test", 443, servers=[(server.host, server.port)])
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before


def _same_id(change):
    """An answer that ``change`` has spoiled, and then the truth."""

    async def answer(query, over_tcp):
        good = reply(query, {"shop.test": ["127.0.0.1"]}).to_wire()
        return [change(good), good]

    return answer


def _about_another_name(wire: bytes) -> bytes:
    return wire.replace(b"\x04shop", b"\x04spam")


@pytest.mark.parametrize(
    "change",
    [
        lambda wire: wire[:2] + b"\xff" * 20,
        lambda wire: wire[:2] + bytes([wire[2] & 0x7F]) + wire[3:],  # a query, not an answer
        _about_another_name,
    ],
    ids=["garbage", "query", "another-name"],
)
async def test_what_is_no_answer_to_the_question_is_passed_over(change):
    async with nameserver(_same_id(change)) as server:
        found = await Names().look_up("shop.test", 443, ip="4", servers=[(server.host, server.port)])
    assert [address.text for address in found.addresses] == ["127.0.0.1"]


async def test_an_answer_over_tcp_to_another_question_is_a_fault():
    async def answer(query, over_tcp):
        if over_tcp:
            return [_about_another_name(reply(query, {"shop.test": ["127.0.0.1"]}).to_wire())]
        return await truncated(zone({}))(query, over_tcp)

    async with nameserver(answer) as server:
        with pytest.raises(Failure, match="not one to the question"):
            await Names().look_up("shop.test", 443, ip="4", servers=[(server.host, server.port)])


async def test_an_answer_over_tcp_that_is_cut_short_is_a_fault():
    async def hang_up(reader, writer):
        await reader.read(1)
        writer.write(b"\x01\x00half")

    async with serve(hang_up) as tcp:
        # UDP and TCP share a port; here each is a server of its own.
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(_Truncating, local_addr=("127.0.0.1", tcp.port))
        try:
            with pytest.raises(Failure, match="cut short"):
                await Names().look_up("shop.test", 443, ip="4", servers=[("127.0.0.1", tcp.port)])
        finally:
            transport.close()


class _Truncating(asyncio.DatagramProtocol):
    """Answers every query with nothing but the word that it was cut."""

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, address):
        message = dns.message.make_response(dns.message.from_wire(data))
        message.flags |= dns.flags.TC
        self._transport.sendto(message.to_wire(), address)


def test_a_machine_without_a_resolv_conf_asks_itself(tmp_path):
    assert parse_resolv_conf(tmp_path / "none") == ([("127.0.0.1", 53)], [])


def test_a_kind_of_socket_that_is_not_to_be_had_is_our_own_fault():
    with pytest.raises(OwnFault, match="cannot open a socket"):
        open_socket(Address("x", socket.AF_PACKET), socket.SOCK_STREAM)
