from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from storing import make_sample

from monitor.edge_summary import EdgeSummary
from probes.sample import Attempt, Outcome, Sample
from storage.store import Store


def sample(number: int = 0, *, changes: dict[str, Any] | None = None, **edge: Any) -> Sample:
    """A sample with evidence of an edge, of which ``edge`` is what is known."""
    keys = ("network", "pop", "city", "country", "continent", "far", "cache", "age")
    said = {**dict.fromkeys(keys), "by": [], "server_timing": [], **edge}
    return make_sample(number, **{"evidence": {"edge": said}, **(changes or {})})


def rows(*samples: Sample) -> list[dict[str, Any]]:
    summary = EdgeSummary()
    summary.add(samples)
    return [row.plain() for row in summary.rows()]


def test_places_networks_and_continents_are_counted_the_most_frequent_first() -> None:
    frankfurt = {"network": "Fastly", "pop": "FRA", "city": "Frankfurt am Main", "continent": "EU"}
    (row,) = rows(
        sample(1, network="Fastly", pop="LGA", continent="NA"),
        sample(2, **frankfurt),
        sample(3, **frankfurt),
        sample(4),
    )
    assert row["visits"] == 4
    assert list(row["networks"].items()) == [("Fastly", 3), ("unknown", 1)]
    assert list(row["pops"].items()) == [("FRA (Frankfurt am Main)", 2), ("LGA", 1)]
    assert list(row["continents"].items()) == [("EU", 2), ("NA", 1)]


def test_the_share_of_hits_is_that_of_the_visits_with_a_status() -> None:
    (row,) = rows(sample(1, cache="hit"), sample(2, cache="stale"), sample(3), sample(4, cache="hit"))
    assert row["cache"] == {"hit": 2, "stale": 1}
    assert row["hit_ratio"] == 2 / 3


def test_the_share_from_another_continent_is_that_of_the_visits_of_which_it_is_known() -> None:
    (row,) = rows(sample(1, far=True), sample(2, far=False), sample(3), sample(4, far=False))
    assert (row["far"], row["far_ratio"]) == (1, 1 / 3)


def test_what_is_not_known_is_null_and_never_nought() -> None:
    (row,) = rows(sample())
    assert (row["hit_ratio"], row["far"], row["far_ratio"]) == (None, None, None)


def test_each_page_has_a_row_for_each_region() -> None:
    found = rows(
        sample(1, changes={"vendor": "b", "page": "x"}),
        sample(2, changes={"vendor": "a", "page": "y", "region": "us"}),
        sample(3, changes={"vendor": "a", "page": "y", "region": "eu"}),
        sample(4, changes={"vendor": "a", "page": "y", "region": "eu"}),
    )
    assert [(row["vendor"], row["page"], row["region"], row["visits"]) for row in found] == [
        ("a", "y", "eu", 2),
        ("a", "y", "us", 1),
        ("b", "x", "eu-west", 1),
    ]


def test_bursts_and_visits_that_nobody_answered_are_not_counted() -> None:
    found = rows(
        sample(1, changes={"attempt": Attempt.BURST}),
        make_sample(2, outcome=Outcome.DOWN, evidence={}),
        sample(3, changes={"outcome": Outcome.DOWN}),
    )
    assert [row["visits"] for row in found] == [1]


def test_a_real_store_is_summed_up_as_it_is_read(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'store.db'}")) as store:
        store.add([sample(number, network="Fastly", pop="FRA", far=False) for number in range(1200)])
        summary = EdgeSummary()
        summary.add(store.samples())
    (row,) = summary.rows()
    assert (row.visits, row.pops["FRA"], row.far_ratio) == (1200, 1200, 0.0)
