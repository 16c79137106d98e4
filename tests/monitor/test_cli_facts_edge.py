from __future__ import annotations

from typing import Any

from storing import make_sample

from monitor.cli.facts import edge, shield

KEYS = ("network", "pop", "city", "country", "continent", "far", "cache", "age")


def edge_facts(**said: Any) -> dict[str, str]:
    found = {**dict.fromkeys(KEYS), "by": [], "server_timing": [], **said}
    return dict(edge.facts(make_sample(evidence={"edge": found})))


def shield_facts(**said: Any) -> dict[str, str]:
    found = {"confidence": "none", "network": None, "reasons": [], **said}
    return dict(shield.facts(make_sample(evidence={"shield": found})))


def test_who_answered_from_where_is_said_with_the_reasons() -> None:
    place = {"pop": "FRA", "city": "Frankfurt am Main", "country": "DE", "continent": "EU", "far": False}
    said = edge_facts(network="Fastly", by=["the header x-timer", "an alias"], **place)
    assert said == {"edge": "Fastly at FRA, Frankfurt am Main, DE, EU: the header x-timer; an alias"}


def test_another_continent_is_told() -> None:
    said = edge_facts(network="Fastly", by=["x"], pop="FRA", continent="EU", far=True)
    assert said["edge"] == "Fastly at FRA, EU, another continent than the region's: x"


def test_a_network_without_a_place_is_named_alone() -> None:
    assert edge_facts(network="Qrator", by=["x"])["edge"] == "Qrator: x"


def test_cache_and_age_are_said_where_they_are_known() -> None:
    assert edge_facts(cache="hit", age=1234)["cache"] == "hit, 1,234 s old"
    assert edge_facts(cache="miss")["cache"] == "miss"
    assert edge_facts(age=0)["cache"] == "0 s old"


def test_server_timing_is_listed_and_safe_for_a_terminal() -> None:
    timing = [
        {"name": "db", "duration": 0.053, "description": None},
        {"name": "app", "duration": None, "description": "\x1b[31m"},
    ]
    assert edge_facts(server_timing=timing)["server timing"] == "db 53.0 ms, app (\ufffd[31m)"


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert edge_facts() == {}
    assert list(edge.facts(make_sample(evidence={}))) == []
    assert list(shield.facts(make_sample(evidence={}))) == []


def test_signs_of_a_shield_are_said_with_their_strength() -> None:
    said = shield_facts(confidence="strong", network="Cloudflare", reasons=["a", "b"])
    assert said == {"shield": "strong signs of Cloudflare: a; b"}
    assert shield_facts(confidence="weak", reasons=["a"]) == {"shield": "weak signs: a"}
    assert shield_facts() == {"shield": "no sign of one"}
