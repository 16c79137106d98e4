"""Server-Timing (w3.org/TR/server-timing): what the server says of where its own time went."""

from __future__ import annotations

import math
import re
from typing import Any

MOST_ENTRIES = 20
"""Entries of one response that are kept."""

LONGEST = 100
"""Characters of a name or a description that are kept."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?|\.[0-9]+")
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[^",;]++|[,;]', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parse_timing(text: str) -> list[dict[str, Any]]:
    """The entries: ``name``, ``duration`` (seconds) and ``description``, ``None`` where it is not given.

    An entry without a proper name is passed over, and so is a parameter that cannot be read.
    """
    found: list[dict[str, Any]] = []
    for parts in _entries(text):
        name = parts[0].strip()
        if _TOKEN.fullmatch(name):
            found.append(_entry(name, parts[1:]))
            if len(found) == MOST_ENTRIES:
                break
    return found


def _entries(text: str) -> list[list[str]]:
    """The parts of each entry: its name and its parameters."""
    if '"' not in text:
        return [entry.split(";") for entry in text.split(",")]
    entries = [[""]]
    for piece in _PIECE.findall(text):
        if piece == ",":
            entries.append([""])
        elif piece == ";":
            entries[-1].append("")
        else:
            entries[-1][-1] += piece
    return entries


def _entry(name: str, parameters: list[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name[:LONGEST], "duration": None, "description": None}
    seen = set()
    for parameter in parameters:
        key, given, value = parameter.partition("=")
        key = key.strip().lower()
        if key in seen or not given:  # the first one counts
            continue
        seen.add(key)
        if key == "dur":
            entry["duration"] = _seconds(_plain(value))
        elif key == "desc":
            entry["description"] = _plain(value)[:LONGEST]
    return entry


def _plain(value: str) -> str:
    value = value.strip()
    if value[:1] == '"':
        value = _ESCAPED.sub(r"\1", value[1:].removesuffix('"'))
    return value if value.isprintable() else "".join(letter for letter in value if letter.isprintable())


def _seconds(value: str) -> float | None:
    """The milliseconds in ``value`` as seconds."""
    if not _NUMBER.fullmatch(value):
        return None
    milliseconds = float(value)
    return round(milliseconds / 1000, 9) if math.isfinite(milliseconds) else None
