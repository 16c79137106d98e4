"""How an advertising channel's visitor fared, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.cli.printable import printable
from probes.sample import Sample

_NOT_LOOKED = "not known: nobody looked"
_ROUNDING = 1e-9  # 0.29 * 100 is a little less than 29


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """What became of the parameters, and whether others are shown the same page."""
    seen = sample.evidence.get("channel")
    if seen is None:
        return
    yield "channel", seen["channel"]
    yield "parameters", _parameters(seen)
    if seen["survived"] is not None:
        yield from _losses(seen)
    yield "same page", _same_page(seen)
    if seen["crawler"] is not None:
        yield "cloaking", _cloaking(seen)


def _parameters(seen: Mapping[str, Any]) -> str:
    sent = len(seen["sent"])
    if seen["survived"] is None:
        return f"{sent} sent; where the way leads is not known"
    survived = len(seen["survived"])
    if sent == 0:
        return "none sent"
    return f"all {sent} survived" if survived == sent else f"{survived} of {sent} survived"


def _losses(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    lost: dict[tuple[int, bool], list[str]] = {}
    for one in seen["lost"]:
        lost.setdefault((one["at_hop"], one["in_fragment"]), []).append(one["name"])
    for (hop, in_fragment), names in sorted(lost.items()):
        where = ", moved into the fragment, which no server sees" if in_fragment else ""
        yield "lost", printable(f"at hop {hop}: {', '.join(names)}{where}")
    for one in seen["changed"]:
        was, now = seen["sent"][one["name"]], one["to"]
        yield "changed", printable(f"at hop {one['at_hop']}: {one['name']} from {was!r} to {now!r}")
    if seen["returned"]:
        yield "put back", printable(f"gone on the way, there at last: {', '.join(seen['returned'])}")


def _same_page(seen: Mapping[str, Any]) -> str:
    if seen["same_page"] is None:
        return _unclear(seen["visitor"])
    if seen["same_page"]:
        return f"yes, a plain visitor gets the same{_words(seen['similarity'])}"
    return f"no, a plain visitor gets another: {_differences(seen)}"


def _cloaking(seen: Mapping[str, Any]) -> str:
    if seen["cloaked"] is None:
        return _unclear(seen["crawler"])
    if seen["cloaked"]:
        return f"the channel's crawler gets another page: {_differences(seen['crawler'])}"
    return f"none, the channel's crawler gets the same page{_words(seen['crawler']['similarity'])}"


def _unclear(look: Mapping[str, Any] | None) -> str:
    return _NOT_LOOKED if look is None else printable(f"not known: {look['unclear']}")


def _differences(found: Mapping[str, Any]) -> str:
    return f"other {', '.join(found['differences'])}{_words(found['similarity'])}"


def _words(similarity: float | None) -> str:
    """How many of the words are the same, rounded down so that only a whole is 100 %."""
    return "" if similarity is None else f" ({math.floor(similarity * 100 + _ROUNDING)} % of the words)"
