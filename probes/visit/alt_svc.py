"""What an origin says of where else it is served (Alt-Svc, RFC 7838).

A value that breaks the grammar is passed over and counted; the others stand. ``clear`` takes back every
alternative, those in the same response included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from probes.wire.addresses import Address
from probes.wire.exchange import Head

DEFAULT_MA = 86_400
"""Seconds that an alternative holds where it does not say (RFC 7838, section 3.1)."""

MOST_ALTERNATIVES = 32
"""How many values are read, and how many of each value's parameters."""

_LOOKED_AT = 16 * 1024
_LONGEST_MA = 2**31  # what a cache takes for any greater number (RFC 9111, section 1.2.2)

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PERCENT = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})+")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~-]{0,253}):(?P<port>[0-9]{1,5})")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One place where the origin is served too."""

    protocol: str
    """The ALPN name: ``h3``. Drafts such as ``h3-29`` are other protocols."""
    host: str | None
    """Another host than the origin's own: a name, or an address without brackets."""
    port: int
    ma: int = DEFAULT_MA
    """Seconds for which it may be used."""
    persist: bool = False
    """Whether it outlasts a change of the visitor's network."""

    @property
    def h3(self) -> bool:
        """Whether it leads a browser to HTTP/3: one that holds for no time leads nobody."""
        return self.protocol == "h3" and self.ma > 0

    def evidence(self) -> dict[str, Any]:
        """The alternative as evidence."""
        return {
            "protocol": self.protocol,
            "host": self.host,
            "port": self.port,
            "ma": self.ma,
            "persist": self.persist,
        }


@dataclass(frozen=True, slots=True)
class AltSvc:
    """All that one response says."""

    alternatives: tuple[Alternative, ...] = ()
    """In the order of the origin's preference."""
    cleared: bool = False
    malformed: int = 0
    """How many values were none."""

    @property
    def h3(self) -> Alternative | None:
        """The first alternative that is HTTP/3."""
        return next((each for each in self.alternatives if each.h3), None)


def alt_svc(head: Head) -> AltSvc:
    """What the response with ``head`` says, in one header or several."""
    values = [value for name, value in head.headers if name == b"alt-svc"]
    return parse_alt_svc(b",".join(values).decode("latin-1"))


def parse_alt_svc(text: str) -> AltSvc:
    """What the field's value ``text`` says; never raises."""
    found: list[Alternative] = []
    malformed = 0
    elements = [each for part in _split(text[:_LOOKED_AT], ",") if (each := part.strip(" \t"))]
    if "clear" in elements:
        return AltSvc(cleared=True)
    for element in elements[:MOST_ALTERNATIVES]:
        alternative = _alternative(element)
        if alternative is None:
            malformed += 1
        else:
            found.append(alternative)
    return AltSvc(tuple(found), malformed=malformed)


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts of ``text`` between separators that stand in no quoted string."""
    start, quoted, escaped = 0, False, False
    for position, letter in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and letter == "\\":
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif letter == separator and not quoted:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _alternative(element: str) -> Alternative | None:
    """``h3="host:443"; ma=60``, read; ``None`` where it is not of that form."""
    place, *rest = [part.strip(" \t") for part in _split(element, ";")][: MOST_ALTERNATIVES + 1]
    name, _, quoted = place.partition("=")
    authority = _unquoted(quoted)
    if authority is None or not _TOKEN.fullmatch(name) or not _PERCENT.fullmatch(name):
        return None
    found = _place(authority)
    parameters = _parameters(rest)
    if found is None or parameters is None:
        return None
    ma = parameters.get("ma", str(DEFAULT_MA))
    if not _DIGITS.fullmatch(ma):
        return None
    seconds = _LONGEST_MA if len(ma.lstrip("0")) > 10 else min(int(ma), _LONGEST_MA)
    return Alternative(
        protocol=unquote_to_bytes(name).decode("latin-1"),
        host=found[0],
        port=found[1],
        ma=seconds,
        persist=parameters.get("persist") == "1",
    )


def _place(authority: str) -> tuple[str | None, int] | None:
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return None
    host, port = match["host"].lower(), int(match["port"])
    if host.startswith("["):
        host = host.strip("[]")
        if ":" not in host or Address.parse(host) is None:
            return None
    return (host or None, port) if 0 < port < 65_536 else None


def _parameters(parts: list[str]) -> dict[str, str] | None:
    """The parameters by name, those that nobody knows included; ``None`` where one is none."""
    found: dict[str, str] = {}
    for part in filter(None, parts):
        name, _, value = part.partition("=")
        text = value if _TOKEN.fullmatch(value) else _unquoted(value)
        if text is None or not _TOKEN.fullmatch(name):
            return None
        found.setdefault(name.lower(), text)
    return found


def _unquoted(text: str) -> str | None:
    """What a quoted string holds (RFC 9110, section 5.6.4); ``None`` where ``text`` is none."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return None
    inner = text[1:-1]
    held, escaped = [], False
    for letter in inner:
        if escaped or letter not in '"\\':
            held.append(letter)
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            return None
    return None if escaped else "".join(held)
