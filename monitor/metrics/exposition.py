"""How a snapshot becomes the text that Prometheus reads: its plain format or OpenMetrics, gzipped or not.

It runs in a thread and lets the loop in every millisecond (:mod:`monitor.pace`); the compression itself
needs no interpreter lock.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import generate_latest as plain_text
from prometheus_client.openmetrics.exposition import generate_latest as open_text

from monitor.judging.judged import Judged
from monitor.metrics.block import Frozen, render
from monitor.metrics.declared import Family
from monitor.metrics.judge_series import JudgeSeries
from monitor.metrics.own import Own, OwnCollector
from monitor.pace import Pace

_OPENMETRICS = "application/openmetrics-text; version=1.0.0"
_PLAIN = "text/plain; version=0.0.4"

_SLICE = 64
"""Blocks between two looks at the clock: well under a millisecond of work."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a scraper asked for."""

    openmetrics: bool = False
    gzip: bool = False

    @classmethod
    def asked(cls, accept: str, accept_encoding: str) -> Format:
        """The format for the request's ``Accept`` and ``Accept-Encoding``."""
        return cls("application/openmetrics-text" in accept, "gzip" in accept_encoding)

    @property
    def headers(self) -> dict[str, str]:
        """The response's headers that say what it is."""
        kind = _OPENMETRICS if self.openmetrics else _PLAIN
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Vary": "Accept, Accept-Encoding"}
        if self.gzip:
            headers["Content-Encoding"] = "gzip"
        return headers


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All figures at one moment."""

    families: Sequence[tuple[Family, Sequence[Frozen]]]
    own: Own
    judged: Judged = field(default_factory=Judged)


def expose(snapshot: Snapshot, judge: JudgeSeries, wanted: Format, pace: Pace) -> bytes:
    """The body of a scrape; ``judge`` makes the lines of what the judge says."""
    parts = _parts(snapshot, judge, wanted.openmetrics, pace)
    return b"".join(_gzip(parts) if wanted.gzip else parts)


def _parts(snapshot: Snapshot, judge: JudgeSeries, openmetrics: bool, pace: Pace) -> Iterator[bytes]:
    for family, blocks in snapshot.families:
        if not blocks:
            continue
        yield _head(family, openmetrics)
        for start in range(0, len(blocks), _SLICE):
            yield "".join(map(render, blocks[start : start + _SLICE])).encode()
            pace()
    for family, series in judge.lines(snapshot.judged):
        yield from _paced(family, series, openmetrics, pace)
    registry = CollectorRegistry()
    registry.register(OwnCollector(snapshot.own))
    ProcessCollector(registry=registry)
    text = open_text if openmetrics else plain_text
    yield cast("bytes", text(registry))


def _paced(family: Family, series: Iterator[str], openmetrics: bool, pace: Pace) -> Iterator[bytes]:
    """The lines of a family, a few at a time; nothing where there are none."""
    head = _head(family, openmetrics)
    while lines := "".join(islice(series, _SLICE)):
        yield head + lines.encode()
        head = b""
        pace()


def _head(family: Family, openmetrics: bool) -> bytes:
    """OpenMetrics names a counter without its ``_total``."""
    name = family.name.removesuffix("_total") if openmetrics else family.name
    return f"# HELP {name} {family.help}\n# TYPE {name} {family.kind}\n".encode()


def _gzip(parts: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(level=1, wbits=31)
    for part in parts:
        yield packer.compress(part)
    yield packer.flush()
