from __future__ import annotations

import pytest
from edges import EDGES, Seen, headers_of
from hypothesis import given
from hypothesis import strategies as st

from probes.edge.caching import STATUSES
from probes.edge.networks import atlas
from probes.edge.recognise import edge_evidence, recognise
from probes.edge.shield import shield_evidence
from probes.wire.exchange import Headers

CLOUDFLARE = "104.16.132.229"


@pytest.mark.parametrize("seen", EDGES, ids=[f"{place}-{seen.network}" for place, seen in enumerate(EDGES)])
def test_a_network_is_told_with_its_place_and_its_cache(seen: Seen) -> None:
    recognised = recognise(seen.headers, seen.cnames, seen.address)
    edge = edge_evidence(recognised, None)
    assert edge["network"] == seen.network
    assert (edge["pop"], edge["city"], edge["country"], edge["continent"]) == (seen.pop, *seen.place)
    assert (edge["cache"], edge["age"]) == (seen.cache, seen.age)
    assert edge["by"]
    assert edge["far"] is None  # nobody said where the region lies


def test_every_network_has_an_example() -> None:
    assert {seen.network for seen in EDGES} == atlas().by_name.keys()


@pytest.mark.parametrize("name", atlas().by_name)
def test_every_domain_of_a_network_tells_it_with_nothing_else(name: str) -> None:
    domains = [domain for domain, network in atlas().domains.items() if network.name == name]
    for domain in domains:
        edge = edge_evidence(recognise((), ["shop.test.", f"X1.{domain.upper()}."], None), None)
        assert (edge["network"], edge["by"]) == (name, [f"the host is an alias of a name in {domain}"])
    assert domains or name == "Qrator"


def test_a_page_of_its_own_has_no_edge_and_says_nothing_that_it_does_not() -> None:
    edge = edge_evidence(recognise(headers_of("Server: nginx"), ["www.shop.test"], "203.0.113.7"), "EU")
    assert edge == {
        "network": None,
        "by": [],
        "pop": None,
        "city": None,
        "country": None,
        "continent": None,
        "far": None,
        "cache": None,
        "age": None,
        "server_timing": [],
    }


def test_a_cache_of_nobody_known_is_believed() -> None:
    assert edge_evidence(recognise(headers_of("X-Cache: HIT from squid"), [], None), None)["cache"] == "hit"
    assert (
        edge_evidence(recognise(headers_of("Cache-Status: own; fwd=bypass"), [], None), None)["cache"]
        == "bypass"
    )


def test_a_cache_behind_an_edge_that_says_nothing_is_not_taken_for_the_edges() -> None:
    head = headers_of("Server: cloudflare\nCF-RAY: 8e1b2c3d4e5f6071-FRA\nX-Cache: HIT\nAge: 30")
    edge = edge_evidence(recognise(head, [], None), None)
    assert (edge["network"], edge["cache"], edge["age"]) == ("Cloudflare", None, 30)


@pytest.mark.parametrize(("region", "far"), [("EU", False), ("SA", True), (None, None)])
def test_a_page_is_far_where_another_continent_serves_it(region: str | None, far: bool | None) -> None:
    head = headers_of("Server: cloudflare\nCF-RAY: 8e1b2c3d4e5f6071-FRA")
    assert edge_evidence(recognise(head, [], None), region)["far"] is far


def test_whether_an_unknown_place_is_far_is_not_known() -> None:
    head = headers_of("Server: cloudflare\nCF-RAY: 8e1b2c3d4e5f6071-QQQ")
    edge = edge_evidence(recognise(head, [], None), "EU")
    assert (edge["pop"], edge["city"], edge["continent"], edge["far"]) == ("QQQ", None, None, None)


