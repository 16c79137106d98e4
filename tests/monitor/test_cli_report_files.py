"""``landwatch report`` into files, as a user calls it."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from charting import words
from lxml import html
from reporting import DOWN, samples_of
from simulator import moment_of

from monitor.cli.main import main
from monitor.report import pdf
from probes.chromium.find import Missing
from storage.store import Store

CONFIG = """
region: eu-west
vendors:
  - name: easyshop
    pages: [{name: spring-sale, url: "https://shop.test/sale"}]
objectives:
  - {name: availability, indicator: availability, at_least: 99.99%, coverage: 50%}
  - {name: ttfb, indicator: ttfb, at_most: 300ms}
"""
WHEN = ("--since", moment_of(0).isoformat(), "--until", moment_of(3600).isoformat())


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config and a store that holds an hour."""
    monkeypatch.chdir(tmp_path)
    Path("landwatch.yaml").write_text(CONFIG)
    Path("state").mkdir()
    with closing(Store("sqlite:///state/landwatch.db")) as store:
        for region, down in DOWN.items():
            taken = samples_of(region, down)
            for sample in taken:
                sample.vendor, sample.page = "easyshop", "spring-sale"
            store.add(taken)
    monkeypatch.setattr("monitor.judging.gather.RECENT", 1 << 40)  # nothing has rolled these samples up
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["landwatch", "report", *WHEN, *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_html_is_one_file_beside_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert run(monkeypatch, "--html", "report.html") == 1
    out, err = capsys.readouterr()
    assert "✘ availability 98.3333 %" in " ".join(out.split())
    assert "error budget" not in out
    assert err.startswith("report.html, ")
    found = html.document_fromstring(Path("report.html").read_text())
    assert len(found.findall(".//figure")) == 2
    digest = hashlib.sha256(Path("landwatch.yaml").read_bytes()).hexdigest()
    assert f"landwatch.yaml {digest[:12]}" in words(found.find(".//header"))
    assert sorted(os.listdir()) == ["landwatch.yaml", "report.html", "state"]


def test_files_can_be_had_together_with_json(monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> None:
    assert run(monkeypatch, "--json", "--html", "a.html", "--csv", "a.csv") == 1
    assert capfdbinary.readouterr().out.startswith(b'{"version":1')
    rows = list(csv.DictReader(io.StringIO(Path("a.csv").read_text())))
    assert [row["finding"] for row in rows] == ["breached", "unproven"]
    assert Path("a.html").exists()


def test_csv_can_be_printed_and_is_all_that_is(monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> None:
    assert run(monkeypatch, "--csv", "-") == 1
    lines = capfdbinary.readouterr().out.split(b"\r\n")
    assert lines[0].startswith(b"made_at,vendor,page,objective")
    assert len(lines) == 4
    assert lines[-1] == b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--json", "--csv", "-"), "standard output takes one of --json and --csv -"),
        (("--html", "nowhere/a.html"), "there is no folder nowhere"),
        (("--html", "a", "--csv", "./a"), "give each file a name of its own"),
    ],
)
def test_what_can_not_be_put_out_is_said_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: tuple[str, ...], said: str
) -> None:
    Path("state/landwatch.db").unlink()
    assert run(monkeypatch, *arguments) == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_file_that_can_not_be_written_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    Path("taken").mkdir()
    assert run(monkeypatch, "--html", "taken") == 2
    assert "taken can't be written: " in capsys.readouterr().err
    assert sorted(os.listdir()) == ["landwatch.yaml", "state", "taken"]


def no_browser() -> None:
    raise Missing("no Chromium was found on this machine")


def test_without_a_browser_there_is_no_pdf_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(pdf, "find", no_browser)
    assert run(monkeypatch, "--pdf", "a.pdf", "--html", "a.html") == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "no Chromium was found on this machine; install one" in said
    assert sorted(os.listdir()) == ["landwatch.yaml", "state"]


def test_a_browser_that_does_not_print_leaves_nothing(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(pdf, "PATIENCE", 0.0)
    assert run(monkeypatch, "--pdf", "a.pdf", "--html", "a.html") == 2
    assert "there is no PDF: the browser did not print: it took longer than 0 s" in capsys.readouterr().err
    assert sorted(os.listdir()) == ["landwatch.yaml", "state"]
