"""What the looks beside a visit saw, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.cli.amounts import milliseconds
from monitor.cli.printable import printable
from probes.sample import Sample

_NOT_MADE = "not looked at: no time was left, the page was down, or a shield wants no more visits"


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """The name's addresses, the page past the caches, and the origins; nothing where no round was due."""
    for key, words in (("cache_busted", _cache), ("addresses", _addresses), ("origins", _origins)):
        if key not in sample.evidence:
            continue
        found = sample.evidence[key]
        if found is None:
            yield key.replace("_", " "), _NOT_MADE
        else:
            yield from words(found)


def _cache(look: dict[str, Any]) -> Iterator[tuple[str, str]]:
    words = f"TTFB {milliseconds(look['ttfb'])}" if look["outcome"] == "up" else _outcome(look)
    if look["cache"] is not None:
        words += f", {look['cache']}"
    if look["slower_by"] is not None:
        slower = look["slower_by"] >= 0
        words += f", a wait {milliseconds(abs(look['slower_by']))} {'longer' if slower else 'shorter'}"
    yield "past the caches", words


def _addresses(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    counts = [f"{found[key]} {key}" for key in ("up", "down") if found[key] is not None]
    others = sum(one["outcome"] not in ("up", "down") for one in found["seen"])
    counts += [f"{others} not known"] * bool(others) + [f"{found['more']} not visited"] * bool(found["more"])
    counts += [
        f"TTFB over IPv{version} {milliseconds(found[f'ttfb{version}'])}"
        for version in (4, 6)
        if found[f"ttfb{version}"] is not None
    ]
    if found["ttl"] is not None:
        counts.append(f"TTL {found['ttl']:,} s")
    if found["fault"] is not None:
        counts.append(printable(f"{found['fault']}: {found['detail']}"))
    yield "addresses", ", ".join(counts)
    for one in found["seen"]:
        good = one["outcome"] == "up"
        yield "", f"{one['address']}  {'up, ' + milliseconds(one['ttfb']) if good else _outcome(one)}"


def _origins(found: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in found:
        verdict = {True: "EXPOSED: it serves the page", False: "not exposed", None: "not known"}
        words = f"{one['origin']}: {verdict[one['exposed']]}"
        if one["exposed"] is not True:
            words += f" ({_outcome(one)})"
        if one["similar"] is not None:
            words += f", {one['similar']:.0%} of the words are the page's"
        yield "origin", printable(words)


def _outcome(look: dict[str, Any]) -> str:
    """How a look went that did not simply go well."""
    if look["outcome"] is None:
        return "not made"
    if look["fault"] is None:
        return str(look["outcome"])
    return printable(f"{look['outcome']}, {look['fault']}: {look['detail']}")
