"""An outage from the page to the receiver of a message, and its end: everything in between is real."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from alerting import ALERTMANAGER, PROMETHEUS, delivery, seconds

SLOWEST = 120.0
"""Seconds that a busy machine may take; tests/bench/toldoutage.py measures what a quiet one does."""


@pytest.mark.skipif(
    ALERTMANAGER is None or PROMETHEUS is None,
    reason="prometheus and prometheus-alertmanager are packages of Debian",
)
async def test_an_outage_is_told_once_with_its_figures_and_so_is_its_end(tmp_path: Path) -> None:
    async with delivery(tmp_path) as run:
        began = time.time()
        run.up = False
        fired = await run.post("LandwatchPageDown", "firing")
        confirmed = run.confirmed_at(began)
        mended = time.time()
        run.up = True
        cleared = await run.post("LandwatchPageDown", "resolved")
        recovered = run.recovered_at(mended)

    assert fired.receiver == cleared.receiver == "now"
    assert fired.body["groupLabels"] == {"vendor": "shop"}
    ((down,), (over,)) = fired.alerts("LandwatchPageDown"), cleared.alerts("LandwatchPageDown")
    assert down["labels"] == {
        "alertname": "LandwatchPageDown",
        "vendor": "shop",
        "page": "sale",
        "severity": "page",
    }
    assert down["annotations"]["summary"] == "shop / sale is down"
    assert "enough of the regions" in down["annotations"]["description"]
    assert down["annotations"]["command"] == "landwatch report --vendor 'shop' --page 'sale'"
    assert over["fingerprint"] == down["fingerprint"]
    assert "error" not in down["annotations"]["description"].replace("error budget", "")

    assert began < confirmed < seconds(down["startsAt"]) <= fired.at
    assert fired.at < mended < recovered < seconds(over["endsAt"]) <= cleared.at
    assert fired.at - confirmed < SLOWEST
    told = [one for one in run.posts if one.at < cleared.at and one.receiver != "watchdog"]
    names = {each["labels"]["alertname"] for one in told for each in one.body["alerts"]}
    assert names == {"LandwatchPageDown"}, "what follows from an outage is not told beside it"
    assert any(one.alerts("LandwatchWatchdog") for one in run.posts if one.receiver == "watchdog")
    # Two agents say so, each to be scraped: it is one alert all the same.
    assert all(len(one.alerts("LandwatchPageDown")) == 1 for one in told)
    assert sum(one.body["status"] == "firing" for one in told) == 1
