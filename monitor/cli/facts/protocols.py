"""The page over several versions of HTTP in one round, in words."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.cli.amounts import milliseconds
from monitor.cli.printable import printable
from probes.sample import Sample

_NAMES = {"h1": "HTTP/1.1", "h2": "HTTP/2", "h3": "HTTP/3"}


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """A line for each version that was looked at; nothing where no round was due."""
    name = "protocols"
    for version, look in (sample.evidence.get("protocols") or {}).items():
        if look["outcome"] is None:
            words = printable(look["detail"] or "not looked at")
        elif look["outcome"] == "up":
            words = f"TTFB {milliseconds(look['ttfb'])}"
        else:
            words = printable(f"{look['outcome']}, {look['fault']}: {look['detail']}")
        yield name, f"{_NAMES.get(version, version)}  {words}"
        name = ""
