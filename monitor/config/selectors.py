"""Mistakes in what chooses pages: vendors, pages, labels and kinds of probe that there are none of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from monitor.config.mistakes import Path
from monitor.config.schema import closest
from probes.kinds import Kind


def mistakes_of_selectors(value: Any, kinds: Mapping[str, Kind]) -> Iterator[tuple[Path, str]]:
    """The path and message of each, in objectives, maintenance and what channels are told of.

    Regions are left alone: which others there are, this process does not know.
    """
    vendors = _mappings(value, "vendors")
    pages = [page for vendor in vendors for page in _mappings(vendor, "pages")]
    for key in ("objectives", "maintenance", "notify"):
        for place, item in enumerate(_items(value, key)):
            yield from _unknown((key, place, "vendors"), item, _names(vendors), "vendor")
            yield from _unknown((key, place, "pages"), item, _names(pages), "page")
    for place, item in enumerate(_items(value, "objectives")):
        probe = item.get("probe") if isinstance(item, dict) else None
        if isinstance(probe, str) and probe not in kinds:
            yield ("objectives", place, "probe"), f"{_none(probe, kinds, 'kind of probe')}"
        yield from _without_pages(("objectives", place, "labels"), item, pages)
    for place, item in enumerate(_items(value, "notify")):
        yield from _without_pages(("notify", place, "labels"), item, pages)


def _unknown(path: Path, item: Any, known: list[str], noun: str) -> Iterator[tuple[Path, str]]:
    for place, name in enumerate(_items(item, str(path[-1]))):
        if isinstance(name, str) and name not in known:
            yield (*path, place), _none(name, known, noun)


def _without_pages(path: Path, item: Any, pages: list[dict[str, Any]]) -> Iterator[tuple[Path, str]]:
    """Labels that no page has: what asks for them would be about nothing."""
    wanted = item.get("labels") if isinstance(item, dict) else None
    if not isinstance(wanted, dict) or not wanted:
        return
    held = [page["labels"] for page in pages if isinstance(page.get("labels"), dict)]
    if not any(wanted.items() <= labels.items() for labels in held):
        yield path, "no page has these labels: write them at pages too, or choose others"


def _none(name: str, known: Iterable[str], noun: str) -> str:
    names = list(known)
    nearest = closest(name, names)
    meant = f"did you mean {nearest!r}?" if nearest else f"there are {', '.join(names) or 'none'}"
    return f"no {noun} is called {name!r}: {meant}"


def _items(value: Any, key: str) -> list[Any]:
    items = value.get(key) if isinstance(value, dict) else None
    return items if isinstance(items, list) else []


def _mappings(value: Any, key: str) -> list[dict[str, Any]]:
    return [item for item in _items(value, key) if isinstance(item, dict)]


def _names(items: list[dict[str, Any]]) -> list[str]:
    return [item["name"] for item in items if isinstance(item.get("name"), str)]
