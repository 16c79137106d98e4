"""The demo, scraped by a real Prometheus that has the rules of its config."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from prometheusserver import needs_prometheus
from scrapeddemo import scraped_demo

from monitor.config import load
from monitor.demo.layout import REGIONS
from monitor.rules.groups import rule_groups, usual_places
from monitor.rules.text import rules_text

PATIENCE = 240.0
"""Seconds until what the demo's vendors do wrong must be told, on a busy machine."""
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

MEASURED = 'vendor_page:landwatch_measured_seconds:increase5m{vendor="swift"} > 0'
"""What must have been recorded of the pages of ``SWIFT``."""
SWIFT = {"spring-sale", "tiktok-ad"}


def rules_of(path: Path) -> str:
    """The rules of a demo's config."""
    config = load(path, reveal=False)
    places = replace(usual_places(config), regions=tuple(region.name for region in REGIONS))
    return rules_text(rule_groups(config, places))


@needs_prometheus
async def test_every_rule_works_and_what_the_vendors_do_wrong_is_told(tmp_path: Path) -> None:
    fired: set[tuple[str, str]] = set()
    async with scraped_demo(tmp_path, rules_of) as demo, asyncio.timeout(PATIENCE):
        measured: set[str] = set()
        while not (fired >= EXPECTED and measured == SWIFT):
            await asyncio.sleep(1)
            recorded = await demo.prometheus.now(MEASURED, time.time())
            measured = {one["metric"]["page"] for one in recorded}
            for one in await demo.prometheus.now('ALERTS{alertstate="firing"}', time.time()):
                fired.add((one["metric"]["alertname"], one["metric"].get("vendor", "")))
        rules = await demo.prometheus.rules()
    assert not fired & WRONG
    broken = {(one["name"], one.get("lastError")) for one in rules if one["health"] == "err"}
    assert broken == set()
    said = [alert["annotations"] for one in rules for alert in one.get("alerts", ())]
    assert said
    assert not [each for each in said if "<error" in str(each)]
    lost = next(each for each in said if "loses where visitors" in each["summary"])
    assert lost["description"].startswith("On the way to shaky / facebook-ad, parameters that ")
