from __future__ import annotations

import tomllib
from importlib.resources import files
from itertools import pairwise

import airportsdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.edge.networks import atlas
from probes.edge.owners import owner_of, ranges
from probes.edge.places import Place, country_of, place_of

CONTINENTS = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"}


def test_no_two_ranges_overlap_and_each_has_a_known_owner() -> None:
    for first, last, owner in ranges().values():
        assert all(start <= end for start, end in zip(first, last, strict=True))
        assert all(end < start for end, (_, start) in zip(last, pairwise(first), strict=False))
        assert set(owner) <= atlas().by_name.keys()
    assert len(ranges()[4][0]) > 300
    assert len(ranges()[6][0]) > 100


def test_every_list_of_ranges_has_its_day() -> None:
    lists = tomllib.loads((files("probes.edge") / "ranges.toml").read_text(encoding="utf-8"))["list"]
    assert len({entry["network"] for entry in lists}) == len(lists) == 8
    assert all(entry["as_of"].year >= 2025 for entry in lists)


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("173.245.48.0", "Cloudflare"),
        ("173.245.63.255", "Cloudflare"),
        ("173.245.64.0", None),
        ("173.245.47.255", None),
        ("2606:4700::6810:84e5", "Cloudflare"),
        ("2606:4701::", None),
        ("::1", None),
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("151.101.1.1", "Fastly"),
        ("2600:9000:2000::1", "CloudFront"),
        ("23.32.0.1", "Akamai"),
        ("142.250.1.1", "Google"),
        ("45.60.1.1", "Imperva"),
        ("192.88.135.1", "Sucuri"),
        ("13.107.213.1", "Azure Front Door"),
        ("127.0.0.1", None),
        ("no address", None),
        ("1.2.3", None),
        ("\udcff\0", None),
        ("fe80::1%eth0", None),
    ],
)
def test_an_address_is_a_networks_to_the_edges_of_its_ranges(address: str, owner: str | None) -> None:
    assert owner_of(address) == owner


@given(st.ip_addresses())
def test_the_owner_of_an_address_is_that_of_the_range_that_holds_it(address: object) -> None:
    first, last, owner = ranges()[address.version]  # type: ignore[attr-defined]
    number = int(address)  # type: ignore[call-overload]
    holding = {who for start, end, who in zip(first, last, owner, strict=True) if start <= number <= end}
    assert {owner_of(str(address))} - {None} == holding


def test_every_airport_has_a_country_with_a_continent() -> None:
    airports = airportsdata.load("IATA")
    for code, airport in airports.items():
        place = place_of(code)
        assert place is not None
        assert place.country == airport["country"]
        assert place.continent in CONTINENTS, code


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("FRA", Place("Frankfurt am Main", "DE", "EU")),
        ("NRT", Place("Tokyo", "JP", "AS")),
        ("TYO", Place("Tokyo", "JP", "AS")),
        ("LON", Place("London", "GB", "EU")),
        ("EZE", Place("Buenos Aires", "AR", "SA")),
        ("VVO", Place("Vladivostok", "RU", "AS")),
        ("LED", Place("St. Petersburg", "RU", "EU")),
        ("IST", Place("Istanbul", "TR", "EU")),
        ("SAW", Place("Istanbul", "TR", "AS")),
        ("QPG", Place(None, "SG", "AS")),
        ("JNB", Place("Johannesburg", "ZA", "AF")),
        ("SYD", Place("Sydney", "AU", "OC")),
        ("MEX", Place("Mexico City", "MX", "NA")),
        ("QQQ", None),
        ("", None),
        ("\t", None),
        ("\ud800", None),
    ],
)
def test_a_code_is_turned_into_city_country_and_continent(code: str, place: Place | None) -> None:
    assert place_of(code) == place


def test_a_country_is_a_place_too() -> None:
    assert country_of("de") == Place(None, "DE", "EU")
    assert country_of("UK") == Place(None, "GB", "EU")
    assert country_of("XX") is None