def test_the_address_decides_against_what_is_passed_on_from_behind() -> None:
    behind = headers_of(
        "Server: Vercel\nX-Vercel-Id: iad1::a\nX-Vercel-Cache: HIT\nCF-RAY: 8e1b2c3d4e5f6071-FRA"
    )
    edge = edge_evidence(recognise(behind, ["cname.vercel-dns.com"], CLOUDFLARE), None)
    assert (edge["network"], edge["pop"], edge["cache"]) == ("Cloudflare", "FRA", None)
    assert edge["by"] == ["the address is one of Cloudflare's", "the header cf-ray"]


def test_the_network_with_the_most_marks_is_the_one_in_front() -> None:
    head = headers_of("Server: cloudflare\nCF-RAY: 8e1b2c3d4e5f6071-FRA\nX-Vercel-Id: iad1::a")
    assert recognise(head, [], None).network is atlas().by_name["Cloudflare"]
    assert (
        recognise(headers_of("X-Vercel-Id: iad1::a\nEagleId: 1"), [], None).network
        is atlas().by_name["Vercel"]
    )
    assert (
        recognise(headers_of("EagleId: 1\nX-Vercel-Id: iad1::a"), [], None).network
        is atlas().by_name["Vercel"]
    )


def test_an_alias_counts_for_more_than_a_header_or_two() -> None:
    head = headers_of("X-Vercel-Id: iad1::a\nX-Vercel-Cache: MISS")
    assert recognise(head, ["shop.edgekey.net"], None).network is atlas().by_name["Akamai"]


def test_the_alias_nearest_to_the_address_is_the_one_that_counts() -> None:
    assert recognise((), ["x.azureedge.net", "x.edgekey.net"], None).network is atlas().by_name["Akamai"]


def test_words_of_a_header_stand_where_they_must() -> None:
    assert recognise(headers_of("Server: not-cloudflare"), [], None).network is None
    assert recognise(headers_of("Server: mynws"), [], None).network is None


def test_fields_that_are_too_long_are_cut_in_the_middle() -> None:
    lines = "\n".join(f"X-Served-By: cache-x{number}-LGA" for number in range(500))
    head = headers_of(f"{lines}\nX-Served-By: cache-fra-etou8220023-FRA")
    seen = recognise(head, [], None)
    assert edge_evidence(seen, None)["pop"] == "FRA"
    assert max(map(len, seen.fields.values())) <= 2050


names = st.sampled_from(
    sorted({*atlas().marks, b"age", b"server-timing", b"cache-status", b"x-cache", b"via"})
)
values = st.binary(max_size=300) | st.text(
    st.sampled_from(list('cachefraFRA-0123456789,;=" \\[].<>:?\x00\xff')), max_size=300
).map(lambda text: text.encode("latin-1", "replace"))
real = st.sampled_from([header for seen in EDGES for header in seen.headers])
anything = st.lists(st.tuples(names | st.binary(max_size=20), values) | real, max_size=30).map(tuple)


@given(
    anything,
    st.lists(st.text(max_size=30) | st.sampled_from(["a.fastly.net", ".", ""]), max_size=30),
    st.none() | st.text(max_size=50) | st.ip_addresses().map(str),
    st.sampled_from([None, "EU", "AS"]),
)
def test_whatever_a_server_sends_something_fit_is_said(
    headers: Headers, cnames: list[str], address: str | None, continent: str | None
) -> None:
    seen = recognise(headers, cnames, address)
    edge, shield = edge_evidence(seen, continent), shield_evidence(seen, None)
    assert (edge["network"] is None) == (not edge["by"])
    assert edge["cache"] is None or edge["cache"] in STATUSES
    assert edge["age"] is None or 0 <= edge["age"] <= 2**31
    assert len(edge["server_timing"]) <= 20
    for entry in edge["server_timing"]:
        assert entry["name"]
        assert entry["duration"] is None or 0 <= entry["duration"] < float("inf")
        assert (entry["description"] or "").isprintable() or not entry["description"]
    assert (edge["pop"] or "").isprintable()
    assert shield["confidence"] in ("strong", "weak", "none")
    assert (shield["confidence"] == "none") == (not shield["reasons"])
