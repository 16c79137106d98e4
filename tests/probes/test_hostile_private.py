"""Public pages that redirect to addresses which are not for the public.

Each test has a network of its own, in which the page has a public address and everything private is truly
there and listening: what is refused is refused by us, and nothing may have been connected to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import dns.message
import pytest
from nameserver import Answer, nameserver, reply, zone
from namespace import ADDRESSES, PUBLIC_4, PUBLIC_6, needs_root, run_in_namespace
from scripted import answering, redirect, response, serve
from visiting import visitor

from probes.sample import Fault, Outcome, Sample

pytestmark = needs_root

HOST = "page.test"
INNER_PORT = 8080

INSIDE = (
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
)
INSIDE_6 = (
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1:7f00:0:100:808:808",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "::7f00:1",
    "fec0::1",
)
SETUP = (
    *ADDRESSES,
    *(f"ip addr add {address}/32 dev lo" for address in INSIDE),
    *(f"ip addr add {address}/128 dev lo nodad" for address in INSIDE_6),
)

NAMES = {
    HOST: [PUBLIC_4],
    "inside.test": ["127.0.0.1"],
    "inside6.test": ["::1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "metadata.test": ["169.254.169.254"],
    "elsewhere.test": [PUBLIC_4],
}


def run(
    location: str, check: Any, *, page: str = PUBLIC_4, answer: Answer | None = None, **options: Any
) -> None:
    """Visit a public page that redirects to ``location``, and ``check(sample, connections made inside)``."""

    async def scenario() -> None:
        async with (
            visitor() as visit,
            nameserver(answer or zone({**NAMES, HOST: [page]})) as names,
            serve(answering(response(b"secret")), host="0.0.0.0", port=INNER_PORT) as inside,
            serve(answering(response(b"secret")), host="::", port=INNER_PORT) as inside_6,
            serve(answering(redirect(location)), host=page, port=8000) as server,
        ):
            sample = await visit(server.url(host=HOST), 3.0, nameservers=[names.address], **options)
            check(sample, inside.connections + inside_6.connections)

    run_in_namespace(scenario(), *SETUP)


def refused(sample: Sample, connections: int) -> None:
    assert connections == 0
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.REDIRECT), sample.detail
    assert sample.hops[0].status == 302
    assert sample.detail


def not_reached(sample: Sample, connections: int) -> None:
    assert connections == 0
    assert sample.outcome is Outcome.DOWN
    assert sample.fault in {Fault.REDIRECT, Fault.DNS, Fault.CONNECT}
    assert sample.hops[0].status == 302


def reached(sample: Sample, connections: int) -> None:
    assert (sample.outcome, sample.fault) == (Outcome.UP, None), sample.detail
    assert connections == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.9.10",
        "localhost",
        "sub.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1:7f00:0:100:808:808]",
        "[2002:7f00:1::1]",
        "[2002:a9fe:a9fe::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[::]",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "198.18.0.1",
        "255.255.255.255",
        "224.0.0.1",
        "user@127.0.0.1",
        f"{PUBLIC_4}@127.0.0.1",
        "inside.test",
        "inside6.test",
        "mapped.test",
        "nat64.test",
        "metadata.test",
        "INSIDE.TEST.",
    ],
)
def test_a_redirect_inside_is_refused(host: str) -> None:
    run(f"http://{host}:{INNER_PORT}/", refused)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "0",
        "127.0.0.1.",
        "[fe80::1%25lo]",
        "[fe80::1%lo]",
        "[fe80::1]",
        "127\u30020\u30020\u30021",
        "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
        "%31%32%37.0.0.1",
        "nowhere.test",
        f"{PUBLIC_4}\\@127.0.0.1",
    ],
)
def test_a_redirect_inside_by_an_odd_name_is_not_followed(host: str) -> None:
    """Some readers of addresses take these for an address, others for a name or a mistake."""
    run(f"http://{host}:{INNER_PORT}/", not_reached)


def test_a_redirect_from_ipv6_inside_is_refused() -> None:
    run(f"http://127.0.0.1:{INNER_PORT}/", refused, page=PUBLIC_6)


def test_a_redirect_inside_that_the_config_allows_is_followed() -> None:
    run(f"http://10.0.0.1:{INNER_PORT}/", reached, allow_networks=["10.0.0.0/8"])


def test_what_the_config_allows_is_no_more_than_it_says() -> None:
    run(f"http://192.168.0.1:{INNER_PORT}/", refused, allow_networks=["10.0.0.0/8"])


def test_a_redirect_to_a_public_address_is_followed() -> None:
    run(f"http://elsewhere.test:{INNER_PORT}/", reached)


def test_of_two_addresses_only_the_public_one_is_tried() -> None:
    answer = zone({**NAMES, "mixed.test": ["127.0.0.1", PUBLIC_4]})

    def check(sample: Sample, connections: int) -> None:
        assert sample.hops[-1].address in {PUBLIC_4, None}
        assert sample.outcome is Outcome.UP or sample.fault is Fault.REDIRECT

    run(f"http://mixed.test:{INNER_PORT}/", check, answer=answer)


def test_a_name_that_leads_elsewhere_the_second_time() -> None:
    """DNS rebinding: public for the page, private for the page that it redirects to."""
    asked = 0

    async def answer(query: dns.message.Message, over_tcp: bool) -> Sequence[bytes]:
        nonlocal asked
        if query.question[0].rdtype == dns.rdatatype.A:
            asked += 1
        await asyncio.sleep(0)
        return [reply(query, {HOST: [PUBLIC_4 if asked <= 1 else "127.0.0.1"]}).to_wire()]

    run(f"http://{HOST}:{INNER_PORT}/", refused, answer=answer)
    assert asked == 2
