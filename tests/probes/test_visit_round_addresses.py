"""``addresses: all``: each address of a name is visited, so that a dead one behind a round robin shows."""

import asyncio

import pytest
from nameserver import nameserver, reply, silent, zone
from namespace import ADDRESSES, HANGING_6, PUBLIC_4, needs_root, run_in_namespace
from rounding import Remembering, beside, watching
from scripted import answering, full_backlog, head, redirect, refused_port, response, serve
from scripted import silent as hanging

from probes.http import Options
from probes.sample import Outcome
from probes.target import Target
from probes.visit.addresses import MOST_ADDRESSES, _pinned
from probes.visit.beside import AT_ONCE
from probes.visit.plan import make_plan
from probes.wire.addresses import Address

PAGE = response(b"<title>shop</title> hello world")
NAME = "shop.test"


def by_address(sample):
    return {one["address"]: one for one in sample.evidence["addresses"]["seen"]}


async def test_one_dead_address_behind_a_round_robin_shows():
    script = Remembering(PAGE)
    addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    async with (
        nameserver(zone({NAME: addresses}, ttl=42)) as names,
        serve(script) as server,
        beside(server, script, "127.0.0.3"),
        watching() as visit,
    ):
        sample = await visit(server.url("/sale", host=NAME), nameservers=[names.address], addresses="all")
    assert sample.outcome is Outcome.UP
    found = sample.evidence["addresses"]
    assert (found["up"], found["down"], found["more"], found["ttl"]) == (2, 1, 0, 42)
    assert (found["fault"], found["detail"], found["ttfb6"]) == (None, None, None)
    seen = by_address(sample)
    assert [seen[address]["outcome"] for address in addresses] == ["up", "down", "up"]
    assert (seen["127.0.0.2"]["fault"], seen["127.0.0.2"]["family"]) == ("connect", 4)
    assert found["ttfb4"] == (seen["127.0.0.1"]["ttfb"] + seen["127.0.0.3"]["ttfb"]) / 2
    # The page's own visit, and one request at each address that is alive, all for the page's host.
    assert script.lines == [b"GET /sale HTTP/1.1"] * 3
    assert all(f"Host: {NAME}:{server.port}".lower().encode() in head.lower() for head in script.heads)


async def test_each_address_is_shown_the_pages_name_over_tls(authority):
    asked = []

    def note(_, name, __):
        asked.append(name)

    tls = authority.leaf(NAME).context("http/1.1")
    tls.sni_callback = note
    script = answering(PAGE)
    async with (
        nameserver(zone({NAME: ["127.0.0.1", "127.0.0.2"]})) as names,
        serve(script, tls=tls) as one,
        serve(script, tls=tls, host="127.0.0.2", port=one.port),
        watching() as visit,
    ):
        sample = await visit(
            one.url(host=NAME), nameservers=[names.address], addresses="all", ca=authority.ca_file
        )
    assert sample.evidence["addresses"]["up"] == 2
    assert asked == [NAME] * 3


async def test_an_address_with_another_certificate_is_down(authority):
    good = authority.leaf(NAME).context("http/1.1")
    wrong = authority.leaf("other.test").context("http/1.1")
    script = answering(PAGE)
    async with (
        serve(script, tls=good) as one,
        serve(script, tls=wrong, host="127.0.0.2", port=one.port),
        watching() as visit,
    ):
        sample = await visit(
            one.url(host=NAME),
            addresses="all",
            resolve=[f"{NAME}:{one.port}:127.0.0.1", f"{NAME}:{one.port}:127.0.0.2"],
            ca=authority.ca_file,
        )
    assert by_address(sample)["127.0.0.2"]["fault"] == "tls"
    # The sample's own evidence is that of its own visit.
    assert sample.evidence["tls"]["names"] == [NAME]


async def test_ipv6_stands_beside_ipv4():
    async with (
        nameserver(zone({NAME: ["127.0.0.1", "127.0.0.2", "::1"]})) as names,
        serve(answering(PAGE)) as server,
        beside(server, answering(PAGE), "127.0.0.2", "::1"),
        watching() as visit,
    ):
        sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all")
    found = sample.evidence["addresses"]
    seen = by_address(sample)
    assert {address: one["family"] for address, one in seen.items()} == {
        "::1": 6, "127.0.0.1": 4, "127.0.0.2": 4,
    }  # fmt: skip
    assert found["up"] == 3
    assert found["ttfb6"] == seen["::1"]["ttfb"] > 0
    assert found["ttfb4"] > 0
    assert all(one["dns"] is None for one in seen.values())  # so that the two compare


