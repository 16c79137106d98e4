"""What metrics say of evidence, vitals and variants: only what the newest sample that may speak has said."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from scraping import EVIDENCE, UP, make_target, read, value

from monitor.metrics.collector import Metrics
from monitor.metrics.declared import ORIGIN, PAGE_FAMILIES, VITAL
from monitor.metrics.evidence_series import MOST_VITALS
from monitor.metrics.exposition import Format
from monitor.metrics.readings import FETCHED_KINDS, READINGS
from probes.chromium import evidence
from probes.edge.caching import STATUSES
from probes.sample import Attempt, Fault, Outcome, Sample

OF_EVIDENCE = [family.name for family in PAGE_FAMILIES[PAGE_FAMILIES.index(VITAL) :]]


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    made = Metrics()
    made.watch([make_target()])
    yield made
    made.close()


def seen(**evidence: Any) -> Sample:
    return replace(UP, evidence=evidence)


def down(**evidence: Any) -> Sample:
    return replace(UP, outcome=Outcome.DOWN, fault=Fault.STATUS, evidence=evidence)


async def test_the_variants_of_a_page_are_series_of_their_own_and_others_have_no_such_label(metrics):
    targets = [make_target(variant=variant) for variant in (None, "google", "tiktok")]
    metrics.watch(targets)
    metrics.record(UP)
    metrics.record(replace(UP, variant="google", vitals={"similarity": 0.5}))
    metrics.record(replace(UP, variant="tiktok", outcome=Outcome.DOWN, fault=Fault.STATUS))
    metrics.record(replace(UP, variant="bing"))
    found = await read(metrics)
    assert value(found, "landwatch_up") == 1
    assert value(found, "landwatch_up", variant="google") == 1
    assert value(found, "landwatch_up", variant="tiktok") == 0
    assert value(found, "landwatch_vital", variant="google", vital="similarity") == 0.5
    for name in ("landwatch_samples_total", "landwatch_runs_total", "landwatch_ttfb_seconds_bucket"):
        assert {one.labels.get("variant") for one in found[name]} <= {None, "google", "tiktok"}, name
    counted = [one.labels.get("variant") for one in found["landwatch_samples_total"] if one.value]
    assert counted == [None, "google", "tiktok"]
    metrics.watch(targets[1:])
    assert {one.labels.get("variant") for one in (await read(metrics))["landwatch_up"]} == {
        "google",
        "tiktok",
    }


async def test_a_page_without_evidence_has_no_series_of_it(metrics):
    metrics.record(UP)
    metrics.record(seen(edge={"network": None, "cache": None, "far": None}, dns={"ttl": None}))
    assert not set(OF_EVIDENCE) & (await read(metrics)).keys()
    assert b"landwatch_edge" not in await metrics.render(Format())


async def test_every_vital_gets_out_under_its_name_and_vanishes_with_the_sample_that_has_it_not(metrics):
    metrics.record(replace(UP, vitals={"http3_works": 1.0, "similarity": 0.25, "same_page": True}))
    found = await read(metrics)
    assert value(found, "landwatch_vital", vital="http3_works") == 1
    assert value(found, "landwatch_vital", vital="similarity") == 0.25
    assert value(found, "landwatch_vital", vital="same_page") == 1
    metrics.record(replace(UP, vitals={"similarity": 0.5, "a new kind's": -3}))
    found = await read(metrics)
    assert {one.labels["vital"]: one.value for one in found["landwatch_vital"]} == {
        "similarity": 0.5,
        "a new kind's": -3,
    }
    metrics.record(UP)
    assert "landwatch_vital" not in await read(metrics)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), 2**5000, None, "1", [1]])
async def test_a_vital_that_is_no_number_is_absent(metrics, odd):
    metrics.record(replace(UP, vitals={"odd": odd, "even": 2, "no\udcff name": 1, 7: 1, "": 1}))
    found = await read(metrics, Format(openmetrics=True))
    assert [(one.labels["vital"], one.value) for one in found["landwatch_vital"]] == [("even", 2)]


async def test_vitals_are_bounded(metrics):
    for first in (0, 30, 60):
        metrics.record(replace(UP, vitals={f"v{number}": 1.0 for number in range(first, first + 30)}))
    metrics.record(replace(UP, vitals={f"v{number}": 1.0 for number in range(200)}))
    found = await read(metrics)
    assert [one.labels["vital"] for one in found["landwatch_vital"]] == [f"v{n}" for n in range(MOST_VITALS)]


async def test_http3_is_what_was_found_and_absent_where_it_is_not_known(metrics):
    metrics.record(seen(http3=EVIDENCE["http3"]))
    found = await read(metrics)
    for state, expected in (("advertised", 1), ("advertised_dns", 0), ("works", 1), ("broken", 0)):
        assert value(found, "landwatch_http3", state=state) == expected
    metrics.record(seen(http3={"advertised": True, "works": None}))
    found = await read(metrics)
    assert [(one.labels["state"], one.value) for one in found["landwatch_http3"]] == [("advertised", 1)]
    metrics.record(UP)
    assert "landwatch_http3" not in await read(metrics)


async def test_what_a_browser_fetched_is_that_of_its_last_visit(metrics):
    metrics.record(seen(browser=EVIDENCE["browser"]))
    found = await read(metrics)
    fetched = {one.labels["kind"]: one.value for one in found["landwatch_fetched_bytes"]}
    assert fetched == dict.fromkeys(FETCHED_KINDS, 0) | {"document": 1200, "image": 5000}
    assert value(found, "landwatch_fetched_requests", kind="image") == 3
    assert value(found, "landwatch_third_party_bytes") == 4000
    assert value(found, "landwatch_third_party_requests") == 2
    metrics.record(down(browser={"profile": "mobile", "requests": None, "bytes": {}, "third_party": None}))
    assert not {name for name in await read(metrics) if "fetched" in name or "third_party" in name}


def test_every_kind_that_the_browser_tells_of_has_a_series():
    assert {*evidence._KINDS.values(), "other"} == set(FETCHED_KINDS)


async def test_the_edge_is_that_of_the_last_answer_only(metrics):
    metrics.record(seen(edge=EVIDENCE["edge"]))
    found = await read(metrics)
    where = {"network": "cloudflare", "pop": "FRA", "continent": "EU"}
    assert value(found, "landwatch_edge_info", **where) == 1
    assert value(found, "landwatch_edge_far") == 0
    metrics.record(seen(edge={"network": 'a "net"', "pop": "x" * 500, "continent": None, "far": True}))
    found = await read(metrics)
    (only,) = found["landwatch_edge_info"]
    # Prometheus takes an empty label for an absent one.
    assert (only.labels["network"], only.labels["pop"], only.labels["continent"]) == ('a "net"', "x" * 64, "")
    assert value(found, "landwatch_edge_far") == 1
    metrics.record(down())
    found = await read(metrics)
    assert "landwatch_edge_info" not in found
    assert "landwatch_edge_far" not in found


@pytest.mark.parametrize("odd", ["a\nb", "\udc80", "\0", 7, None])
async def test_what_can_not_be_shown_is_no_label(metrics, odd):
    metrics.record(seen(edge={"network": "fastly", "pop": odd}))
    (only,) = (await read(metrics))["landwatch_edge_info"]
    assert (only.labels["network"], only.labels["pop"]) == ("fastly", "")
    metrics.record(seen(edge={"network": odd, "pop": "FRA"}))
    assert "landwatch_edge_info" not in await read(metrics)


async def test_what_the_cache_did_is_counted_from_zero(metrics):
    metrics.record(seen(edge={"network": "fastly", "cache": None}))
    found = await read(metrics)
    assert {one.labels["status"]: one.value for one in found["landwatch_cache_responses_total"]} == (
        dict.fromkeys(STATUSES, 0)
    )
    for status in ("hit", "hit", "miss", "some new word"):
        metrics.record(seen(edge={"network": "fastly", "cache": status}))
    metrics.record(UP)
    found = await read(metrics)
    assert value(found, "landwatch_cache_responses_total", status="hit") == 2
    assert value(found, "landwatch_cache_responses_total", status="miss") == 1
    assert sum(one.value for one in found["landwatch_cache_responses_total"]) == 3


async def test_a_cache_of_a_network_that_is_not_known_counts_too(metrics):
    metrics.record(seen(edge={"network": None, "cache": "hit"}))
    found = await read(metrics)
    assert value(found, "landwatch_cache_responses_total", status="hit") == 1
    assert "landwatch_edge_info" not in found


async def test_addresses_are_those_of_the_last_round_while_the_page_is_up(metrics):
    metrics.record(seen(addresses={"seen": [], "up": 2, "down": 1}))
    for _ in range(3):
        metrics.record(UP)
    found = await read(metrics)
    assert value(found, "landwatch_addresses", state="up") == 2
    assert value(found, "landwatch_addresses", state="down") == 1
    metrics.record(down())
    assert "landwatch_addresses" not in await read(metrics)
    metrics.record(down(addresses={"seen": [], "up": 0, "down": 1}))
    found = await read(metrics)
    assert value(found, "landwatch_addresses", state="up") == 0
    assert value(found, "landwatch_addresses", state="down") == 1


@pytest.mark.parametrize(
    ("key", "evidence", "name", "expected"),
    [
        ("dns", {"ttl": 300}, "landwatch_dns_ttl_seconds", 300),
        ("dns", {"ttl": 0}, "landwatch_dns_ttl_seconds", 0),
        ("dns", {"ttl": None}, "landwatch_dns_ttl_seconds", None),
        ("shield", {"confidence": "none"}, "landwatch_shield_confidence", 0),
        ("shield", {"confidence": "weak"}, "landwatch_shield_confidence", 0.5),
        ("shield", {"confidence": "strong"}, "landwatch_shield_confidence", 1),
        ("shield", {"confidence": "another"}, "landwatch_shield_confidence", None),
        ("origins", [{"exposed": False}, {"exposed": True}, {"exposed": None}], ORIGIN.name, 1),
        ("origins", [{"exposed": False}, {"exposed": False}], ORIGIN.name, 0),
        ("origins", [{"exposed": False}, {"exposed": None}], ORIGIN.name, None),
        ("origins", [{"exposed": 1}, {"exposed": 0}], ORIGIN.name, None),
        ("origins", [], ORIGIN.name, None),
    ],
)
async def test_a_figure_is_what_was_seen_and_absent_where_nothing_was(metrics, key, evidence, name, expected):
    metrics.record(seen(**EVIDENCE))
    metrics.record(seen(**{key: evidence}))
    assert value(await read(metrics), name) == expected


@pytest.mark.parametrize("nothing", [None, {"seen": [], "up": None, "down": None}])
async def test_a_round_that_found_nothing_leaves_nothing_of_the_one_before(metrics, nothing):
    metrics.record(seen(addresses=EVIDENCE["addresses"], origins=EVIDENCE["origins"]))
    metrics.record(seen(addresses=nothing, origins=None))
    found = await read(metrics)
    assert "landwatch_addresses" not in found
    assert "landwatch_origin_exposed" not in found


async def test_origins_are_those_of_the_last_round_while_the_page_is_up(metrics):
    metrics.record(seen(origins=EVIDENCE["origins"]))
    metrics.record(UP)
    assert value(await read(metrics), "landwatch_origin_exposed") == 1
    metrics.record(down())
    assert value(await read(metrics), "landwatch_origin_exposed") is None


ODD: list[Any] = [
    True,
    0,
    -1.5,
    "text",
    [],
    [None],
    [[]],
    [1, "x", {}],
    {},
    {
        "up": "3",
        "down": [],
        "ttl": "soon",
        "confidence": [],
        "cache": {},
        "far": "no",
        "network": ["x"],
        "works": 1,
    },
    {"up": {}, "ttl": [], "confidence": {}, "cache": ["hit"], "network": ["x"]},
]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("key", sorted({reading.key for reading in READINGS} | {"edge", "tls"}))
async def test_evidence_of_an_odd_shape_says_nothing_and_stops_nothing(metrics, key, odd):
    metrics.record(seen(**{key: odd}))
    found = await read(metrics)
    assert value(found, "landwatch_up") == 1
    numbers = [one.value for name in OF_EVIDENCE for one in found.get(name, ())]
    assert not any(numbers)
    assert "landwatch_tls_expiry_timestamp_seconds" not in found


@pytest.mark.parametrize("end", ["soon", 5, None])
async def test_a_certificate_whose_end_can_not_be_read_has_no_expiry(metrics, end):
    metrics.record(UP)
    metrics.record(seen(tls={"not_after": end}))
    found = await read(metrics)
    assert value(found, "landwatch_up") == 1
    assert "landwatch_tls_expiry_timestamp_seconds" not in found


@pytest.mark.parametrize(
    "change", [{"tainted": ["cpu"]}, {"attempt": Attempt.BURST}], ids=["tainted", "burst"]
)
async def test_tainted_samples_and_bursts_say_nothing(metrics, change):
    metrics.record(replace(UP, evidence=EVIDENCE, vitals={"similarity": 0.5}))
    before = await read(metrics)
    other = {"edge": {"network": "fastly", "far": True, "cache": "miss"}, "dns": {"ttl": 1}}
    metrics.record(replace(UP, evidence=other, vitals={"similarity": 0.9}, **change))
    after = await read(metrics)
    for name in OF_EVIDENCE:
        assert after[name] == before[name]


@pytest.mark.parametrize("changed", [{"options": SimpleNamespace(origins=[])}, {"url": "https://b.test/"}])
async def test_a_reload_that_changes_what_is_looked_for_forgets_what_was_found(metrics, changed):
    metrics.record(replace(UP, evidence=EVIDENCE, vitals={"similarity": 0.5}))
    metrics.watch([make_target()])
    assert value(await read(metrics), "landwatch_addresses", state="up") == 2
    metrics.watch([make_target(**changed)])
    found = await read(metrics)
    assert found.keys() & set(OF_EVIDENCE) == {"landwatch_cache_responses_total"}
    assert value(found, "landwatch_cache_responses_total", status="hit") == 1
    assert value(found, "landwatch_samples_total", outcome="up", fault="", attempt="scheduled") == 1
    metrics.record(replace(UP, evidence=EVIDENCE))
    found = await read(metrics)
    assert len(found["landwatch_edge_info"]) == 1
    assert value(found, "landwatch_addresses", state="up") == 2


async def test_a_thousand_pages_with_evidence_are_rendered_whole():
    metrics = Metrics()
    metrics.watch([make_target(str(number)) for number in range(1000)])
    for number, page in itertools.product(range(2), range(1000)):
        metrics.record(replace(UP, page=str(page), evidence=EVIDENCE, vitals={"similarity": number}))
    found = await read(metrics, Format(gzip=True))
    metrics.close()
    assert len(found["landwatch_vital"]) == len(found["landwatch_edge_info"]) == 1000
    assert len(found["landwatch_addresses"]) == 2000
    assert {one.value for one in found["landwatch_vital"]} == {1}
