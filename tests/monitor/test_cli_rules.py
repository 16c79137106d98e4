from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from monitor.cli.main import main

CONFIG = """
region: eu-west
store: {env: LANDWATCH_TEST_UNSET}
vendors: [{name: easyshop, pages: [{name: sale, url: 'https://www.example.com/'}]}]
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("landwatch.yaml").write_text(CONFIG)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["landwatch", "rules", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def rules(text: str, name: str) -> list[dict[str, object]]:
    groups = yaml.safe_load(text)["groups"]
    return [one for group in groups for one in group["rules"] if one.get("alert") == name]


def test_rules_are_printed_where_secrets_are_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    told = capsys.readouterr()
    assert told.err == ""
    (down,) = rules(told.out, "LandwatchPageDown")
    assert down["keep_firing_for"] == "1m"
    (silent,) = rules(told.out, "LandwatchProbeSilent")
    assert silent["labels"]["region"] == "eu-west"  # type: ignore[index]


def test_options_are_taken_up(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    places = ["--grafana", "https://grafana.example.net/", "--status", "https://landwatch.example.net/"]
    regions = ["--region", "eu-west", "--region", "us-east", "--region", "eu-west"]
    assert run(monkeypatch, "--hold", "90s", "--job", "agents", *places, *regions) == 0
    out = capsys.readouterr().out
    (down,) = rules(out, "LandwatchPageDown")
    assert down["keep_firing_for"] == "90s"
    said = down["annotations"]
    assert isinstance(said, dict)
    assert said["dashboard"].startswith("https://grafana.example.net/d/landwatch-page?")
    assert said["status_page"] == "https://landwatch.example.net/"
    assert [one["labels"]["region"] for one in rules(out, "LandwatchProbeSilent")] == [  # type: ignore[index]
        "eu-west",
        "us-east",
    ]
    (agent,) = rules(out, "LandwatchAgentDown")
    assert agent["expr"] == 'up{job="agents"} == 0'


def test_a_hold_of_nothing_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--hold", "0s") == 0
    (down,) = rules(capsys.readouterr().out, "LandwatchPageDown")
    assert "keep_firing_for" not in down


def test_a_file_is_written_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch) == 0
    printed = capsys.readouterr().out
    assert run(monkeypatch, "--output", "rules.yml") == 0
    assert capsys.readouterr().out == ""
    assert Path("rules.yml").read_text() == printed
    assert sorted(path.name for path in Path().iterdir()) == ["landwatch.yaml", "rules.yml"]


def test_a_file_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--output", "nowhere/rules.yml") == 1
    assert capsys.readouterr().err == "nowhere/rules.yml can't be written: No such file or directory\n"


def test_a_hold_that_is_no_duration_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--hold", "soon") == 2
    assert "--hold" in capsys.readouterr().err