async def test_a_family_that_never_took_a_connection_is_not_blamed_on_the_page():
    """Nothing listens at ::1. Whether that is the page's fault is known once anything was reached there."""
    async with (
        nameserver(zone({NAME: ["127.0.0.1", "::1"]})) as names,
        serve(answering(PAGE)) as server,
        serve(answering(PAGE), host="::1") as other,
    ):
        url = server.url(host=NAME)
        async with watching() as visit:
            first = await visit(url, nameservers=[names.address], addresses="all")
            await visit(other.url(), addresses="all")
            visit.now = 300.0
            second = await visit(url)
    one, two = by_address(first)["::1"], by_address(second)["::1"]
    assert (one["outcome"], one["fault"]) == ("unknown", "connect")
    assert "over IPv6 from here yet" in one["detail"]
    assert (first.evidence["addresses"]["up"], first.evidence["addresses"]["down"]) == (1, 0)
    assert (two["outcome"], two["fault"]) == ("down", "connect")
    assert second.evidence["addresses"]["down"] == 1


@needs_root
def test_a_family_without_a_route_is_unknown():
    async def work():
        async with (
            nameserver(zone({NAME: [PUBLIC_4, "2001:db8::1"]})) as names,
            serve(answering(PAGE), host=PUBLIC_4) as server,
            watching() as visit,
        ):
            sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all")
        one = by_address(sample)["2001:db8::1"]
        assert (one["outcome"], one["fault"]) == ("unknown", "connect")
        assert "no way from here" in one["detail"]
        assert (sample.evidence["addresses"]["up"], sample.evidence["addresses"]["down"]) == (1, 0)

    run_in_namespace(work(), *ADDRESSES)


@needs_root
def test_a_network_in_which_ipv6_hangs_is_not_blamed_on_the_page():
    async def work():
        async with (
            nameserver(zone({NAME: [PUBLIC_4, "2001:db8::1"]})) as names,
            serve(answering(PAGE), host=PUBLIC_4) as server,
            watching() as visit,
        ):
            sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all")
        one = by_address(sample)["2001:db8::1"]
        assert (one["outcome"], one["fault"]) == ("unknown", "timeout")

    run_in_namespace(work(), *ADDRESSES, *HANGING_6)


async def test_a_silent_address_is_down_once_it_had_time_enough():
    async with (
        nameserver(zone({NAME: ["127.0.0.1", "127.0.0.2"]})) as names,
        serve(answering(PAGE)) as server,
        watching() as visit,
    ):
        with full_backlog("127.0.0.2", server.port):
            sample = await visit(
                server.url(host=NAME), timeout=4.0, nameservers=[names.address], addresses="all"
            )
    one = by_address(sample)["127.0.0.2"]
    assert (one["outcome"], one["fault"], one["connect"]) == ("down", "timeout", None)
    assert sample.outcome is Outcome.UP


async def test_of_many_addresses_some_are_visited_and_the_rest_is_counted():
    addresses = [f"127.0.0.{number}" for number in range(1, MOST_ADDRESSES + 4)]
    async with (
        nameserver(zone({NAME: addresses})) as names,
        serve(answering(PAGE)) as server,
        watching() as visit,
    ):
        sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all")
    found = sample.evidence["addresses"]
    assert (len(found["seen"]), found["more"]) == (MOST_ADDRESSES, 3)
    assert found["up"] + found["down"] == MOST_ADDRESSES
    assert by_address(sample).keys() < set(addresses)


async def test_the_vendor_is_never_visited_by_a_crowd():
    here, most = 0, 0

    async def counted(reader, writer):
        nonlocal here, most
        await head(reader)
        here += 1
        most = max(most, here)
        await asyncio.sleep(0.05)
        here -= 1
        writer.write(PAGE)

    addresses = [f"127.0.0.{number}" for number in range(1, 9)]
    async with (
        nameserver(zone({NAME: addresses})) as names,
        serve(counted) as server,
        beside(server, counted, *addresses[1:]),
        watching() as visit,
    ):
        sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all")
    assert sample.evidence["addresses"]["up"] == 8
    assert 1 < most <= AT_ONCE


