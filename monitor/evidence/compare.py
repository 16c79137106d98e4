"""Holds two reports against each other, field by field, and says in words what differs. Pure.

Numbers must be equal to a part in a thousand million. On the machine that made a bundle they are equal to the
last bit (sketches and sums are whole numbers); another one's mathematical library may round the last bit of
a logarithm differently.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

CLOSE = 1e-9
"""How far two numbers may lie apart, as a share of the larger."""


def differences(told: Any, made: Any, *, lenient: bool = False) -> list[str]:
    """What differs between a report that was told and one that was made again, both as JSON has them.

    ``lenient``: what only the second one has does not matter, as it is of a later version.
    """
    return list(_Comparing(lenient).reports(told, made))


class _Comparing:
    def __init__(self, lenient: bool) -> None:
        self._lenient = lenient

    def reports(self, told: Any, made: Any) -> Iterator[str]:
        """The two as a whole, then page by page."""
        told, made = _mapping(told), _mapping(made)
        yield from self.values("the report", {**told, "pages": None}, {**made, "pages": None})
        before, after = _named(told.get("pages"), "vendor", "page"), _named(made["pages"], "vendor", "page")
        for name in [*before, *(name for name in after if name not in before)]:
            yield from self.pages(name, before.get(name), after.get(name))

    def pages(self, name: str, told: Any, made: Any) -> Iterator[str]:
        """One page: its verdicts by objective, its outages by when they began."""
        if told is None or made is None:
            yield _absent(f"page {name}", told)
            return
        for key, noun, by in (
            ("verdicts", "verdict", ("objective",)),
            ("outages", "outage", ("probe", "scope", "first_bad")),
        ):
            before, after = _named(told.get(key), *by), _named(made.get(key), *by)
            for each in [*before, *(one for one in after if one not in before)]:
                words = f"{name}, {noun} {each}"
                if each not in before or each not in after:
                    yield _absent(words, before.get(each))
                else:
                    yield from self.values(words, before[each], after[each])
        rest = {"verdicts": None, "outages": None}
        yield from self.values(name, {**told, **rest}, {**made, **rest})

    def values(self, where: str, told: Any, made: Any) -> Iterator[str]:
        """Two values of the same place."""
        if isinstance(told, dict) and isinstance(made, dict):
            for key in [*told, *(key for key in made if key not in told)]:
                if key not in told and self._lenient:
                    continue
                place = f"{where}: `{key}`" if ": `" not in where else f"{where[:-1]}.{key}`"
                yield from self.values(place, told.get(key, _NOTHING), made.get(key, _NOTHING))
        elif not _alike(told, made):
            yield f"{where} is {_shown(told)}, and what the bundle holds makes it {_shown(made)}"


_NOTHING = object()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _named(items: Any, *keys: str) -> dict[str, Mapping[str, Any]]:
    """Items of a list by what they are about."""
    found: dict[str, Mapping[str, Any]] = {}
    for item in items if isinstance(items, list) else ():
        held = _mapping(item)
        name = ("/" if "vendor" in keys else " ").join(str(held.get(key)) for key in keys)
        found[name if name not in found else f"{name} ({len(found)})"] = held
    return found


def _absent(what: str, told: Any) -> str:
    if told is None:
        return f"{what} is not told of, and what the bundle holds makes one"
    return f"{what} is told of, and nothing that the bundle holds makes one"


def _alike(told: Any, made: Any) -> bool:
    if _is_number(told) and _is_number(made):
        return math.isclose(told, made, rel_tol=CLOSE, abs_tol=1e-12)
    if isinstance(told, list) and isinstance(made, list):
        return len(told) == len(made) and all(map(_alike, told, made))
    return type(told) is type(made) and bool(told == made)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    if value is _NOTHING:
        return "not there"
    words = "null" if value is None else repr(value) if not isinstance(value, str) else value
    return words if len(words) <= 120 else f"{words[:117]}..."
