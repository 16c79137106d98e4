"""Strict-Transport-Security: how long browsers are told to stay encrypted (RFC 6797, section 6.1)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from probes.wire.addresses import Address

LONG_ENOUGH = 180 * 86_400
"""Seconds of ``max-age`` from which on it counts, as SSL Labs has it."""

_DIRECTIVE = re.compile(r"""\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("[^"]*"|[^\s";]+)\s*)?""")
_MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Hsts:
    """What the header says."""

    present: bool = False
    max_age: int | None = None
    """Seconds; ``None`` where the header is not one that browsers heed."""
    include_subdomains: bool = False
    preload: bool = False
    """Whether it consents to be put into browsers (which is not in the RFC, and does not say that it is)."""

    @property
    def long(self) -> bool:
        """Whether browsers are told for long enough."""
        return self.max_age is not None and self.max_age >= LONG_ENOUGH

    def facts(self) -> dict[str, Any]:
        """The header as evidence."""
        return asdict(self)


def read_hsts(header: str | None, host: str) -> Hsts:
    """What the first such header says; of a host that is an address browsers heed none."""
    if header is None:
        return Hsts()
    directives: dict[str, str | None] = {}
    for part in header.split(";"):
        if not part.strip():
            continue
        match = _DIRECTIVE.fullmatch(part)
        name = match[1].lower() if match else None
        if match is None or name is None or name in directives:
            return Hsts(present=True)  # one that breaks the grammar is not heeded at all
        directives[name] = match[2].strip('"') if match[2] else None
    age = directives.get("max-age")
    valid = age is not None and age.isascii() and age.isdecimal() and Address.parse(host) is None
    return Hsts(
        present=True,
        max_age=int(age[:_MOST_DIGITS]) if valid and age is not None else None,
        include_subdomains=valid and "includesubdomains" in directives,
        preload=valid and "preload" in directives,
    )
