"""Every query of every dashboard, asked of a real Prometheus that has scraped the demo."""

from __future__ import annotations

import asyncio
import math
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from grafanapanels import Asked, Dashboard, dashboards
from grafanavariables import Choice, Shown, choices, fill, one, several
from prometheusserver import Prometheus, Refused, needs_prometheus, running_prometheus
from scrapeddemo import SCRAPE, scraped_demo

PATIENCE = 420.0
"""Seconds until the last query must have a result: some 60, or a second round of verdicts after 300 more
where the first one came before anything untainted was measured."""
OPTIONAL = {"variant"}
"""Labels that only some series of a metric have."""


@dataclass
class Found:
    """What came of one query, of all choices that a reader has."""

    series: int = 0
    """The most series with a number in them that one choice brought."""
    labels: set[str] = field(default_factory=set)
    """The labels that they had."""

    def take(self, result: list[dict[str, Any]]) -> None:
        good = [one for one in result if any(_number(value) for _, value in _values(one))]
        self.series = max(self.series, len(good))
        self.labels.update(label for one in good for label in one["metric"])


def _values(series: dict[str, Any]) -> list[list[Any]]:
    return [series["value"]] if "value" in series else series["values"]


def _number(text: str) -> bool:
    return math.isfinite(float(text))


async def ask(prometheus: Prometheus, dashboard: Dashboard, found: dict[Asked, Found], shown: Shown) -> int:
    """Ask what nothing has come of yet, for every choice; how many choices there are."""
    count = 0
    asked: set[tuple[str, bool]] = set()
    async for choice in choices(dashboard, prometheus, shown):
        count += 1
        for query, what in found.items():
            text = fill(query.expr, choice)
            if (query.where, text) in asked:
                continue
            asked.add((query.where, text))
            what.take(await result(prometheus, query, choice, shown))
    return count


async def result(prometheus: Prometheus, query: Asked, choice: Choice, shown: Shown) -> list[dict[str, Any]]:
    text = fill(query.expr, choice)
    if query.instant:
        return await prometheus.now(text, shown.until)
    return await prometheus.over(text, shown.since, shown.until, shown.scrape)


@needs_prometheus
async def test_no_query_of_any_dashboard_is_empty(tmp_path: Path) -> None:
    found = {board.name: {query: Found() for query in board.queries()} for board in dashboards()}
    counts: dict[str, int] = {}
    began, deadline = time.time(), time.monotonic() + PATIENCE
    async with scraped_demo(tmp_path) as demo:
        while True:
            await asyncio.sleep(5)
            shown = Shown(began, time.time(), SCRAPE)
            for board in dashboards():
                empty = {query: what for query, what in found[board.name].items() if not what.series}
                if empty or board.name not in counts:
                    counts[board.name] = await ask(demo.prometheus, board, empty, shown)
            if time.monotonic() > deadline or not missing(found):
                break
        shown = Shown(began, time.time(), SCRAPE)
        for board in dashboards():
            counts[board.name] = await ask(demo.prometheus, board, found[board.name], shown)
        if not missing(found):
            await hold_to_the_plan(demo.prometheus, began, deadline)
    sys.stdout.write(table(found))  # pytest -s shows it
    assert missing(found) == []
    assert counts["page"] >= 5, "each page of the demo can be chosen"
    assert {name for name, count in counts.items() if count != 1} == {"page"}
    for queries in found.values():
        for query, what in queries.items():
            told = set(re.findall(r"\{\{(\w+)\}\}", query.legend))
            assert told <= what.labels | OPTIONAL, f"{query.where}: {what.labels}"


async def hold_to_the_plan(prometheus: Prometheus, began: float, deadline: float) -> None:
    """Hold panels to what is known of the demo's vendors, once all of it was measured."""
    while True:
        try:
            return await compare_with_the_plan(prometheus, Shown(began, time.time(), SCRAPE))
        except Unmeasured:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(5)


