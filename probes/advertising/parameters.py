"""The arithmetic of parameters: adding them to an address, and finding where they got to.

Names and values are compared decoded (``%20`` and ``+`` are both a blank), capitals and small letters told
apart. Of a parameter that stands twice the first counts, as most analytics read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import httpx

SHOWN = 200
"""How many characters of a value go into the evidence."""
SHOWN_URL = 500
"""How many characters of an address go into the evidence."""


def pairs(query: str) -> Iterator[tuple[str, bytes]]:
    """The names and values in a query, decoded; values as bytes, for they may be in any charset."""
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            yield _decoded(name).decode("utf-8", "replace"), _decoded(value)


def values(url: str) -> dict[str, bytes]:
    """The parameters of an address, by name."""
    found: dict[str, bytes] = {}
    for name, value in pairs(query_of(url)):
        found.setdefault(name, value)
    return found


def query_of(url: str) -> str:
    """The query of an address, as it is written."""
    return url.partition("#")[0].partition("?")[2]


def add(url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """``url`` with those of ``parameters`` that it does not have yet; all that is there stays as it is."""
    base, hash_sign, fragment = url.partition("#")
    there = values(url)
    added = "&".join(
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters if name not in there
    )
    if not added:
        return url
    glue = "?" if "?" not in base else "" if base.endswith(("?", "&")) else "&"
    return f"{base}{glue}{added}{hash_sign}{fragment}"


@dataclass(slots=True)
class Fate:
    """What became of the parameters that were sent."""

    survived: list[str] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    """Name, the hop (counted from 1) at whose address it is missing since, and that address."""
    changed: list[dict[str, Any]] = field(default_factory=list)
    """Name, the hop at whose address its value is another since, and the last value."""
    returned: list[str] = field(default_factory=list)
    """Those of the survivors that were missing or changed on the way."""


def find_fate(sent: Mapping[str, bytes], urls: Sequence[str], fragment: str = "") -> Fate:
    """Where each of ``sent`` got to on the way through ``urls``; ``fragment`` is that of the last one."""
    fate = Fate()
    seen = [values(url) for url in urls]
    in_fragment = dict(pairs(fragment.rpartition("?")[2]))
    for name, value in sent.items():
        states = [_state(there, name, value) for there in seen]
        at = _since(states)
        if states[-1] is _State.LOST:
            lost = {"name": name, "at_hop": at, "url": urls[at - 1][:SHOWN_URL]}
            fate.lost.append(lost | {"in_fragment": name in in_fragment})
        elif states[-1] is _State.CHANGED:
            fate.changed.append({"name": name, "at_hop": at, "to": shown(seen[-1][name])})
        else:
            fate.survived.append(name)
            if at > 1:
                fate.returned.append(name)
    return fate


class _State(Enum):
    """What a hop's address has of a parameter."""

    WHOLE = auto()
    CHANGED = auto()
    LOST = auto()


def _state(there: Mapping[str, bytes], name: str, value: bytes) -> _State:
    if name not in there:
        return _State.LOST
    return _State.WHOLE if there[name] == value else _State.CHANGED


def _since(states: Sequence[_State]) -> int:
    """The hop, counted from 1, since which the state is what it is at the last one."""
    at = len(states)
    while at > 1 and states[at - 2] is states[-1]:
        at -= 1
    return at


def shown(value: bytes) -> str:
    """A value as text, for people."""
    return value.decode("utf-8", "replace")[:SHOWN]


Address = tuple[str, str, int | None, bytes, tuple[tuple[str, bytes], ...]]
"""What makes two addresses lead to the same page."""


def address(url: str, without: Collection[str]) -> Address | None:
    """``url`` without fragment and without the parameters ``without``, in whatever order they are.

    ``None`` where it is no address.
    """
    try:
        parsed = httpx.URL(url)
        port = parsed.port
    except (httpx.InvalidURL, ValueError):
        return None
    kept = sorted(pair for pair in pairs(parsed.query.decode("ascii")) if not _is_left_out(pair[0], without))
    path = unquote_to_bytes(parsed.raw_path.partition(b"?")[0] or b"/")
    return parsed.scheme, parsed.raw_host.decode("ascii").lower(), port, path, tuple(kept)


def _is_left_out(name: str, without: Collection[str]) -> bool:
    return name.startswith("utm_") or name in without


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.replace("+", " "))
