"""The demo as a real Prometheus sees it: its rules, and every query of every dashboard.

Both wait for the same: two whole slices of what the demo's vendors do. So they look at the same demo.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from grafanapanels import dashboards
from grafanaqueries import Found, ask, hold_to_the_plan, missing, table
from grafanavariables import Shown
from prometheusserver import needs_prometheus
from scrapeddemo import SCRAPE, Scraped, scraped_demo

pytestmark = [needs_prometheus, pytest.mark.asyncio(loop_scope="module")]

TOLD = 240.0
"""Seconds until what the demo's vendors do wrong must be told, on a busy machine."""
ASKED = 420.0
"""Seconds until the last query must have a result: a round of verdicts may be waited for, which takes 300."""
OPTIONAL = {"variant"}
"""Labels that only some series of a metric have."""

EXPECTED = {
    ("LandwatchTrackingLost", "shaky"),
    ("LandwatchHttp3Broken", "slow"),
    ("LandwatchCertificateExpiresSoon", "shaky"),
    ("LandwatchWatchdog", ""),
}
"""Alerts that must fire, by vendor: what the demo's opening says of them."""
WRONG = {
    ("LandwatchTrackingLost", "swift"),
    ("LandwatchHttp3Broken", "swift"),
    ("LandwatchCertificateExpiresSoon", "swift"),
    ("LandwatchPageDown", "swift"),
    ("LandwatchPageUnmeasured", "swift"),
    ("LandwatchProbeSilent", "swift"),
    ("LandwatchNoAgent", ""),
}
"""Alerts that must not: the vendor keeps its promises, and agents run."""
FIRED = 'last_over_time(ALERTS{alertstate="firing"}[1h])'
"""All that fired since the start."""
MEASURED = 'vendor_page:landwatch_measured_seconds:increase5m{vendor="swift"} > 0'
"""What must have been recorded of the pages of ``SWIFT``."""
SWIFT = {"spring-sale", "tiktok-ad"}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scraped]:
    async with scraped_demo(tmp_path_factory.mktemp("scraped")) as running:
        yield running


async def test_every_rule_works_and_what_the_vendors_do_wrong_is_told(demo: Scraped) -> None:
    fired, measured = set[tuple[str, str]](), set[str]()
    rules, said = list[dict[str, Any]](), dict[str, str]()
    async with asyncio.timeout(TOLD):
        while not (fired >= EXPECTED and measured == SWIFT):
            await asyncio.sleep(1)
            recorded = await demo.prometheus.now(MEASURED, time.time())
            measured = {one["metric"]["page"] for one in recorded}
            for one in await demo.prometheus.now(FIRED, time.time()):
                fired.add((one["metric"]["alertname"], one["metric"].get("vendor", "")))
            rules = await demo.prometheus.rules()
            for alert in (alert for one in rules for alert in one.get("alerts", ())):
                said[alert["annotations"]["summary"]] = alert["annotations"]["description"]
    assert not fired & WRONG
    broken = {(one["name"], one.get("lastError")) for one in rules if one["health"] == "err"}
    assert broken == set()
    assert said
    assert "<error" not in str(said)
    lost = next(words for summary, words in said.items() if "loses where visitors" in summary)
    assert lost.startswith("On the way to shaky / facebook-ad, parameters that ")


async def test_no_query_of_any_dashboard_is_empty(demo: Scraped) -> None:
    found = {board.name: {query: Found() for query in board.queries()} for board in dashboards()}
    counts: dict[str, int] = {}
    deadline, again = time.monotonic() + ASKED, False
    await demo.measured()
    while True:
        shown = Shown(demo.began, time.time(), SCRAPE)
        for board in dashboards():
            empty = {query: what for query, what in found[board.name].items() if not what.series}
            if empty or board.name not in counts:
                counts[board.name] = await ask(demo.prometheus, board, empty, shown)
        if time.monotonic() > deadline or not missing(found):
            break
        if not again:  # the judges' first round came before a slice was whole
            await demo.start_again()
            again = True
        await asyncio.sleep(2)
    shown = Shown(demo.began, time.time(), SCRAPE)
    for board in dashboards():
        counts[board.name] = await ask(demo.prometheus, board, found[board.name], shown)
    if not missing(found):
        await hold_to_the_plan(demo.prometheus, demo.began, deadline)
    sys.stdout.write(table(found))  # pytest -s shows it
    assert missing(found) == []
    assert counts["page"] >= 5, "each page of the demo can be chosen"
    assert {name for name, count in counts.items() if count != 1} == {"page"}
    for queries in found.values():
        for query, what in queries.items():
            told = set(re.findall(r"\{\{(\w+)\}\}", query.legend))
            assert told <= what.labels | OPTIONAL, f"{query.where}: {what.labels}"
