"""The cache: how a network's edge says that its own cache was used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from probes.edge.fields import Fields

STATUSES = ("hit", "miss", "expired", "stale", "revalidated", "bypass", "dynamic")
"""What can be said. ``expired``: fetched anew, the copy was old; ``dynamic``: not taken for cacheable."""

_KEPT = 1024
_STANDARD = b"cache-status"
_PLAIN = (b"x-cache-status", b"x-cache")
_MOST_AGE = 2**31
"""RFC 9111, section 1.2.2."""

_WORDS = {
    "hit": "hit",
    "tcp_hit": "hit",
    "tcp_mem_hit": "hit",
    "tcp_ims_hit": "hit",
    "tcp_negative_hit": "hit",
    "tcp_remote_hit": "hit",
    "originshieldhit": "hit",
    "prerender": "hit",
    "miss": "miss",
    "tcp_miss": "miss",
    "expired": "expired",
    "tcp_refresh_miss": "expired",
    "tcp_expired_miss": "expired",
    "revalidated": "revalidated",
    "refreshhit": "revalidated",
    "tcp_refresh_hit": "revalidated",
    "stale": "stale",
    "updating": "stale",
    "hitstale": "stale",
    "hit-stale": "stale",
    "tcp_stale_hit": "stale",
    "tcp_refresh_fail_hit": "stale",
    "bypass": "bypass",
    "pass": "bypass",
    "config_nocache": "bypass",
    "private_nostore": "bypass",
    "dynamic": "dynamic",
}
_FORWARDED = {"bypass": "bypass", "method": "bypass", "request": "bypass", "stale": "expired"}


@dataclass(frozen=True, slots=True)
class CacheRule:
    """A header in which one network says how its edge's cache was used."""

    header: bytes
    last: bool
    """Whether the last of several is the edge's."""
    pattern: re.Pattern[str] | None
    """What finds the word, where it is not the first one."""

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Self:
        """The rule that the data file has."""
        pattern = entry.get("pattern")
        return cls(
            entry["header"].encode(), entry.get("take") == "last", re.compile(pattern) if pattern else None
        )

    def find(self, text: str) -> str | None:
        """The status in the header's ``text``."""
        if self.header == _STANDARD:
            return standard_status(text)
        if self.pattern is not None:
            match = self.pattern.search(text)
            return status_of(match[1]) if match else None
        return status_of(text, last=self.last)


ANYBODY = (
    CacheRule(_STANDARD, last=True, pattern=None),
    *(CacheRule(name, last=True, pattern=None) for name in _PLAIN),
)
"""Where a cache says it that belongs to no known network."""


def find_status(rules: Sequence[CacheRule], fields: Fields) -> str | None:
    """The first status that a rule finds."""
    for rule in rules:
        text = fields.get(rule.header)
        if text is not None and (found := rule.find(text)) is not None:
            return found
    return None


@lru_cache(maxsize=_KEPT)
def status_of(text: str, *, last: bool = False) -> str | None:
    """The status that stands at the start of the first (or ``last``) of the items of ``text``."""
    items = text.lower().split(",")
    words = items[-1 if last else 0].replace(";", " ").split()
    if words[:1] == ["cache"]:  # "Cache Hit"
        words = words[1:]
    return _WORDS.get(words[0]) if words else None


@lru_cache(maxsize=_KEPT)
def standard_status(text: str) -> str | None:
    """The status in RFC 9211's Cache-Status of the cache nearest to the visitor, which stands last."""
    parameters = {}
    # A comma or semicolon inside a quoted string only makes a parameter more that nobody knows.
    for part in text.rpartition(",")[2].lower().split(";")[1:]:
        name, _, value = part.partition("=")
        parameters[name.strip()] = value.strip()
    if parameters.get("hit", "?0") in ("", "?1"):
        return "stale" if parameters.get("ttl", "").startswith("-") else "hit"
    forwarded = parameters.get("fwd")
    if forwarded is None:
        return None
    if forwarded == "stale" and parameters.get("fwd-status") == "304":
        return "revalidated"
    return _FORWARDED.get(forwarded, "miss")


def age_of(text: str | None) -> int | None:
    """Seconds that the response has spent in caches, as its Age header has it."""
    first = (text or "").partition(",")[0].strip()
    if not (first.isascii() and first.isdigit()):
        return None
    return min(int(first), _MOST_AGE) if len(first) <= 20 else _MOST_AGE
