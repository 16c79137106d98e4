"""The committed scenarios, run by Prometheus's own tool."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from docspages import ROOT
from ruling import alerts, check, promtool, run, write_rules

from monitor.config import load

FOLDER = ROOT / "deploy" / "prometheus" / "tests"
FILES = sorted(FOLDER.glob("*.test.yml"))


def scenarios() -> list[dict[str, Any]]:
    return [one for path in FILES for one in yaml.safe_load(path.read_text())["tests"]]


@promtool
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_rules_fire_when_they_must_and_keep_quiet_when_they_must_not(path: Path, tmp_path: Path) -> None:
    write_rules(tmp_path / "rules.yml", load(FOLDER / "landwatch.yaml"))
    check(tmp_path / "rules.yml")
    shutil.copy(path, tmp_path)
    run(tmp_path / path.name)


def test_every_alert_has_a_scenario_and_each_scenario_a_sentence() -> None:
    names = [one["name"] for one in scenarios()]
    assert len(names) == len(set(names)) > 20
    text = " ".join(path.read_text() for path in FILES)
    for name in alerts(load(FOLDER / "landwatch.yaml")):
        # Some stand in a regular expression: Landwatch(StoreDown|SpoolGrowing).
        assert name in text or name.removeprefix("Landwatch") in text, name
