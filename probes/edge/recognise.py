"""Recognition: which network answered, told by the address, the aliases and the headers of a response.

It runs on every visit and is total: whatever a server sends, it says something or nothing, and never fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from probes.edge.caching import ANYBODY, STATUSES, age_of, find_status, status_of
from probes.edge.fields import Fields, gather
from probes.edge.networks import Mark, Network, atlas
from probes.edge.owners import owner_of, ranges
from probes.edge.places import prepare as prepare_places
from probes.edge.pop import find_pop
from probes.edge.timing import parse_timing
from probes.wire.exchange import Headers

__all__ = ["RATE_LIMITS", "STATUSES", "Recognised", "edge_evidence", "prepare", "recognise"]

RATE_LIMITS = (
    b"ratelimit",
    b"ratelimit-policy",
    b"ratelimit-limit",
    b"x-ratelimit-limit",
    b"x-rate-limit-limit",
    b"retry-after",
)
"""Headers that say how many requests are taken."""

_TIMING, _AGE = b"server-timing", b"age"
_ALIASES = 1024
"""Chains of aliases whose networks are kept ready."""
_TEXTS = 1024
"""Headers' texts whose marks are kept ready."""
_MOST_CNAMES = 20
_ALIAS_WEIGHT = 3
"""An alias counts as much as so many headers: a header is passed on by whatever stands in front."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which network answered, and how that is known."""

    network: Network | None
    by: tuple[str, ...]
    """The reasons, in words."""
    owned: bool
    """Whether the address is the network's own, as the network publishes it."""
    aliased: bool
    """Whether an alias of the host is the network's."""
    headed: bool
    """Whether a header is."""
    fields: Fields


def recognise(headers: Headers, cnames: Sequence[str], address: str | None) -> Recognised:
    """Tell the network that answered. ``address`` is the one that was connected to, if it is the page's."""
    fields = gather(headers, _wanted())
    owner = owner_of(address) if address is not None else None
    alias = _alias_of(tuple(cnames[-_MOST_CNAMES:])) if cnames else None
    told = _told_by(fields)
    if owner is not None:
        network: Network | None = atlas().by_name[owner]
    else:
        network = _likeliest(told, alias[0] if alias else None)
    if network is None:
        return Recognised(None, (), owned=False, aliased=False, headed=False, fields=fields)
    by = [f"the address is one of {network.name}'s"] if owner is not None else []
    aliased = alias is not None and alias[0] is network
    if alias is not None and aliased:
        by.append(alias[1])
    reasons = told.get(network, [])
    by += reasons
    return Recognised(network, tuple(by), owner is not None, aliased, bool(reasons), fields)


def edge_evidence(seen: Recognised, continent: str | None) -> dict[str, Any]:
    """What is known of the edge, for a visit from a region on ``continent``."""
    network, fields = seen.network, seen.fields
    timing = parse_timing(fields[_TIMING]) if _TIMING in fields else []
    pop, place = find_pop(network.pop, fields) if network else (None, None)
    status = find_status(network.cache if network else ANYBODY, fields)
    if status is None and network is not None and network.timing is not None:
        status = _timed(timing, network.timing)
    there = place.continent if place else None
    return {
        "network": network.name if network else None,
        "by": list(seen.by),
        "pop": pop,
        "city": place.city if place else None,
        "country": place.country if place else None,
        "continent": there,
        "far": there != continent if there and continent else None,
        "cache": status,
        "age": age_of(fields.get(_AGE)),
        "server_timing": timing,
    }


def prepare() -> None:
    """Read what is known of networks and places, so that the first visit need not wait for it."""
    atlas()
    ranges()
    prepare_places()


@cache
def _wanted() -> frozenset[bytes]:
    names = {_TIMING, _AGE, *RATE_LIMITS, *atlas().marks, *(rule.header for rule in ANYBODY)}
    for network in atlas().by_name.values():
        names.update(rule.header for rule in network.pop)
        names.update(rule.header for rule in network.cache)
    return frozenset(names)


def _told_by(fields: Fields) -> dict[Network, list[str]]:
    """The networks whose marks are in the headers, with the reasons."""
    told: dict[Network, list[str]] = {}
    marks = atlas().marks
    for name, text in fields.items():
        if name in marks:
            for mark in _told(name, text):
                told.setdefault(mark.network, []).append(mark.reason)
    return told


@lru_cache(maxsize=_TEXTS)
def _told(header: bytes, text: str) -> tuple[Mark, ...]:
    """The marks in a header's ``text``, which for most headers is the same at every visit."""
    lowered = text.lower()
    return tuple(mark for mark in atlas().marks[header] if not mark.text or mark.holds(lowered))


def _likeliest(told: dict[Network, list[str]], alias: Network | None) -> Network | None:
    weights = {network: len(reasons) for network, reasons in told.items()}
    if alias is not None:
        weights[alias] = weights.get(alias, 0) + _ALIAS_WEIGHT
    if len(weights) < 2:
        return next(iter(weights), None)
    # In the order of the data file, so that equals do not depend on the order of headers.
    return max((one for one in atlas().by_name.values() if one in weights), key=weights.__getitem__)


@lru_cache(maxsize=_ALIASES)
def _alias_of(cnames: tuple[str, ...]) -> tuple[Network, str] | None:
    """The network of the alias nearest to the address, and the reason in words."""
    domains = atlas().domains
    for cname in reversed(cnames):
        domain = cname.lower().rstrip(".")
        while domain:
            if domain in domains:
                return domains[domain], f"the host is an alias of a name in {domain}"
            domain = domain.partition(".")[2]
    return None


def _timed(timing: list[dict[str, Any]], name: str) -> str | None:
    for entry in timing:
        if entry["name"].lower() == name and entry["description"]:
            return status_of(entry["description"])
    return None
