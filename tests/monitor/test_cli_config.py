from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from monitor.cli.main import main
from monitor.config import example, json_schema

PAGE = "vendors: [{name: easyshop, pages: [{name: sale, url: 'https://www.example.com/'%s}]}]\n"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["landwatch", "config", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("LANDWATCH_TEST_UNSET", raising=False)


def test_check_shows_what_a_right_config_would_watch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("landwatch.yaml").write_text(example())
    assert run(monkeypatch, "check") == 0
    told = capsys.readouterr()
    assert told.err == ""
    lines = told.out.splitlines()
    (sale,) = [line.split() for line in lines if "spring-sale" in line]
    assert sale[0] == "easyshop"
    assert sale[-4:] == ["http", "15s", "10s", "yes"]
    assert "region     eu-west" in lines
    assert "objectives ttfb: mean ttfb <= 300ms over 30d" in lines
    assert "           availability: share availability >= 99.99% over 30d" in lines
    assert lines[-1] == "landwatch.yaml is right: 2 vendors, 4 pages, 4 probes, 10 runs a minute."


def test_check_shows_where_a_secret_is_and_not_what(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANDWATCH_TEST_STORE", "postgresql://me:hunter2@db/x")
    text = "region: '[bold]r'\nstore: {env: LANDWATCH_TEST_STORE}\nobjectives: []\ncontrols: []\n" + PAGE % ""
    Path("one.yaml").write_text(text)
    assert run(monkeypatch, "check", "one.yaml") == 0
    out = capsys.readouterr().out
    assert "store      the environment variable LANDWATCH_TEST_STORE" in out
    assert "hunter2" not in out
    assert "region     [bold]r" in out
    assert "controls   none" in out
    assert "objectives none" in out
    assert "one.yaml is right: 1 vendor, 1 page, 1 probe, 4 runs a minute." in out


def test_check_tells_every_mistake_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.yaml").write_text("regoin: eu\nlisten: 12\n" + PAGE % ", probes: {http: {every: 1}}")
    assert run(monkeypatch, "check", "bad.yaml") == 2
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert lines[0] == "bad.yaml:1:1: regoin: is not known here: did you mean `region`?"
    assert lines[1].startswith("bad.yaml:2:9: listen: 12 is no address to listen on")
    assert lines[2].startswith(
        "bad.yaml:3:105: vendors[0].pages[0].probes.http.every: 1 has no unit: write 1s"
    )
    assert lines[3:] == ["3 mistakes"]


def test_check_of_a_file_that_is_not_there_says_so_on_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "check") == 2
    assert capsys.readouterr().err == (
        "landwatch.yaml: there is no such file; `landwatch config example` prints one to start from\n"
    )


def test_a_place_without_the_secrets_can_still_check_all_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "region: r\nstore: {env: LANDWATCH_TEST_UNSET}\n" + PAGE % ""
    Path("landwatch.yaml").write_text(text)
    assert run(monkeypatch, "check") == 2
    assert "LANDWATCH_TEST_UNSET is not set" in capsys.readouterr().err
    assert run(monkeypatch, "check", "--no-secrets") == 0


def test_schema_is_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "schema") == 0
    assert json.loads(capsys.readouterr().out) == json_schema()


def test_example_is_a_config_that_check_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "example") == 0
    text = capsys.readouterr().out
    assert yaml.safe_load(text)["region"] == "eu-west"
    Path("landwatch.yaml").write_text(text)
    assert run(monkeypatch, "check") == 0
