from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.main import main
from probes.ids import uuid7
from probes.sample import Attempt, Outcome, Sample
from storage.store import Store

NOW = datetime.now(UTC)


def sample(
    hours: float, region: str = "eu-west", page: str = "sale", probe: str = "http", **edge: Any
) -> Sample:
    """A sample of so many hours ago, with what is known of the edge."""
    at = NOW - timedelta(hours=hours)
    keys = ("network", "pop", "city", "country", "continent", "far", "cache", "age")
    said = {**dict.fromkeys(keys), "by": [], "server_timing": [], **edge}
    return Sample(
        id=uuid7(at.timestamp()), at=at, vendor="easyshop", page=page, url="https://a.test/", region=region,
        probe=probe, attempt=Attempt.SCHEDULED, outcome=Outcome.UP, evidence={"edge": said},
    )  # fmt: skip


NEAR = {"network": "Fastly", "pop": "FRA", "city": "Frankfurt am Main", "continent": "EU", "far": False}
AFAR = {"network": "Fastly", "pop": "LGA", "city": "New York", "continent": "NA", "far": True}
KEPT = [
    *(sample(number / 10, cache="hit", **NEAR) for number in range(3)),
    sample(1, region="ap-south", cache="miss", **AFAR),
    sample(1, region="ap-south", **(NEAR | {"far": True})),
    sample(1, page="home\x1b[31m"),
    sample(48, page="old"),
    sample(1, page="rendered", probe="browser"),
]


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store where a process without a config looks for it."""
    monkeypatch.chdir(tmp_path)
    Path("state").mkdir()
    address = f"sqlite:///{tmp_path}/state/landwatch.db"
    with closing(Store(address)) as store:
        store.add(KEPT)
    return address


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["landwatch", "edge", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def rows(monkeypatch: pytest.MonkeyPatch, capfdbinary: Any, *arguments: str) -> list[dict[str, Any]]:
    assert run(monkeypatch, "--json", *arguments) == 0
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_json_has_a_line_for_each_page_and_region_of_the_last_day(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    home, far, near = rows(monkeypatch, capfdbinary)
    assert (home["page"], home["networks"], home["far"], home["hit_ratio"]) == (
        "home\x1b[31m", {"unknown": 1}, None, None,
    )  # fmt: skip
    assert (near["region"], near["visits"], near["hit_ratio"], near["far_ratio"]) == ("eu-west", 3, 1.0, 0.0)
    assert (far["region"], far["far"], far["far_ratio"]) == ("ap-south", 2, 1.0)
    assert far["pops"] == {"FRA (Frankfurt am Main)": 1, "LGA (New York)": 1}
    assert far["continents"] == {"EU": 1, "NA": 1}


@pytest.mark.parametrize(
    ("arguments", "pages"),
    [
        (["--since", "all"], ["home\x1b[31m", "old", "sale", "sale"]),
        (["--page", "sale"], ["sale", "sale"]),
        (["--vendor", "nobody"], []),
        (["--since", "30m"], ["sale"]),
    ],
)
def test_filters_choose_what_is_counted(
    arguments: list[str], pages: list[str], monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    assert [row["page"] for row in rows(monkeypatch, capfdbinary, *arguments)] == pages


def test_the_table_flags_a_region_that_another_continent_serves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    heading, home, far, near = out.splitlines()
    assert heading.split()[:4] == ["vendor", "page", "region", "visits"]
    assert "! 100 % far (of 2)" in far
    assert "0 % hits (of 1)" in far
    assert "FRA (Frankfurt am Main) 1" in far
    assert "LGA (New York) 1" in far
    assert "!" not in near
    assert "0 % far (of 3)" in near
    assert "100 % hits (of 3)" in near
    assert home.count("not known") == 2


def test_a_little_is_not_shown_as_nothing_nor_nearly_all_as_all(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(url)) as store:
        many = [sample(number / 1000, page="many", cache="hit", **NEAR) for number in range(300)]
        store.add([*many, sample(0.5, page="many", cache="miss", **AFAR)])
    assert run(monkeypatch, "--page", "many") == 0
    out = capsys.readouterr().out
    assert "! under 1 % far (of 301)" in out
    assert "over 99 % hits (of 301)" in out


def test_a_long_tail_of_places_is_counted_and_not_listed(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(url)) as store:
        store.add([sample(number / 100, page="many", pop=f"P{number}") for number in range(20)])
    assert run(monkeypatch, "--page", "many") == 0
    assert ", 14 more" in " ".join(capsys.readouterr().out.split())


def test_a_terminal_gets_a_table_as_wide_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    assert run(monkeypatch) == 0
    assert "\x1b[1;31m" in capsys.readouterr().out


def test_no_sample_is_said_and_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--page", "nowhere") == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "No stored sample says who answered.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--since", "yesterday"], 2, "neither a duration nor a time"),
        (["--store", "mysql://db/x"], 2, "--store"),
        (["--store", "sqlite:////nonexistent/x.db"], 1, "the store can't be read: no database at"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str],
    code: int,
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, *arguments) == code
    assert word in capsys.readouterr().err
