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

from probes.patterns import Marks
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
    body: tuple[bytes, ...]
    """Texts (ASCII, lower case) in the body."""
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
            headers=tuple((name.encode(), text.lower()) for name, text in entry.get("headers", {}).items()),
            body=tuple(text.lower().encode("ascii") for text in entry.get("body", [])),
            server=entry.get("server", ""),
        )
        for entry in table["signature"]
    )


@cache
def _for_status(status: int) -> tuple[Signature, ...]:
    return tuple(signature for signature in signatures() if status in signature.status)


@cache
def _told_by_head(status: int) -> tuple[Signature, ...]:
    """The signatures that can hold whatever the body says."""
    return tuple(one for one in _for_status(status) if one.headers or not one.body)


@cache
def _marks(status: int) -> Marks:
    return Marks(mark for signature in _for_status(status) for mark in signature.body)


def find_shield(head: Head, body: bytes) -> Signature | None:
    """The shield whose answer this is, or ``None`` where it is the page's own.

    ``body`` is empty where it is too large to be a challenge page's.
    """
    # Nearly every page has none of the marks: one pass tells, before they are looked for one by one.
    marked = bool(body) and _marks(head.status).found_in(body)
    candidates = _for_status(head.status) if marked else _told_by_head(head.status)
    if not candidates:
        return None
    server = (head.get(b"server") or "").lower()
    lowered = body.lower() if marked else b""
    for signature in candidates:
        if signature.server in server and _is_marked(signature, head, lowered):
            return signature
    return None


def _is_marked(signature: Signature, head: Head, lowered: bytes) -> bool:
    if not signature.headers and not signature.body:
        return True
    for name, mark in signature.headers:
        value = head.get(name)
        if value is not None and mark in value.lower():
            return True
    return any(mark in lowered for mark in signature.body)