async def test_a_family_that_the_name_server_says_nothing_about_is_told():
    async def only_four(query, over_tcp):
        if "AAAA" in query.question[0].to_text():
            return await silent(query, over_tcp)
        return [reply(query, {NAME: ["127.0.0.1"]}).to_wire()]

    async with nameserver(only_four) as names, serve(answering(PAGE)) as server, watching() as visit:
        sample = await visit(server.url(host=NAME), timeout=4.0, nameservers=[names.address], addresses="all")
    found = sample.evidence["addresses"]
    assert (found["fault"], found["up"], found["down"]) == ("dns", 1, 0)
    assert "no answer about AAAA" in found["detail"]


async def test_a_name_that_is_gone_by_then_says_so():
    asked = 0

    async def once(query, over_tcp):
        nonlocal asked
        asked += 1
        return [reply(query, {NAME: ["127.0.0.1"]} if asked <= 2 else {}).to_wire()]

    async with nameserver(once) as names, serve(answering(PAGE)) as server, watching() as visit:
        sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all")
    found = sample.evidence["addresses"]
    assert sample.outcome is Outcome.UP
    assert (found["fault"], found["seen"], found["up"], found["down"]) == ("dns", [], None, None)
    assert "NXDOMAIN" in found["detail"]


async def test_a_name_server_that_is_gone_by_then_says_nothing_of_the_addresses():
    asked = 0

    async def twice(query, over_tcp):
        nonlocal asked
        asked += 1
        return [reply(query, {NAME: ["127.0.0.1"]}).to_wire()] if asked <= 2 else []

    async with nameserver(twice) as names, serve(answering(PAGE)) as server, watching() as visit:
        sample = await visit(server.url(host=NAME), timeout=3.0, nameservers=[names.address], addresses="all")
    found = sample.evidence["addresses"]
    assert (found["fault"], found["up"], found["ttl"], found["more"]) == ("dns", None, None, None)
    assert "no answer within" in found["detail"]


def test_an_address_stays_the_pages_where_http_leads_to_https():
    options = Options(resolve=("shop.test:8443:192.0.2.1",))
    plan = make_plan(Target("v", "p", "http://SHOP.test:8080/", "here", "http", options))
    address = Address.parse("127.0.0.7")
    assert _pinned(plan, address).pins == {
        ("shop.test", 8080): [address],
        ("shop.test", 80): [address],
        ("shop.test", 443): [address],
        ("shop.test", 8443): [Address.parse("192.0.2.1")],
    }
    assert plan.pins.keys() == {("shop.test", 8443)}


async def test_a_redirect_to_another_host_is_followed_from_each_address():
    async with serve(answering(PAGE)) as there:
        script = Remembering(redirect(there.url()))
        async with (
            nameserver(zone({NAME: ["127.0.0.1", "127.0.0.2"]})) as names,
            serve(script) as server,
            beside(server, script, "127.0.0.2"),
            watching() as visit,
        ):
            sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all")
    assert sample.evidence["addresses"]["up"] == 2
    assert by_address(sample).keys() == {"127.0.0.1", "127.0.0.2"}
    assert len(script.heads) == 3


async def test_pinned_addresses_are_all_visited():
    port = refused_port()
    async with serve(answering(PAGE), port=port) as server, watching() as visit:
        sample = await visit(
            server.url(host=NAME),
            addresses="all",
            resolve=[f"{NAME}:{port}:127.0.0.1", f"{NAME}:{port}:127.0.0.9"],
        )
    found = sample.evidence["addresses"]
    assert (found["up"], found["down"], found["ttl"]) == (1, 1, None)


@pytest.mark.parametrize("ip", ["4", "6"])
async def test_only_the_families_that_the_page_is_visited_over_are_looked_at(ip):
    async with (
        nameserver(zone({NAME: ["127.0.0.1", "::1"]})) as names,
        serve(answering(PAGE)) as server,
        beside(server, answering(PAGE), "::1"),
        watching() as visit,
    ):
        sample = await visit(server.url(host=NAME), nameservers=[names.address], addresses="all", ip=ip)
    assert [one["family"] for one in sample.evidence["addresses"]["seen"]] == [int(ip)]


async def test_an_address_that_accepts_and_hangs_is_down():
    async with (
        serve(answering(PAGE)) as server,
        beside(server, hanging, "127.0.0.2"),
        watching() as visit,
    ):
        sample = await visit(
            server.url(host=NAME),
            timeout=4.0,
            addresses="all",
            resolve=[f"{NAME}:{server.port}:127.0.0.1", f"{NAME}:{server.port}:127.0.0.2"],
        )
    one = by_address(sample)["127.0.0.2"]
    assert (one["outcome"], one["fault"]) == ("down", "timeout")
    assert one["connect"] is not None
