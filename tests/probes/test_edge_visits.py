"""The evidence of the edge and the shield as visits write it, whatever becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dns.message
import dns.rrset
from nameserver import nameserver
from scripted import answering, redirect, refused_port, response, serve
from visiting import Untroubled, Visit

from monitor.runner import Runner
from probes import http
from probes.edge import evidence
from probes.sample import Fault, Outcome, Sample
from probes.target import Target

CLOUDFLARE = ("Server: cloudflare", "CF-RAY: 8e1b2c3d4e5f6071-FRA", "CF-Cache-Status: HIT", "Age: 5")


async def aliased(query: dns.message.Message, over_tcp: bool) -> Sequence[bytes]:
    """Whatever is asked for is an alias of a name in fastly.net, at 127.0.0.1."""
    message = dns.message.make_response(query, recursion_available=True)
    asked = query.question[0]
    message.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "CNAME", "x.map.fastly.net."))
    if asked.rdtype == dns.rdatatype.A:
        message.answer.append(dns.rrset.from_text("x.map.fastly.net.", 30, "IN", "A", "127.0.0.1"))
    return [message.to_wire()]


async def visit_from(continent: str | None, url: str, **options: Any) -> Sample:
    async with http.open_probe() as probe:
        chosen = http.Options.model_validate(options)
        target = Target("vendor", "page", url, "here", "http", chosen, 5.0, continent=continent)
        return await Runner({"http": probe}, Untroubled()).run(target)


async def test_a_sample_says_who_answered_and_from_which_continent() -> None:
    async with serve(answering(response(b"hello", *CLOUDFLARE, "Server-Timing: db;dur=53"))) as server:
        far = await visit_from("AS", server.url())
        near = await visit_from("EU", server.url())
    assert far.outcome is Outcome.UP
    assert far.evidence["edge"] == {
        "network": "Cloudflare",
        "by": ["the header server has 'cloudflare'", "the header cf-ray", "the header cf-cache-status"],
        "pop": "FRA",
        "city": "Frankfurt am Main",
        "country": "DE",
        "continent": "EU",
        "far": True,
        "cache": "hit",
        "age": 5,
        "server_timing": [{"name": "db", "duration": 0.053, "description": None}],
    }
    assert far.evidence["shield"]["confidence"] == "weak"
    assert near.evidence["edge"]["far"] is False


async def test_the_sample_can_be_stored_as_it_is(visit: Visit) -> None:
    async with serve(answering(response(b"hello", *CLOUDFLARE))) as server:
        sample = await visit(server.url())
    assert Sample.from_json(sample.to_json()) == sample


async def test_an_alias_of_the_host_tells_the_network(visit: Visit) -> None:
    async with serve(answering(response())) as server, nameserver(aliased) as names:
        sample = await visit(server.url(host="shop.test"), nameservers=[names.address])
    assert sample.evidence["dns"]["cnames"] == ["x.map.fastly.net"]
    assert sample.evidence["edge"]["by"] == ["the host is an alias of a name in fastly.net"]


async def test_an_alias_of_another_host_on_the_way_tells_nothing(visit: Visit) -> None:
    async with (
        serve(answering(response())) as page,
        serve(answering(redirect(page.url()))) as before,
        nameserver(aliased) as names,
    ):
        sample = await visit(before.url(host="shop.test"), nameservers=[names.address])
        there = await visit(before.url(), nameservers=[names.address])
    assert (sample.outcome, len(sample.hops)) == (Outcome.UP, 2)
    assert sample.evidence["edge"]["network"] is there.evidence["edge"]["network"] is None


async def test_an_alias_of_the_last_host_of_several_does_tell(visit: Visit) -> None:
    async with (
        serve(answering(response())) as page,
        serve(answering(redirect(page.url(host="shop.test")))) as before,
        nameserver(aliased) as names,
    ):
        sample = await visit(before.url(), nameservers=[names.address])
    assert sample.evidence["edge"]["network"] == "Fastly"


async def test_behind_a_proxy_the_headers_alone_are_left(visit: Visit) -> None:
    async with serve(answering(response(b"hello", *CLOUDFLARE))) as proxy, nameserver(aliased) as names:
        via = f"http://proxy.test:{proxy.port}"
        sample = await visit("http://shop.test/", proxy=via, nameservers=[names.address])
    assert sample.outcome is Outcome.UP
    assert "dns" not in sample.evidence
    assert sample.evidence["edge"]["network"] == "Cloudflare"


async def test_a_page_that_is_down_was_answered_by_somebody_too(visit: Visit) -> None:
    body = response(b"broken", *CLOUDFLARE, status="502 Bad Gateway")
    async with serve(answering(body)) as server:
        sample = await visit(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.STATUS)
    assert sample.evidence["edge"]["network"] == "Cloudflare"


async def test_a_body_that_never_ends_does_not_lose_who_sent_it(visit: Visit) -> None:
    begun = response(b"hello", *CLOUDFLARE).replace(b"Content-Length: 5", b"Content-Length: 50")
    async with serve(answering(begun, pause=30)) as server:
        sample = await visit(server.url(), timeout=0.5)
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.TIMEOUT)
    assert sample.evidence["edge"]["pop"] == "FRA"


async def test_where_nobody_answered_nothing_is_said_of_an_edge(visit: Visit) -> None:
    sample = await visit(f"http://127.0.0.1:{refused_port()}/")
    assert sample.outcome is Outcome.DOWN
    assert {"edge", "shield"}.isdisjoint(sample.evidence)


async def test_where_the_last_hop_gave_no_answer_the_one_before_is_meant(visit: Visit) -> None:
    lost = f"http://127.0.0.1:{refused_port()}/"
    head = redirect(lost).replace(b"\r\n\r\n", b"\r\nServer: cloudflare\r\n\r\n")
    async with serve(answering(head)) as server:
        sample = await visit(server.url())
    assert (sample.outcome, sample.fault) == (Outcome.DOWN, Fault.CONNECT)
    assert sample.evidence["edge"]["network"] == "Cloudflare"


async def test_a_challenge_is_a_strong_sign_of_a_shield(visit: Visit) -> None:
    challenge = response(b"wait", "CF-Mitigated: challenge", *CLOUDFLARE, status="403 Forbidden")
    async with serve(answering(challenge)) as server:
        sample = await visit(server.url())
    assert sample.outcome is Outcome.BLOCKED
    assert sample.evidence["shield"]["confidence"] == "strong"
    assert sample.evidence["shield"]["reasons"][0] == "the answer was a challenge of Cloudflare"


async def test_a_challenge_is_told_by_its_body_too(visit: Visit) -> None:
    challenge = response(b"<script>var sucuri_cloudproxy_js=''</script>")
    async with serve(answering(challenge)) as server:
        sample = await visit(server.url())
    assert sample.outcome is Outcome.BLOCKED
    assert (sample.evidence["shield"]["confidence"], sample.evidence["shield"]["network"]) == (
        "strong",
        "Sucuri",
    )


async def test_a_mistake_of_ours_about_the_edge_never_hides_a_failure(visit: Visit, monkeypatch: Any) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(evidence, "recognise", broken)
    async with serve(answering(response(b"", status="500 Oops"))) as server:
        failed = await visit(server.url())
    async with serve(answering(response())) as server:
        other = await visit(server.url())
    assert (failed.outcome, failed.fault) == (Outcome.DOWN, Fault.STATUS)
    assert (other.outcome, other.fault) == (Outcome.UNKNOWN, Fault.INTERNAL)  # a bug is not kept quiet
