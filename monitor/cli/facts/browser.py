"""What a browser saw, in words: its figures, what came last, what was fetched, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.cli.amounts import milliseconds
from monitor.cli.printable import printable
from probes.sample import Sample

GOOD = {"fcp": 1.8, "lcp": 2.5, "speed_index": 3.4, "tbt": 0.2, "cls": 0.1}
"""Up to what each figure counts as good: the browser makers' own thresholds (web.dev, Lighthouse)."""

_NAMES = {
    "fcp": "first content",
    "lcp": "largest content",
    "speed_index": "speed index",
    "tbt": "blocked",
    "cls": "layout shift",
}
_SHOWN = 5


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """The vitals against what is good, the browser, the requests, and what failed."""
    seen = sample.evidence.get("browser")
    if seen is None:
        return
    for name, words in _NAMES.items():
        if name in sample.vitals:
            yield words, _vital(name, sample.vitals[name])
    if seen["last_element"]:
        yield "came last", printable(seen["last_element"])
    if seen["dom"] is not None or seen["visual"] is not None:
        yield "made of", f"document {milliseconds(seen['dom'])}, pictures {milliseconds(seen['visual'])}"
    if seen["masked"]:
        yield "left out", f"{seen['masked']:.0%} of the view, because it moves"
    if seen["incomplete"]:
        yield "incomplete", "the page had not come to rest when the visit was cut: no figure is final"
    yield "browser", printable(_browser(seen))
    if len(seen["runs"]) > 1:
        yield "visits", _visits(seen)
    if seen["requests"]:
        yield "fetched", _fetched(seen)
    if seen["final_url"] not in (None, sample.url):
        yield "ended at", printable(seen["final_url"])
    yield from _steps(seen["steps"])
    yield from _troubles(seen)


def _vital(name: str, figure: float) -> str:
    amount = f"{figure:.3f}" if name == "cls" else milliseconds(figure)
    good = f"{GOOD[name]:g}" if name == "cls" else milliseconds(GOOD[name])
    return f"{amount}, {'good' if figure <= GOOD[name] else 'over'} (good is at most {good})"


def _browser(seen: Mapping[str, Any]) -> str:
    if seen["kind"] is None:
        return "none"
    words = [f"{seen['kind']} {seen['version']}", f"profile {seen['profile']}", f"network {seen['network']}"]
    if seen["cpu"] != 1:
        words.append(f"processor {seen['cpu']:g} times slower")
    if not seen["sandbox"]:
        words.append("without its sandbox")
    if seen["insecure"]:
        words.append("any certificate taken")
    return ", ".join(words)


def _visits(seen: Mapping[str, Any]) -> str:
    screens = [one["vitals"].get("first_screen") for one in seen["runs"]]
    words = f"{len(screens)}, first screen {', '.join(map(milliseconds, screens))}"
    return words if seen["spread"] is None else f"{words}: {milliseconds(seen['spread'])} apart"


def _fetched(seen: Mapping[str, Any]) -> str:
    kinds = [f"{count} {kind} {seen['bytes'].get(kind, 0):,} B" for kind, count in seen["requests"].items()]
    others = seen["third_party"]
    words = ", ".join(kinds)
    return f"{words}; {others['requests']} of them from others" if others["requests"] else words


def _steps(steps: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for number, step in enumerate(steps, 1):
        words = "not begun" if step["duration"] is None else milliseconds(step["duration"])
        error = f": {step['error']}" if step["error"] else ""
        yield f"step {number}", printable(f"{step['name']}, {words}{error}")


def _troubles(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in (seen["failed"] or [])[:_SHOWN]:
        yield "failed", printable(f"{one['kind']} {one['url']}: {one['error']}")
    for words in seen["console"][:_SHOWN]:
        yield "console", printable(words)
    if seen["console_count"] > _SHOWN:
        yield "", f"and {seen['console_count'] - _SHOWN} more in the console"
