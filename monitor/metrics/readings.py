"""What the pieces of a sample's evidence come to as numbers: pure, and whatever their shape.

Evidence is written by the probes, and not all of them are of this version. What is not said, or not said in a
way that is known here, is ``None``: its series is absent, and no number is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.metrics import declared
from monitor.metrics.block import Number
from monitor.metrics.declared import Family

_TOO_LARGE = 2.0**63
"""What is no figure of ours, infinity included."""
LONGEST_WORD = 64
"""Characters of a label's value that came with a response."""
_CONFIDENCE = {"none": 0, "weak": 0.5, "strong": 1}


@dataclass(frozen=True, slots=True)
class Reading:
    """How one piece of evidence is read into the series of one family."""

    key: str
    """The key of the evidence."""
    family: Family
    read: Callable[[Any], Sequence[Number]]
    """The numbers, one for each of ``labels``."""
    labels: tuple[Mapping[str, str], ...] = ({},)
    """What tells the series apart, where there are several."""
    of_round: bool = False
    """Whether only some samples have it: in those without its key it is as it was, while the page is up."""


def number(value: Any) -> Number:
    """A number that says something, as it is rendered."""
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int | float) and abs(value) < _TOO_LARGE else None


def part(found: Any, key: str) -> Any:
    """What a piece of evidence has under ``key``."""
    return found.get(key) if isinstance(found, dict) else None


def word(value: Any) -> str:
    """A text as the value of a label; empty where it is none that can be shown."""
    return value[:LONGEST_WORD] if isinstance(value, str) and value.isprintable() else ""


def moment(value: Any) -> Number:
    """A time, written as RFC 3339, in seconds since 1970."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _flag(value: Any) -> Number:
    return int(value) if isinstance(value, bool) else None


def _http3(found: Any) -> list[Number]:
    return [_flag(part(found, state)) for state in HTTP3_STATES]


def _far(found: Any) -> list[Number]:
    return [_flag(part(found, "far"))]


def _addresses(found: Any) -> list[Number]:
    """As the round counted them: an address that was not looked at is neither up nor down."""
    return [number(part(found, state)) for state in ADDRESS_STATES]


def _ttl(found: Any) -> list[Number]:
    return [number(part(found, "ttl"))]


def _confidence(found: Any) -> list[Number]:
    word = part(found, "confidence")
    return [_CONFIDENCE.get(word) if isinstance(word, str) else None]


def _exposed(found: Any) -> list[Number]:
    """One that is exposed is enough for 1; that none is takes that all are known."""
    exposed = [part(origin, "exposed") for origin in found] if isinstance(found, list) else []
    if any(value is True for value in exposed):
        return [1]
    return [0 if exposed and all(value is False for value in exposed) else None]


def _fetched(key: str) -> Callable[[Any], list[Number]]:
    """By kind; what a visit that fetched something has nothing of is 0."""

    def read(found: Any) -> list[Number]:
        counted = part(found, key)
        if not isinstance(counted, dict) or not counted:
            return [None] * len(FETCHED_KINDS)
        return [number(counted.get(kind, 0)) for kind in FETCHED_KINDS]

    return read


def _third_party(key: str) -> Callable[[Any], list[Number]]:
    return lambda found: [number(part(part(found, "third_party"), key))]


def _states(states: Sequence[str]) -> tuple[Mapping[str, str], ...]:
    return tuple({"state": state} for state in states)


HTTP3_STATES = ("advertised", "advertised_dns", "works", "broken")
ADDRESS_STATES = ("up", "down")
FETCHED_KINDS = ("document", "style", "script", "image", "font", "media", "fetch", "websocket", "other")
_KINDS = tuple({"kind": kind} for kind in FETCHED_KINDS)

READINGS = (
    Reading("http3", declared.HTTP3, _http3, _states(HTTP3_STATES)),
    Reading("edge", declared.EDGE_FAR, _far),
    Reading("addresses", declared.ADDRESSES, _addresses, _states(ADDRESS_STATES), of_round=True),
    Reading("dns", declared.DNS_TTL, _ttl),
    Reading("shield", declared.SHIELD, _confidence),
    Reading("origins", declared.ORIGIN, _exposed, of_round=True),
    Reading("browser", declared.FETCHED_BYTES, _fetched("bytes"), _KINDS),
    Reading("browser", declared.FETCHED_REQUESTS, _fetched("requests"), _KINDS),
    Reading("browser", declared.THIRD_PARTY_BYTES, _third_party("bytes")),
    Reading("browser", declared.THIRD_PARTY_REQUESTS, _third_party("requests")),
)
"""The families whose series are known beforehand; what else there is has a method in the series."""
