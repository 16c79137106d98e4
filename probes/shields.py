"""Shields: whether an answer is a challenge or rate-limit page that stands in the page's place.

The signatures are data (``shields.toml``). A signature holds when its status fits and one of its marks is
found; marks in the body count only in small bodies, because a challenge page is small and a real page may
talk about anything.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from probes.wire.exchange import Head

LOOKED_AT_BYTES = 64 * 1024
"""How much of a body is looked at; a larger body is no challenge page."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How one shield's answer is told."""

    shield: str
    says: str
    """What the answer is, in words."""
    status: frozenset[int]
    headers: tuple[tuple[bytes, str], ...]
    """Header names and a text (lower case) in their value; an empty text takes any value."""
    body: tuple[str, ...]
    """Texts (lower case) in the body."""
    server: str
    """A text (lower case) that the Server header must have beside the marks; empty for any server."""


@cache
def signatures() -> tuple[Signature, ...]:
    """The signatures, in the order in which they are tried."""
    table = tomllib.loads((files("probes") / "shields.toml").read_text(encoding="utf-8"))
    return tuple(
        Signature(
            shield=entry["shield"],
            says=entry["says"],
            status=frozenset(entry["status"]),
            headers=tuple(
                (name.lower().encode(), text.lower()) for name, text in entry.get("headers", {}).items()
            ),
            body=tuple(text.lower() for text in entry.get("body", [])),
            server=entry.get("server", "").lower(),
        )
        for entry in table["signature"]
    )


def find_shield(head: Head, text: str) -> Signature | None:
    """The shield whose answer this is, or ``None`` where it is the page's own.

    ``text`` is the body's text, or empty where it is too large to be a challenge page.
    """
    lowered: str | None = None
    for signature in signatures():
        if head.status not in signature.status:
            continue
        if signature.server and signature.server not in (head.get(b"server") or "").lower():
            continue
        if any(
            mark in (head.get(name) or "").lower() and head.get(name) is not None
            for name, mark in signature.headers
        ):
            return signature
        if signature.body:
            lowered = text.lower() if lowered is None else lowered
            if any(mark in lowered for mark in signature.body):
                return signature
        if not signature.headers and not signature.body:
            return signature
    return None
