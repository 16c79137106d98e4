"""A daemon whose page fails: a message arrives at a real receiver, soon after the sample that made sure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pages import serve_pages
from prometheus_client.parser import text_string_to_metric_families
from receiving import Webhook, webhook

from monitor.config import Config, parse
from monitor.daemon import Daemon, open_daemon
from monitor.notify.pacing import GATHER
from storage.filters import SampleFilter
from storage.incidents import live_incidents
from storage.notifications import SENT, notifications_between
from storage.store import Store

TEXT = """
region: here
state: {state}
listen: 127.0.0.1:0
vendors:
  - name: shop
    pages:
      - {{name: missing, url: '{site}/missing', probes: {{http: {{every: 1s}}}}}}
notify:
  - {{name: hook, url: {{env: LANDWATCH_TEST_HOOK}}, kinds: [outage]}}
  - {{name: broken, url: {{env: LANDWATCH_TEST_BROKEN}}, kinds: [outage]}}
{more}
"""
LIMIT = 15.0 + 5.0
"""Seconds: a slice and five."""


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with webhook() as hook, webhook() as broken:
        broken.status = 500
        monkeypatch.setenv("LANDWATCH_TEST_HOOK", hook.url)
        monkeypatch.setenv("LANDWATCH_TEST_BROKEN", broken.url)
        yield hook


def config_of(state: Path, site: str, more: str = "") -> Config:
    return parse(TEXT.format(state=state, site=site, more=more))


def looked_after(daemon: Daemon, at: datetime) -> bool:
    """Whether an agent has looked for changes since then."""
    looked_at = daemon._notifying._workers["hook"].courier._noting._looked_at
    return looked_at is not None and looked_at > at


async def watch_machine(stood_still: list[float]) -> None:
    """Add up how late this process woke."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(0.05)
        stood_still[0] += max(0.0, time.monotonic() - began - 0.06)


async def test_a_message_arrives_within_a_slice_and_five_seconds_of_the_sample(
    tmp_path: Path,
    hooks: Webhook,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with serve_pages() as site:
        config = config_of(tmp_path, site.url)
        async with (
            open_daemon(config, Path("landwatch.yaml")) as daemon,
            httpx.AsyncClient(base_url=daemon.url, trust_env=False) as client,
        ):
            stood_still = [0.0]
            watching = asyncio.create_task(watch_machine(stood_still))
            daemon.start()
            (message,) = await asyncio.to_thread(hooks.until, 1, 120)
            arrived = datetime.now(UTC)
            watching.cancel()
            async with asyncio.timeout(60):
                while not any(
                    "the channel broken can't be told" in one for one in daemon.condition.worries()
                ):
                    await asyncio.sleep(0.1)
            daemon.board._kept.clear()
            page = (await client.get("/")).text
            ready = (await client.get("/readyz")).status_code
            metrics = (await client.get("/metrics")).text
    assert message["title"] == "landwatch: shop/missing is down"
    assert "Why: status\n" in message["message"]
    assert f"  {daemon.url}" in message["message"]
    assert "the channel broken can&#39;t be told; 1 change waits for it: " in page
    assert ready == 200
    values = {
        (one.name, one.labels.get("channel"), one.labels.get("result")): one.value
        for family in text_string_to_metric_families(metrics)
        for one in family.samples
    }
    assert values["landwatch_notifications_total", "hook", "sent"] == 1
    assert values["landwatch_notifications_total", "broken", "failed"] >= 1
    assert values["landwatch_notices_total", "hook", "told"] == 1
    assert values["landwatch_notices_waiting", "broken", None] == 1
    with closing(Store(config.store_url)) as store:
        with store.reading() as connection:
            (incident,) = live_incidents(connection)
            rows = notifications_between(
                connection, arrived - timedelta(hours=1), arrived + timedelta(hours=1)
            )
        first = next(iter(store.samples(SampleFilter(page="missing"))))
    (row,) = [one for one in rows if one.channel == "hook"]
    assert (row.state, row.incident, row.attempts) == (SENT, incident.id, 1)
    # One region is a quorum by itself: the first failed sample makes it sure. What the machine itself stood
    # still meanwhile is left out, so that a busy one does not fail this.
    delay = (arrived - first.at).total_seconds()
    assert delay - stood_still[0] < LIMIT
    for word in ("t0ken", "hook-"):
        assert word not in page + metrics + repr(rows)
    assert "t0ken" not in capsys.readouterr().err


async def test_a_reload_replaces_the_channels_and_maintenance_is_shown(
    tmp_path: Path, hooks: Webhook
) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    more = (
        f"maintenance: [{{from: '{now - hour:%Y-%m-%dT%H:%M:%SZ}', until: '{now + hour:%Y-%m-%dT%H:%M:%SZ}', "
        f"declared: '{now - 2 * hour:%Y-%m-%dT%H:%M:%SZ}'}}]"
    )
    async with serve_pages() as site:
        config = config_of(tmp_path, site.url)
        async with open_daemon(config, Path("landwatch.yaml")) as daemon:
            assert set(daemon.condition.own().channels) == {"hook", "broken"}
            assert daemon.condition.worries() == []
            text = TEXT.replace("name: broken", "name: other")
            await daemon.apply(parse(text.format(state=tmp_path, site=site.url, more=more)))
            assert set(daemon.condition.own().channels) == {"hook", "other"}
            (worry,) = daemon.condition.worries()
            assert worry.startswith("maintenance of all pages until ")
            assert "(0 changes silenced since the start)" in worry
            assert daemon.condition.troubles() == ["the schedule does not run"]
            assert daemon.purge() == 0


async def test_two_agents_on_one_store_send_one_message(tmp_path: Path, hooks: Webhook) -> None:
    async with serve_pages() as site:
        text = TEXT.replace("region: here", "region: {region}\nstore: sqlite:///{store}")
        configs = [
            parse(
                text.format(
                    region=region,
                    store=tmp_path / "shared.db",
                    state=tmp_path / region,
                    site=site.url,
                    more="",
                )
            )
            for region in ("east", "west")
        ]
        async with (
            open_daemon(configs[0], Path("east.yaml")) as east,
            open_daemon(configs[1], Path("west.yaml")) as west,
        ):
            east.start()
            west.start()
            await asyncio.to_thread(hooks.until, 1, 120)
            arrived = datetime.now(UTC)
            async with asyncio.timeout(60):  # until each has looked again, and would have sent
                while not all(looked_after(one, arrived + 2 * GATHER) for one in (east, west)):
                    await asyncio.sleep(0.1)
            sent = [one.condition.own().channels["hook"].sent for one in (east, west)]
    downs = [one for one in hooks.got if one["title"] == "landwatch: shop/missing is down"]
    assert len(downs) == 1
    assert sum(sent) == len(hooks.got)
