"""The networks that stand in front of pages, and the marks by which they are told (``networks.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from probes.edge.caching import CacheRule
from probes.edge.pop import PopRule


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One network."""

    name: str
    shields: bool
    """Whether all that passes through it is protected, as its operator says."""
    pop: tuple[PopRule, ...]
    cache: tuple[CacheRule, ...]
    timing: str | None
    """The entry of Server-Timing (in lower case) that says how the cache was used."""


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A header's value by which a network is told."""

    network: Network
    text: str
    """In lower case; empty where any value will do."""
    where: str
    """``=`` all of the value, ``^`` at its start, empty for anywhere."""
    reason: str

    def holds(self, value: str) -> bool:
        """Whether it is in ``value`` (in lower case)."""
        if self.where == "=":
            return value == self.text
        return value.startswith(self.text) if self.where == "^" else self.text in value


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """All networks, by what they are looked up by."""

    by_name: dict[str, Network]
    marks: dict[bytes, tuple[Mark, ...]]
    """By header."""
    domains: dict[str, Network]
    """By the domain of an alias."""


@cache
def atlas() -> Atlas:
    """What ``networks.toml`` has."""
    text = (files("probes.edge") / "networks.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)["network"]
    networks = {entry["name"]: _network(entry) for entry in entries}
    marks: dict[bytes, tuple[Mark, ...]] = {}
    domains = {}
    for entry in entries:
        network = networks[entry["name"]]
        for mark, header in _marks(network, entry["headers"]):
            marks[header] = (*marks.get(header, ()), mark)
        domains.update(dict.fromkeys(entry["cnames"], network))
    return Atlas(networks, marks, domains)


def _network(entry: dict[str, Any]) -> Network:
    return Network(
        name=entry["name"],
        shields=entry["shields"],
        pop=tuple(PopRule.read(rule) for rule in entry.get("pop", [])),
        cache=tuple(CacheRule.read(rule) for rule in entry.get("cache", [])),
        timing=entry.get("timing"),
    )


def _marks(network: Network, headers: dict[str, str | list[str]]) -> Iterator[tuple[Mark, bytes]]:
    for header, texts in headers.items():
        for text in [texts] if isinstance(texts, str) else texts:
            where = text[0] if text[:1] in ("=", "^") else ""
            wanted = text.removeprefix(where)
            reason = f"the header {header} has {wanted.strip()!r}" if wanted else f"the header {header}"
            yield Mark(network, wanted, where, reason), header.encode()
