"""Metrics as Prometheus asks for them, and figures read from what comes."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

ASKED = {
    "User-Agent": "Prometheus/3.5.0",
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}
"""The headers of a scrape: Prometheus takes what is compressed, and both programs spend CPU on that."""

_SERIES = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def read(body: bytes) -> str:
    """The text of a scrape's body, compressed or not."""
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode()


def series(text: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
    """The labels and values of the series of that name."""
    for match in _SERIES.finditer(text):
        if match["name"] == name:
            yield dict(_LABEL.findall(match["labels"] or "")), float(match["value"])


def total(text: str, name: str, **labels: str) -> float:
    """The sum of the series that have these labels."""
    wanted = labels.items()
    return sum(value for found, value in series(text, name) if wanted <= found.items())


class Buckets:
    """What a histogram counted between two readings."""

    def __init__(self, before: str, after: str, name: str) -> None:
        self._counts: dict[float, float] = {}
        for sign, text in ((-1, before), (1, after)):
            for labels, value in series(text, f"{name}_bucket"):
                edge = float(labels["le"])
                self._counts[edge] = self._counts.get(edge, 0.0) + sign * value

    def at_most(self, share: float) -> float:
        """The edge of the bucket below which ``share`` of what was counted lies."""
        edges = sorted(self._counts)
        wanted = share * self._counts[edges[-1]]
        return next(edge for edge in edges if self._counts[edge] >= wanted)
