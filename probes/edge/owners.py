"""Owners: the network in whose published ranges an address lies."""

from __future__ import annotations

import socket
import tomllib
from bisect import bisect_right
from functools import cache, lru_cache
from importlib.resources import files

_KEPT = 4096
"""Addresses whose owners are kept ready."""

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}

Ranges = tuple[list[int], list[int], list[str]]
"""First addresses in ascending order, and the last address and the owner of each."""


@lru_cache(maxsize=_KEPT)
def owner_of(address: str) -> str | None:
    """The name of the network that publishes ``address`` as its own; ``None`` where none does."""
    version = 6 if ":" in address else 4
    try:
        number = _number(address, version)
    except (OSError, ValueError):
        return None
    first, last, owner = ranges()[version]
    place = bisect_right(first, number) - 1
    return owner[place] if place >= 0 and number <= last[place] else None


@cache
def ranges() -> dict[int, Ranges]:
    """All published ranges, by the version of IP."""
    text = (files("probes.edge") / "ranges.toml").read_text(encoding="utf-8")
    found: dict[int, list[tuple[int, int, str]]] = {4: [], 6: []}
    for entry in tomllib.loads(text)["list"]:
        for written in entry["ranges"].split():
            network, _, bits = written.partition("/")
            version = 6 if ":" in network else 4
            start = _number(network, version)
            size = 1 << ((128 if version == 6 else 32) - int(bits))
            found[version].append((start, start + size - 1, entry["network"]))
    return {version: _sorted(rows) for version, rows in found.items()}


def _sorted(rows: list[tuple[int, int, str]]) -> Ranges:
    rows.sort()
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _number(address: str, version: int) -> int:
    return int.from_bytes(socket.inet_pton(_FAMILIES[version], address))
