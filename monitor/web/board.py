"""The status page: the scoreboard as one HTML page, made in a thread and kept for a moment."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from types import MappingProxyType

from jinja2 import Environment, PackageLoader

from monitor.judging.judged import Judged
from monitor.pace import Pace
from monitor.scoreboard import WHEN_GREEN, Figure, Line, Promises, Series, global_ttfb, place, score
from monitor.web.verdicts import incident_lines, verdict_lines
from probes.target import Key, page_title
from storage.failure import StoreUnavailable
from storage.standing import Standing

WINDOWS: Mapping[str, timedelta] = MappingProxyType(
    {
        "15min": timedelta(minutes=15),
        "1h": timedelta(hours=1),
        "24h": timedelta(hours=24),
        "7d": timedelta(days=7),
        "30d": timedelta(days=30),
    }
)
"""The stretches of time that the page can look back on."""

USUAL_WINDOW = "1h"

KEPT = 3.0
"""Seconds for which a page is kept at least."""
SHARE = 10
"""A page is kept this many times as long as it took to make: a long look back burdens the store no more."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says beside the samples."""

    region: str
    promises: Promises
    every: Mapping[Series, float]
    """The interval of each series that this process measures."""
    version: str = ""
    troubles: Sequence[str] = ()
    """What keeps landwatch itself from being ready."""
    judged: Judged = field(default_factory=Judged)
    """What the judge says."""


@dataclass(frozen=True, slots=True)
class Section:
    """One page as one probe sees it, in one variant: what all regions come to, and each of them."""

    vendor: str
    title: str
    probe: str
    ttfb: Figure
    lines: Sequence[Line]


class Board:
    """Makes the status page from the standings of the store and the facts of the daemon."""

    def __init__(
        self,
        standing: Callable[[datetime], Sequence[Standing]],
        facts: Callable[[], Facts],
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._standing = standing
        self._facts = facts
        self._wall = wall
        self._mono = mono
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._making: dict[str, asyncio.Task[bytes]] = {}
        self._thread = ThreadPoolExecutor(1, "status-page")
        environment = Environment(loader=PackageLoader("monitor.web"), autoescape=True, trim_blocks=True)
        self._template = environment.get_template("status.html")
        self._style = environment.get_template("style.css").render()

    @property
    def style_hash(self) -> str:
        """The hash by which a Content-Security-Policy allows the page's own style, and no other."""
        return base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()

    async def page(self, window: str) -> bytes:
        """The page that looks back on one of :data:`WINDOWS`; one that was just made is given again."""
        until, page = self._kept.get(window, (0.0, b""))
        if self._mono() < until:
            return page
        task = self._making.get(window)
        if task is None:
            task = self._making[window] = asyncio.create_task(self._make(window), name="status page")
        return await asyncio.shield(task)

    def close(self) -> None:
        """End the thread; a page that is being made is waited for."""
        self._thread.shutdown()

    async def _make(self, window: str) -> bytes:
        began = self._mono()
        try:
            loop = asyncio.get_running_loop()
            page = await loop.run_in_executor(self._thread, self._draw, window, self._facts())
        finally:
            del self._making[window]
        took = self._mono() - began
        self._kept[window] = (self._mono() + max(KEPT, SHARE * took), page)
        return page

    def _draw(self, window: str, facts: Facts) -> bytes:
        now = datetime.fromtimestamp(self._wall(), UTC)
        rows: Sequence[Standing] = ()
        troubles = list(facts.troubles)
        try:
            rows = self._standing(now - WINDOWS[window])
        except StoreUnavailable as error:
            troubles.append(f"the store can't be read, so nothing is shown from it: {error}")
        pieces = self._template.generate(
            facts=facts,
            troubles=troubles,
            sections=sections(rows, now, facts),
            when_green=WHEN_GREEN,
            incidents=list(incident_lines(facts.judged, now)),
            promises=list(verdict_lines(facts.judged)),
            now=now,
            window=window,
            windows=WINDOWS,
            style=self._style,
        )
        pace = Pace()
        made = []
        for piece in pieces:
            made.append(piece)
            pace()
        return "".join(made).encode()


def sections(rows: Sequence[Standing], now: datetime, facts: Facts) -> list[Section]:
    """The scoreboard by page, probe and variant, in the order of their names."""
    of_page: dict[Key, list[Standing]] = {}
    for row in rows:
        of_page.setdefault((row.vendor, row.page, row.probe, row.variant or ""), []).append(row)
    lines = sorted(score(rows, now, facts.promises, every=facts.every), key=lambda line: place(_key(line)))
    return [
        _section(key, list(group), global_ttfb(of_page.get(key, ()), facts.promises))
        for key, group in groupby(lines, key=_key)
    ]


def _key(line: Line) -> Key:
    return line.vendor, line.page, line.probe, line.variant


def _section(key: Key, lines: Sequence[Line], ttfb: Figure) -> Section:
    vendor, page, probe, variant = key
    return Section(vendor, page_title(page, variant), probe, ttfb=ttfb, lines=lines)
