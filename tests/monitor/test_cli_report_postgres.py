"""``landwatch report`` says the same of the same samples, whichever database they are in."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reporting import DOWN, samples_of
from storing import postgres_server

from monitor.cli.main import main
from monitor.config import load
from monitor.judging.every import Paces
from monitor.judging.recompute import plan_of, recompute
from probes.ids import uuid7
from storage.store import Store

CONFIG = """
region: eu-west
store: {env: REPORTED_STORE}
vendors:
  - name: easyshop
    pages: [{name: spring-sale, url: "https://shop.test/sale"}]
objectives:
  - {name: availability, indicator: availability, at_least: 50%, coverage: 50%}
  - {name: ttfb, indicator: ttfb, at_most: 300ms}
  - {name: routing, indicator: recovery, at_most: 3s}
"""
NOON = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


def report(monkeypatch: pytest.MonkeyPatch, capfdbinary: Any, config: Path) -> dict[str, Any]:
    window = ("--since", NOON.isoformat(), "--until", (NOON + timedelta(hours=1)).isoformat())
    monkeypatch.setattr(sys, "argv", ["landwatch", "report", "--json", "--config", str(config), *window])
    with pytest.raises(SystemExit):
        main()
    found: dict[str, Any] = json.loads(capfdbinary.readouterr().out)
    assert found.pop("made_at")
    return found


@pytest.mark.postgres
def test_a_report_is_the_same_from_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    samples = [one for region, down in DOWN.items() for one in samples_of(region, down)]
    offset = NOON - min(one.at for one in samples) + timedelta(seconds=2)
    for one in samples:
        one.vendor, one.page, one.at = "easyshop", "spring-sale", one.at + offset
        one.id = uuid7(one.at.timestamp())
    found = []
    with postgres_server() as server:
        for name, url in (("sqlite", f"sqlite:///{tmp_path}/landwatch.db"), ("pg", server.make_database())):
            monkeypatch.setenv("REPORTED_STORE", url)
            config = tmp_path / f"{name}.yaml"
            config.write_text(CONFIG)
            with closing(Store(url)) as store:
                store.add(samples)
                paces = Paces.of(load(config).watches())
                recompute(store, paces, plan_of(store, datetime.now(UTC), None, None))
            found.append(report(monkeypatch, capfdbinary, config))
    assert found[0] == found[1]
    assert [one["scope"] for one in found[0]["pages"][0]["outages"]] == ["page", "region"]
    assert {one["objective"]: one["count"] for one in found[0]["pages"][0]["verdicts"]}["ttfb"] > 600
