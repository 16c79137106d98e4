"""``landwatch report`` as a user calls it, over a store with an outage in it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reportednoon import HOUR_OF_NOON, NOON, PAGES, run_report, watched_at_noon

from monitor.cli.progress import Progress

CONFIG = (
    PAGES
    + """\
objectives:
  - {name: availability, indicator: availability, at_least: 50%, coverage: 50%}
  - {name: routing, indicator: recovery, at_most: 3s}
  - {name: trial, indicator: ttfb, at_most: 300ms, window: trial, since: 2026-02-01}
  - {name: scale, indicator: ttfb, at_most: 300ms, window: scale, since: 2026-02-01}
  - {name: scale-too, indicator: ttfb, at_most: 300ms, window: scale, since: 2026-03-01}
"""
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config and a store, in which the hour from yesterday's noon on was watched."""
    monkeypatch.chdir(tmp_path)
    watched_at_noon(tmp_path, CONFIG)
    return tmp_path


def test_a_breach_is_told_and_ends_with_1(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert run_report(monkeypatch, *HOUR_OF_NOON) == 1
    out, err = capsys.readouterr()
    text = " ".join(out.split())
    assert err == ""
    assert "\x1b" not in out
    assert "1 page, every promise over 1h 1 met, 1 breached, 3 unproven" in text
    assert "✔ met availability: by time ≥ 50%" in text
    assert "Outages (1)" in text
    assert f"{NOON:%Y-%m-%d} 12:10:02.000 12:11:00.500 57.5 s 73.7 s ap-south, eu-west" in text
    assert max(map(len, out.splitlines())) <= 140


def test_json_is_one_document(monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> None:
    assert run_report(monkeypatch, "--json", *HOUR_OF_NOON) == 1
    found = json.loads(capfdbinary.readouterr().out)
    assert (found["finding"], found["findings"]) == ("breached", {"met": 1, "breached": 1, "unproven": 3})
    assert [one["objective"] for one in found["pages"][0]["verdicts"]] == [
        "availability", "routing", "trial", "scale", "scale-too",
    ]  # fmt: skip


def test_all_met_ends_with_0(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    Path("one.yaml").write_text("\n".join(CONFIG.splitlines()[:7]) + "\n")
    assert run_report(monkeypatch, "--config", "one.yaml", "--brief", *HOUR_OF_NOON) == 0


def test_little_data_is_unproven_and_ends_with_3(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    Path("one.yaml").write_text("\n".join(CONFIG.splitlines()[:7]) + "\n")
    assert run_report(monkeypatch, "--config", "one.yaml") == 3
    text = " ".join(capsys.readouterr().out.split())
    assert "of the window was measured, and 50 % is needed" in text


def test_a_store_that_can_not_be_read_proves_nothing(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert run_report(monkeypatch, "--store", "sqlite:///none.db") == 3
    assert "the store can't be read, so nothing is proven: no database at none.db" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "over"),
    [
        ((), "each promise over its own window"),
        (("--window", "7d"), "every promise over 7d"),
        (("--window", "month"), f"every promise over {datetime.now(UTC) - timedelta(minutes=1):%Y-%m}"),
        (("--window", "2026-01"), "every promise over 2026-01"),
        (("--since", "2h"), "every promise over 2h"),
        (("--stage", "trial"), "the stage trial, 30 days from 2026-02-01 to 2026-03-02"),
        (("--stage", "stable", "--since", "2026-02-03"), "the stage stable, 90 days from 2026-02-03 to"),
    ],
)
def test_the_time_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: tuple[str, ...], over: str
) -> None:
    assert run_report(monkeypatch, *arguments, "--brief") in (0, 1, 3)
    assert over in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--window", "7d", "--since", "1h"), "give it alone"),
        (("--window", "7"), "is no window: write 30d, month"),
        (("--window", "2199-01"), "2199-01 has not begun"),
        (("--until", "2199-01-01"), "nothing is known of what is to come"),
        (("--since", "1h", "--until", "2h"), "write a moment before --until"),
        (("--since", "all"), "write a moment before --until"),
        (("--since", "yesterday"), "neither a duration nor a time"),
        (("--stage", "stable"), "have no date for stable: write --since 2026-10-05"),
        (("--stage", "scale"), "have several dates for scale"),
        (("--stage", "end"), "'end' is not one of"),
        (("--vendor", "other"), "there is no vendor 'other'; there are easyshop"),
        (("--page", "other"), "there is no page 'other'; there are spring-sale"),
        (("--store", "mysql://x"), "--store"),
        (("--config", "none.yaml"), "none.yaml"),
    ],
)
def test_wrong_usage_says_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: tuple[str, ...], words: str
) -> None:
    assert run_report(monkeypatch, *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress_of(out: io.StringIO, *moments: float) -> str:
    """What is drawn by one that begins at 0 and is told of a tenth more at each moment."""
    times = iter([0.0, *moments])
    with Progress("reading", out, mono=lambda: next(times)) as progress:
        for number, _ in enumerate(moments):
            progress.tell(number / 10)
    return out.getvalue()


def test_what_is_over_within_a_second_shows_no_progress() -> None:
    assert progress_of(Terminal(), 0.1, 0.5, 0.9) == ""


def test_progress_is_drawn_from_a_second_on_and_taken_away() -> None:
    drawn = progress_of(Terminal(), 0.5, 1.5, 1.55, 1.7)
    assert drawn.count("reading") == 2
    assert "reading ━━━   " in drawn
    assert " 10%" in drawn
    assert " 30%" in drawn
    assert drawn.endswith("\r\x1b[K")


def test_no_progress_is_drawn_where_nobody_looks() -> None:
    assert progress_of(io.StringIO(), 2.0, 3.0) == ""
