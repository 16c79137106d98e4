"""Mistakes that lie between the values of a config, found in what was read.

They are looked for even where single values are wrong, so that all mistakes are told at once; what is no
mapping or list here is a mistake that the models tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.config.mistakes import Path
from monitor.config.scorecard_across import mistakes_of_scorecard
from monitor.config.selectors import mistakes_of_selectors
from probes.kinds import Kind
from probes.units import format_duration, parse_duration


def mistakes_across(value: Any, kinds: Mapping[str, Kind]) -> Iterator[tuple[Path, str]]:
    """The path and message of each."""
    for path, items in (
        (("vendors",), _items(value, "vendors")),
        (("objectives",), _items(value, "objectives")),
        (("notify",), _items(value, "notify")),
    ):
        yield from _twice(path, items)
    yield from _twice(("scorecard", "kpis"), _items(value.get("scorecard"), "kpis"))
    yield from mistakes_of_selectors(value, kinds)
    yield from mistakes_of_scorecard(value)
    for place, vendor in enumerate(_items(value, "vendors")):
        pages: Path = ("vendors", place, "pages")
        yield from _twice(pages, _items(vendor, "pages"))
        for number, page in enumerate(_items(vendor, "pages")):
            probes = page.get("probes") if isinstance(page, dict) else None
            for kind, settings in probes.items() if isinstance(probes, dict) else ():
                if isinstance(settings, dict) and kind in kinds:
                    yield from _outlives((*pages, number, "probes", kind), settings, kinds[kind].EVERY)


def _items(value: Any, key: str) -> list[Any]:
    items = value.get(key) if isinstance(value, dict) else None
    return items if isinstance(items, list) else []


def _twice(path: Path, items: list[Any]) -> Iterator[tuple[Path, str]]:
    """Names that stand twice in a list: their samples and series could not be told apart."""
    first: dict[str, int] = {}
    for place, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            yield (
                (*path, place, "name"),
                f"{name!r} is the name of {path[-1]}[{first[name]}] too: give it another",
            )
        else:
            first[name] = place


def _outlives(path: Path, settings: dict[str, Any], usual: float) -> Iterator[tuple[Path, str]]:
    """A run that may outlive its slot: the next one would be skipped."""
    try:
        timeout = parse_duration(settings["timeout"])
        every = parse_duration(settings["every"]) if "every" in settings else usual
    except (KeyError, ValueError):
        return
    if timeout > every:
        most = format_duration(every)
        yield (
            (*path, "timeout"),
            f"must be at most `every`, which is {most}, or runs would overlap: write {most} or less",
        )
