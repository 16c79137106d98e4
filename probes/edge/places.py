"""Places: city, country and continent of the airports by whose codes networks name their places."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from probes.edge.airports import Row, small_table

_KEPT = 1024
"""Places that are kept ready; a page is served from few."""

_TWO_CONTINENTS = "RU"
_ZONES = {"Asia": "AS", "Europe": "EU"}
_COUNTRY = {"UK": "GB"}
"""What networks write in the place of a country's code."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. What is not known is ``None``."""

    city: str | None
    country: str | None
    """ISO 3166-1 alpha-2."""
    continent: str | None
    """AF, AN, AS, EU, NA, OC or SA."""


@lru_cache(maxsize=_KEPT)
def place_of(code: str) -> Place | None:
    """Where the airport or city with this IATA code (three capitals) lies."""
    table = _airports()
    key = f"\n{code}\t".encode(errors="replace")
    start = table.find(key)
    if start < 0:
        return None
    start += len(key)
    city, country, continent = table[start : table.index(b"\n", start)].decode().split("\t")
    return Place(city or None, country, continent or None)


@lru_cache(maxsize=_KEPT)
def country_of(code: str) -> Place | None:
    """A country (by its code, in any case) as a place of which nothing more is known."""
    country = code.upper()
    country = _COUNTRY.get(country, country)
    continent = _continents().get(country)
    return Place(None, country, continent) if continent else None


def prepare() -> None:
    """Read the tables, so that the first page need not wait for them."""
    _airports()


@cache
def _airports() -> bytes:
    return small_table(_continent_of)


def _continent_of(row: Row) -> str:
    code, _, country, zone = row
    if code in _astray():
        return _astray()[code]
    if country == _TWO_CONTINENTS:
        return _ZONES.get(zone.partition("/")[0], "")
    return _continents().get(country, "")


@cache
def _continents() -> dict[str, str]:
    return _turned("countries")


@cache
def _astray() -> dict[str, str]:
    """Airports that do not lie on their country's continent."""
    return _turned("airports")


def _turned(name: str) -> dict[str, str]:
    text = (files("probes.edge") / "continents.toml").read_text(encoding="utf-8")
    table: dict[str, str] = tomllib.loads(text)[name]
    return {code: continent for continent, codes in table.items() for code in codes.split()}
