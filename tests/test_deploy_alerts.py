"""The rules, and the configs of Prometheus and Alertmanager as they are shipped: they fit each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from docspages import ROOT
from ruling import alerts, check, promtool

from monitor.cli.main import main
from monitor.config import load
from monitor.rules.failures import EVERY
from probes.units import parse_duration

DEPLOY = ROOT / "deploy"
EXAMPLE = DEPLOY / "docker" / "landwatch.yaml"
RULES = DEPLOY / "prometheus" / "landwatch.rules.yml"
PROMETHEUS: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
ALERTMANAGER_FILE = DEPLOY / "alertmanager" / "alertmanager.yml"
ALERTMANAGER: dict[str, Any] = yaml.safe_load(ALERTMANAGER_FILE.read_text())
amtool = pytest.mark.skipif(
    shutil.which("amtool") is None, reason="amtool comes with Debian's prometheus-alertmanager"
)


def test_the_rules_are_what_the_command_prints_for_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "rules.yml"
    monkeypatch.setattr("sys.argv", ["landwatch", "rules", "--config", str(EXAMPLE), "--output", str(made)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert made.read_text() == RULES.read_text(), (
        "print them anew: landwatch rules --config deploy/docker/landwatch.yaml "
        "--output deploy/prometheus/landwatch.rules.yml"
    )


@promtool
def test_prometheus_takes_the_rules_and_the_config_that_loads_them() -> None:
    check(RULES)
    command = ["promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yml"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert PROMETHEUS["rule_files"] == [RULES.name]
    assert "1 rule files found" in ended.stdout


def test_an_outage_is_told_in_time_by_all_that_is_waited_for() -> None:
    """The judge looks 2 s after the confirming sample; each other step waits for its next turn at worst."""
    settings = PROMETHEUS["global"]
    (down,) = [
        one for one in ALERTMANAGER["route"]["routes"] if one["matchers"] == ['alertname="LandwatchPageDown"']
    ]
    waits = (
        settings["scrape_interval"],
        down["group_wait"],
        down["group_interval"],
    )
    spent = 2 + EVERY + sum(map(parse_duration, waits))
    assert spent < 15 + 5
    (job,) = PROMETHEUS["scrape_configs"]
    assert "scrape_interval" not in job
    assert job["job_name"] == "landwatch"


@amtool
def test_alertmanager_takes_its_config() -> None:
    ended = subprocess.run(
        ["amtool", "check-config", ALERTMANAGER_FILE], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_secrets_are_in_files() -> None:
    text = ALERTMANAGER_FILE.read_text()
    files = re.findall(r"(\w+)_file: (\S+?)[}\s]", text)
    assert len(files) == 3
    assert all(path.startswith("/etc/alertmanager/secrets/") for _, path in files)
    assert not re.findall(r"\b\w*(?:password|token|credentials|key|secret|api_url): ", text)


ROUTES = [
    ({"alertname": "LandwatchPageDown", "severity": "page", "vendor": "v", "page": "p"}, "now"),
    ({"alertname": "LandwatchBudgetBurn", "severity": "page", "vendor": "v", "page": "p"}, "now"),
    ({"alertname": "LandwatchBudgetBurn", "severity": "ticket", "vendor": "v", "page": "p"}, "later"),
    ({"alertname": "LandwatchNoAgent", "severity": "page"}, "now"),
    ({"alertname": "LandwatchStoreDown", "severity": "ticket", "instance": "i"}, "later"),
    ({"alertname": "LandwatchMaintenance", "severity": "info", "vendor": "v", "page": "p"}, "nobody"),
    ({"alertname": "LandwatchWatchdog", "severity": "info"}, "watchdog"),
    ({"alertname": "SomebodyElses"}, "later"),
]


@amtool
@pytest.mark.parametrize(("labels", "receiver"), ROUTES)
def test_an_alert_goes_to_whom_its_severity_says(labels: dict[str, str], receiver: str) -> None:
    command = ["amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER_FILE}"]
    words = [f"{name}={value}" for name, value in labels.items()]
    ended = subprocess.run(
        [*command, f"--verify.receivers={receiver}", *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_has_a_receiver_that_is_told_or_is_for_nobody() -> None:
    found = alerts(load(DEPLOY / "prometheus" / "tests" / "landwatch.yaml"))
    names = {one["name"] for one in ALERTMANAGER["receivers"]}
    assert names == {receiver for _, receiver in ROUTES}
    assert {one.severity.value for each in found.values() for one in each} == {"page", "ticket", "info"}


def matched(matchers: list[str], labels: dict[str, str]) -> bool:
    """Whether Alertmanager would take these labels."""
    for text in matchers:
        name, sign, value = re.match(r'(\w+)(=~|!~|!=|=)"(.*)"', text).groups()  # type: ignore[union-attr]
        held = labels.get(name, "")
        right = re.fullmatch(value, held) is not None if "~" in sign else held == value
        if right == sign.startswith("!"):
            return False
    return True


def inhibits(source: dict[str, str], target: dict[str, str]) -> bool:
    """Whether the one keeps the other from being told."""
    return any(
        matched(rule["source_matchers"], source)
        and matched(rule["target_matchers"], target)
        and all(source.get(name, "") == target.get(name, "") for name in rule.get("equal", []))
        for rule in ALERTMANAGER["inhibit_rules"]
    )


def alert(name: str, **labels: str) -> dict[str, str]:
    return {"alertname": f"Landwatch{name}", **labels}


PAGE = {"vendor": "v", "page": "p"}
OTHER = {"vendor": "v", "page": "q"}


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        (alert("PageDown", **PAGE), alert("LatencyBreach", objective="ttfb", **PAGE), True),
        (alert("PageDown", **PAGE), alert("LatencyBreach", objective="ttfb", **OTHER), False),
        (alert("PageDown", **PAGE), alert("BudgetBurn", objective="up", long_window="1h", **PAGE), True),
        (alert("PageDown", **PAGE), alert("RegionalFailure", region="eu", **PAGE), True),
        (alert("PageDown", **PAGE), alert("CertificateExpiresNow", region="eu", **PAGE), False),
        (alert("PageDown", **PAGE), alert("PageDown", **PAGE), False),
        (alert("PageUnmeasured", **PAGE), alert("PageDown", **PAGE), True),
        (alert("PageUnmeasured", **OTHER), alert("PageDown", **PAGE), False),
        # One silent region of several hides no outage.
        (alert("RegionSilent", region="eu", **PAGE), alert("PageDown", **PAGE), False),
        (alert("ProbeSilent", region="eu", probe="http", **PAGE), alert("PageDown", **PAGE), False),
        (alert("RegionSilent", region="eu", **PAGE), alert("RegionalFailure", region="eu", **PAGE), True),
        (alert("RegionSilent", region="eu", **PAGE), alert("RegionalFailure", region="us", **PAGE), False),
        (alert("NoAgent"), alert("PageDown", **PAGE), True),
        (alert("NoAgent"), alert("Watchdog"), False),
        (alert("NoAgent"), {"alertname": "SomebodyElses"}, False),
        (alert("StoreDown", instance="a"), alert("JudgeFailing", instance="a", work="slices"), False),
        (alert("StoreDown", instance="a"), alert("SpoolGrowing", instance="a"), True),
        (
            alert("BudgetBurn", objective="up", long_window="1h", **PAGE),
            alert("BudgetBurn", objective="up", long_window="3d", **PAGE),
            True,
        ),
        (
            alert("BudgetBurn", objective="up", long_window="3d", **PAGE),
            alert("BudgetBurn", objective="up", long_window="1h", **PAGE),
            False,
        ),
        (
            alert("BudgetBurn", objective="up", long_window="1h", **PAGE),
            alert("BudgetBurn", objective="other", long_window="3d", **PAGE),
            False,
        ),
        (
            alert("CertificateExpiresNow", region="eu", **PAGE),
            alert("CertificateExpiresSoon", region="eu", **PAGE),
            True,
        ),
    ],
)
def test_what_something_else_says_is_not_told_and_nothing_more(
    source: dict[str, str], target: dict[str, str], kept: bool
) -> None:
    assert inhibits(source, target) is kept


def test_inhibitions_name_alerts_that_there_are() -> None:
    known = alerts(load(DEPLOY / "prometheus" / "tests" / "landwatch.yaml")).keys()
    named = re.findall(r"Landwatch[A-Z]\w+", ALERTMANAGER_FILE.read_text())
    assert set(named) <= known


def test_all_pages_of_a_vendor_that_fail_together_are_one_message() -> None:
    assert ALERTMANAGER["route"]["group_by"] == ["vendor"]
    routes = ALERTMANAGER["route"]["routes"]
    assert [one.get("group_by") for one in routes if one["receiver"] != "watchdog"] == [None] * 3
