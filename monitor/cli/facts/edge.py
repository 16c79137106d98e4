"""The network that answered, in words."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.cli.amounts import milliseconds
from monitor.cli.printable import printable
from probes.sample import Sample


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """Who answered from where, out of which cache, and where the server's time went."""
    edge = sample.evidence.get("edge")
    if edge is None:
        return
    if edge["network"]:
        yield "edge", printable(f"{edge['network']}{_place(edge)}: {'; '.join(edge['by'])}")
    if edge["cache"] or edge["age"] is not None:
        age = "" if edge["age"] is None else f"{edge['age']:,} s old"
        yield "cache", ", ".join(filter(None, (edge["cache"], age)))
    if edge["server_timing"]:
        yield "server timing", printable(", ".join(map(_timing, edge["server_timing"])))


def _place(edge: dict[str, str | None]) -> str:
    where = ", ".join(filter(None, (edge["pop"], edge["city"], edge["country"], edge["continent"])))
    far = ", another continent than the region's" if edge["far"] else ""
    return f" at {where}{far}" if where else ""


def _timing(entry: dict[str, str | float | None]) -> str:
    duration, description = entry["duration"], entry["description"]
    words = [str(entry["name"])]
    if isinstance(duration, int | float):
        words.append(milliseconds(duration))
    if description:
        words.append(f"({description})")
    return " ".join(words)