async def compare_with_the_plan(prometheus: Prometheus, shown: Shown) -> None:
    """None of it depends on how fast the machine is."""
    fleet = Reader("fleet", prometheus, shown)
    slow, swift = {"vendor": "slow", "page": "landing"}, {"vendor": "swift", "page": "spring-sale"}
    shaky = {"vendor": "shaky", "page": "landing"}
    ttfb = "TTFB over the time shown, worst first / A"
    assert 0.35 <= await fleet.number(ttfb, **slow, probe="http") < 1.9
    assert await fleet.number("Times against their targets / D", **slow, objective="ttfb") > 350 / 300
    assert await fleet.number("Times against their targets / C", **slow, objective="ttfb") == 0.3
    assert await fleet.number("Availabilities against their targets / C", **slow) == 0.9999
    assert await fleet.number("HTTP/3 / A", **slow, region="eu-west") == 1
    assert await fleet.number("HTTP/3 / A", **swift, region="eu-west") == 0
    days = "Certificates: days left, fewest first / A"
    assert 8.9 < await fleet.number(days, **shaky) < 9.1
    assert await fleet.number("What is open / A", **shaky, kind="certificate", region="eu-west") == 1
    assert await fleet.number("Vendors / A", vendor="slow") in (0, 1)
    assert await fleet.number("Vendors / E", vendor="slow") > 350 / 300
    judged = await fleet.series("Other promises / A", **shaky, objective="certificate")
    assert {(one["metric"]["indicator"], one["metric"]["unit"]) for one in judged} == {
        ("tls_expiry_days", "number")
    }
    page = Reader("page", prometheus, shown, slow)
    assert await page.number("TTFB: visits within 300 ms / A") == 0
    assert await page.number("TTFB: percentiles / A") > 0.3
    page = Reader("page", prometheus, shown, shaky)
    assert await page.series("annotation Outages", kind="outage")
    assert await page.series("What went wrong in the time shown / A", outcome="down", probe="http")
    assert await Reader("self", prometheus, shown).number("Samples lost or refused / A") == 0


class Unmeasured(AssertionError):
    """What should have a figure by now has none."""


@dataclass
class Reader:
    """Who looks at a dashboard, with a choice of variables."""

    board: str
    prometheus: Prometheus
    shown: Shown
    chosen: dict[str, str] = field(default_factory=dict)

    async def series(self, where: str, **labels: str) -> list[dict[str, Any]]:
        """The series of one query that have these labels."""
        (board,) = (one for one in dashboards() if one.name == self.board)
        (query,) = (one for one in board.queries() if one.where == where)
        found: list[dict[str, Any]] = []
        async for choice in choices(board, self.prometheus, self.shown):
            if self.chosen.items() <= choice.items():
                found += await result(self.prometheus, query, choice, self.shown)
        return [one for one in found if labels.items() <= one["metric"].items()]

    async def number(self, where: str, **labels: str) -> float:
        """The last number of the first of them."""
        found = await self.series(where, **labels)
        if not found:
            raise Unmeasured(f"{self.board}: {where} {labels}")
        return float(_values(found[0])[-1][1])


def missing(found: dict[str, dict[Asked, Found]]) -> list[str]:
    return [
        f"{name}: {query.where}: {query.expr}"
        for name, queries in found.items()
        for query, what in queries.items()
        if not what.series
    ]


def table(found: dict[str, dict[Asked, Found]]) -> str:
    """How many series each query has, for people."""
    lines = ["", "| dashboard | panel / query | series |", "| --- | --- | --- |"]
    for name, queries in found.items():
        lines += [f"| {name} | {query.where} | {what.series} |" for query, what in queries.items()]
    return "\n".join([*lines, ""])


@needs_prometheus
async def test_a_query_that_is_empty_or_wrong_would_be_noticed(tmp_path: Path) -> None:
    async with running_prometheus(tmp_path, {}, "1s") as prometheus:
        now = time.time()
        shown = Shown(now - 60, now, 1)
        assert await result(prometheus, Asked("", "landwatch_nothing", True), {}, shown) == []
        assert await prometheus.label_values("landwatch_nothing", "vendor", shown.since, now) == []
        nothing, something = Found(), Found()
        nothing.take(await result(prometheus, Asked("", "vector(0) / 0", False), {}, shown))
        something.take(await result(prometheus, Asked("", "vector(0)", False), {}, shown))
        assert (nothing.series, something.series) == (0, 1)
        with pytest.raises(Refused):
            await result(prometheus, Asked("", "sum by (", True), {}, shown)


def test_variables_are_filled_in_as_grafana_does() -> None:
    assert several(["a.b", "c"]) == r"(a\\.b|c)"
    assert several(["only-one"]) == "only-one"
    assert one('a"b\\c') == r"a\"b\\c"
    shown = Shown(0, 90.4, 15)
    assert shown.built_in == {"__interval": "15s", "__rate_interval": "60s", "__range": "90s"}
    assert fill('x{a="$one"}[$__range] ${one}', {**shown.built_in, "one": "1"}) == 'x{a="1"}[90s] 1'
