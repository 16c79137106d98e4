from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.main import main
from probes.ids import uuid7
from probes.sample import Attempt, Fault, Hop, Outcome, Sample
from storage.store import Store

NOW = datetime.now(UTC)


def sample(minutes: float, **fields: Any) -> Sample:
    """A sample of so many minutes ago."""
    at = NOW - timedelta(minutes=minutes)
    usual: dict[str, Any] = {
        "id": uuid7(at.timestamp()), "at": at, "vendor": "easyshop", "page": "sale", "url": "https://a.test/",
        "region": "eu-west", "probe": "http", "attempt": Attempt.SCHEDULED, "outcome": Outcome.UP,
        "ttfb": 0.1234, "status": 200, "protocol": "HTTP/2",
        "hops": [Hop("https://a.test/", dns=0.5), Hop("https://b.test/", dns=0.001, wait=0.1)],
    }  # fmt: skip
    return Sample(**{**usual, **fields})


KEPT = [
    sample(90, page="old"),
    sample(30),
    sample(20, vendor="pagecraft", page="home", region="us-east", probe="browser", variant="tiktok"),
    sample(
        10,
        outcome=Outcome.DOWN,
        fault=Fault.CONTENT,
        detail="=cmd|' /c'\x1b[31m[bold]",
        attempt=Attempt.BURST,
        tainted=["cpu", "loop_lag"],
        ttfb=None,
        status=None,
        protocol=None,
        hops=[],
    ),
]


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store where a process without a config looks for it, with four samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("state").mkdir()
    address = f"sqlite:///{tmp_path}/state/landwatch.db"
    with closing(Store(address)) as store:
        store.migrate()
        store.add(KEPT)
    return address


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["landwatch", "samples", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_json_has_the_samples_of_the_last_hour_in_order(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(monkeypatch, "--json") == 0
    lines = capsysbinary.readouterr().out.splitlines()
    assert [Sample.from_json(line) for line in lines] == KEPT[1:]


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        (["--since", "all"], [0, 1, 2, 3]),
        (["--since", "all", "--until", "1h"], [0]),
        (["--since", "2h", "--until", (NOW - timedelta(minutes=25)).isoformat()], [0, 1]),
        (["--since", (NOW - timedelta(minutes=25)).isoformat()], [2, 3]),
        (["--since", (NOW - timedelta(minutes=25)).replace(tzinfo=None).isoformat()], [2, 3]),
        (["--since", (NOW - timedelta(minutes=15)).isoformat().replace("+00:00", "Z")], [3]),
        (["--vendor", "pagecraft"], [2]),
        (["--page", "sale"], [1, 3]),
        (["--region", "us-east"], [2]),
        (["--probe", "browser"], [2]),
        (["--variant", "tiktok"], [2]),
        (["--variant", "google"], []),
        (["--outcome", "down"], [3]),
        (["--page", "nowhere"], []),
    ],
)
def test_filters_choose_samples(
    arguments: list[str],
    places: list[int],
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert run(monkeypatch, "--json", *arguments) == 0
    found = [Sample.from_json(line).id for line in capsysbinary.readouterr().out.splitlines()]
    assert found == [KEPT[place].id for place in places]


def test_csv_has_a_row_a_sample_and_nothing_that_a_spreadsheet_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["id"] for row in rows] == [one.id for one in KEPT[1:]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", rows[0]["at"])
    assert (rows[0]["ttfb"], rows[0]["hops"], rows[0]["dns"], rows[0]["wait"]) == (
        "0.1234",
        "2",
        "0.001",
        "0.1",
    )
    assert (rows[2]["outcome"], rows[2]["fault"], rows[2]["tainted"]) == ("down", "content", "cpu loop_lag")
    assert (rows[2]["ttfb"], rows[2]["dns"]) == ("", "")
    assert [row["variant"] for row in rows] == ["", "tiktok", ""]
    assert rows[2]["detail"].startswith("'=cmd")


def test_the_table_is_for_people_and_safe_for_their_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    out = capsys.readouterr().out
    heading, up, other, down = (re.split(r"\s{2,}| (?=HTTP)", line.strip()) for line in out.splitlines())
    assert heading[0] == "at (UTC)"
    assert "\x1b" not in out
    assert "123 ms" in " ".join(up)
    assert "pagecraft" in " ".join(other)
    assert "home · tiktok" in " ".join(other)
    assert "burst, tainted: cpu, tainted: loop_lag, content: =cmd|' /c'\ufffd[31m[bold]" in " ".join(down)


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (140, "at (UTC) vendor page region probe outcome ttfb status protocol notes"),
        (93, "at (UTC) vendor page region outcome ttfb status notes"),
        (50, "at (UTC) vendor page region outcome notes"),
    ],
)
def test_a_terminal_gets_the_columns_that_fit_it(
    width: int, headings: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    assert run(monkeypatch) == 0
    lines = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()
    assert len(lines) == 4
    assert max(map(len, lines)) <= width
    if width > 50:
        assert lines[0].split() == headings.split()


def test_many_samples_keep_the_columns_of_the_first_ones(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Store(url)) as store:
        store.add(
            [sample(5 - number / 100, page="x" * (number % 300 // 250 * 40 + 1)) for number in range(450)]
        )
    assert run(monkeypatch) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 454
    assert sum(line.startswith("at (UTC)") for line in lines) == 1
    assert {line.index("eu-west") for line in lines if "eu-west" in line} == {lines[0].index("region")}


def test_no_sample_is_said_and_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--page", "nowhere") == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "No stored sample matches.\n")


def test_the_store_is_the_one_that_is_named_or_the_configs(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert run(monkeypatch, "--csv", "--store", url) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    page = "{name: p, url: https://e.test/, probes: {http: {auth: {bearer: {env: LANDWATCH_TEST_UNSET}}}}}"
    text = f"region: r\nstate: {tmp_path}/state\nvendors: [{{name: v, pages: [{page}]}}]\n"
    Path("other.yaml").write_text(text)
    assert run(monkeypatch, "--csv", "--config", "other.yaml") == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    Path("other.yaml").rename("landwatch.yaml")
    assert run(monkeypatch, "--csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--json", "--csv"], 2, "choose one"),
        (["--since", "yesterday"], 2, "neither a duration nor a time"),
        (["--until", "1"], 2, "neither a duration nor a time"),
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


def test_a_reader_that_has_read_enough_ends_the_command_silently(url: str) -> None:
    with closing(Store(url)) as store:
        store.add([sample(5) for _ in range(3_000)])
    for form in ("--json", "--csv", "--since=all"):
        child = subprocess.Popen(
            [sys.executable, "-m", "monitor.cli.main", "samples", "--store", url, form],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert child.stdout
        assert child.stderr
        child.stdout.readline()
        child.stdout.close()
        with child.stderr:
            assert child.stderr.read() == b""
        assert child.wait(60) == 1
