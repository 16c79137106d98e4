"""A daemon that watches a page which fails: what it says of it, end to end and in real time."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import httpx
from pages import serve_pages
from prometheus_client.parser import text_string_to_metric_families

from monitor.config import parse
from monitor.daemon import open_daemon
from storage.incidents import live_incidents
from storage.store import Store

TEXT = """
region: here
state: {state}
listen: 127.0.0.1:0
vendors:
  - name: shop
    pages:
      - {{name: fine, url: '{site}/fine', probes: {{http: {{every: 1s}}}}}}
      - {{name: missing, url: '{site}/missing', probes: {{http: {{every: 1s}}}}}}
"""


async def figures(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """The series of the judge by name, page, and what else tells them apart."""
    text = (await client.get("/metrics")).text
    return {
        (one.name, one.labels.get("page", ""), one.labels.get("kind") or one.labels.get("verdict") or ""): (
            one.value
        )
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


async def test_a_page_that_fails_is_an_incident_and_bad_time_and_one_that_does_not_is_neither(
    tmp_path: Path,
) -> None:
    bad, measured = "landwatch_bad_seconds_total", "landwatch_measured_seconds_total"
    opened, verdict = "landwatch_incident_open", "landwatch_objective_verdict"
    async with serve_pages() as site:
        config = parse(TEXT.format(state=tmp_path, site=site.url))
        async with (
            open_daemon(config, Path("landwatch.yaml")) as daemon,
            httpx.AsyncClient(base_url=daemon.url, trust_env=False) as client,
        ):
            found = await figures(client)
            assert found[bad, "missing", ""] == found[measured, "missing", ""] == 0
            assert found[opened, "missing", "outage"] == 0
            daemon.start()
            async with asyncio.timeout(120):  # a slice or two, and a round of verdicts, on a busy machine
                while not (found[bad, "missing", ""] and found.get((verdict, "missing", "unproven"), 0) == 1):
                    await asyncio.sleep(0.2)
                    found = await figures(client)
            assert found[opened, "missing", "outage"] == 1
            assert found[opened, "fine", "outage"] == 0
            assert found[bad, "fine", ""] == 0
            assert found[measured, "missing", ""] >= found[bad, "missing", ""]
            daemon.board._kept.clear()
            page = (await client.get("/")).text
            assert "Open incidents" in page
            assert "shop / missing" in page
            assert found["landwatch_judge_errors_total", "", ""] == 0
            assert "judge" not in " ".join(daemon.condition.worries())
    with closing(Store(config.store_url)) as store, store.reading() as connection:
        (incident,) = live_incidents(connection)
    assert (incident.kind, incident.page, incident.reason) == ("outage", "missing", "status")
    assert incident.opened_by


async def test_a_judge_that_cannot_judge_is_a_worry_and_no_trouble(tmp_path: Path) -> None:
    async with serve_pages() as site:
        config = parse(TEXT.format(state=tmp_path, site=site.url))
        async with open_daemon(config, Path("landwatch.yaml")) as daemon:
            (tmp_path / "landwatch.db").rename(tmp_path / "elsewhere.db")
            daemon._judging._do("slices", daemon._judging.look)
            assert "the judge can't judge: no database" in daemon.condition.worries()[0]
            assert all("judge" not in one for one in daemon.condition.troubles())
            (tmp_path / "elsewhere.db").rename(tmp_path / "landwatch.db")
            assert daemon.purge() == 0
