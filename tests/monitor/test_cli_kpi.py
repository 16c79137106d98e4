"""``landwatch kpi`` as a user calls it: files in, values out, and a scorecard over them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from docspages import ROOT

from monitor.cli.main import main
from monitor.config import example, parse
from monitor.scorecard.csv_file import Expected, read_kpi_file
from monitor.scorecard.notation import Notation
from storage.engine import open_engine, parse_url, writing
from storage.store import Store

TODAY = datetime.now(UTC).date()
BEGAN = TODAY - timedelta(days=40)
CONFIG = f"""
region: eu-west
vendors:
  - name: easyshop
    pages: [{{name: sale, url: "https://shop.test/sale"}}]
  - name: rival
    pages: [{{name: home, url: "https://rival.test/"}}]
objectives:
  - {{name: tracking, indicator: tracking, at_least: 99%}}
scorecard:
  currency: EUR
  kpis: [{{name: signups}}]
  trial: {{since: {BEGAN}, objectives: []}}
  pilot: {{objectives: [], thresholds: [{{kpi: content, at_least: 8, per: week}}]}}
  stable: {{since: {BEGAN}}}
  baselines:
    - {{vendor: rival, kpi: cpa, value: 10}}
    - {{vendor: easyshop, kpi: cpa, from: {BEGAN - timedelta(days=2)}, until: {BEGAN - timedelta(days=1)}}}
"""

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    Path("landwatch.yaml").write_text(CONFIG)

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["landwatch", *arguments])
        try:
            main()
        except SystemExit as caught:
            return int(caught.code or 0)
        return 0

    return call


def file_of(*rows: tuple[object, ...], name: str = "kpis.csv") -> str:
    out = io.StringIO()
    csv.writer(out).writerows([("date", "vendor", "kpi", "value"), *rows])
    Path(name).write_text(out.getvalue())
    return name


def content(days: int, amount: object = 2, vendor: str = "easyshop") -> list[tuple[object, ...]]:
    return [(BEGAN + timedelta(days=number), vendor, "content", amount) for number in range(days)]


def test_a_file_is_imported_and_a_later_one_takes_its_place(run: Run, capsys: Any) -> None:
    name = file_of((BEGAN, "easyshop", "content", 2), (BEGAN, "rival", "ctr", "1.25%"))
    assert run("kpi", "import", name) == 0
    assert capsys.readouterr().out == (
        f"kpis.csv is right: 2 values of 2 KPIs and 2 vendors, {BEGAN} to {BEGAN}.\n"
        "2 new, 0 replaced, 0 unchanged.\n"
    )
    assert (
        run("kpi", "import", file_of((BEGAN, "easyshop", "content", 3), (BEGAN, "rival", "ctr", "1.25%")))
        == 0
    )
    assert "0 new, 1 replaced, 1 unchanged." in capsys.readouterr().out


def test_a_wrong_row_is_named_and_nothing_is_imported(run: Run, capsys: Any) -> None:
    assert run("kpi", "import", file_of((BEGAN, "easyshop", "content", 2))) == 0
    capsys.readouterr()
    rows = [
        (BEGAN, "rival", "content", 9),
        (BEGAN, "easyshp", "content", 2),
        (BEGAN, "easyshop", "ctr", "0.5"),
    ]
    assert run("kpi", "import", file_of(*rows, name="wrong.csv")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "wrong.csv:3: no vendor is called 'easyshp': did you mean 'easyshop'?",
        "wrong.csv:4: '0.5' may be 50% or 0.5%: a share has a %, write what is meant",
        "2 mistakes: nothing was imported",
    ]
    run("kpi", "show")
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_of_many_mistakes_it_is_told_how_many_there_are(run: Run, capsys: Any) -> None:
    assert run("kpi", "import", file_of(*[(BEGAN, "easyshop", "content", "x")] * 150)) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-2:] == ["and 50 more", "150 mistakes: nothing was imported"]
    assert run("kpi", "import", file_of()) == 2
    assert capsys.readouterr().err.splitlines() == [
        "kpis.csv: has no rows below its header: there is nothing to import",
        "1 mistake: nothing was imported",
    ]


def test_what_a_file_says_can_not_command_a_terminal(run: Run, capsys: Any) -> None:
    run("kpi", "import", file_of((BEGAN, "\x1b[2J", "content", 2)))
    assert "\x1b" not in capsys.readouterr().err


def test_the_name_of_a_file_is_no_formula(run: Run, capsys: Any) -> None:
    run("kpi", "import", file_of((BEGAN, "easyshop", "content", 2), name="=1+1.csv"))
    capsys.readouterr()
    run("kpi", "show")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["file"] == "'=1+1.csv"


def test_a_dry_run_imports_nothing(run: Run, capsys: Any) -> None:
    assert run("kpi", "import", "--dry-run", file_of((BEGAN, "easyshop", "content", 2))) == 0
    assert capsys.readouterr().out.endswith("Nothing was imported.\n")
    assert not Path("state").exists()


def test_tomorrow_is_not_imported(run: Run, capsys: Any) -> None:
    tomorrow = TODAY + timedelta(days=2)
    assert run("kpi", "import", file_of((tomorrow, "easyshop", "content", 2))) == 2
    assert f"{tomorrow} lies in the future" in capsys.readouterr().err


def test_fractions_with_a_comma_have_to_be_said(run: Run, capsys: Any) -> None:
    Path("de.csv").write_text(f"date;vendor;kpi;value\n{BEGAN};easyshop;cpa;12,5 EUR\n")
    assert run("kpi", "import", "de.csv") == 2
    assert "say --decimal comma or --decimal point" in capsys.readouterr().err
    assert run("kpi", "import", "de.csv", "--decimal", "comma") == 0
    capsys.readouterr()
    assert run("kpi", "list") == 0
    assert "12.50 EUR" in capsys.readouterr().out


def test_the_list_tells_days_ends_gaps_and_the_latest(run: Run, capsys: Any) -> None:
    assert run("kpi", "list") == 1
    assert "the store can't be used: no database" in capsys.readouterr().err
    rows = [
        *content(1),
        (BEGAN + timedelta(days=9), "easyshop", "content", 7),
        (BEGAN, "rival", "signups", 1),
    ]
    run("kpi", "import", file_of(*rows))
    capsys.readouterr()
    assert run("kpi", "list") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["vendor", "kpi", "unit", "days", "first", "last", "missing", "latest"],
        ["easyshop", "content", "number", "2", str(BEGAN), str(BEGAN + timedelta(days=9)), "8", "7"],
        ["rival", "signups", "number", "1", str(BEGAN), str(BEGAN), "1"],
    ]
    Path("landwatch.yaml").write_text(CONFIG.replace("[{name: signups}]", "[]"))
    assert run("kpi", "list", "--vendor", "rival") == 0
    assert "not known any more" in capsys.readouterr().out
    assert run("kpi", "list", "--kpi", "ctr") == 0
    assert capsys.readouterr().out == "The store holds no such values.\n"


def test_values_are_shown_with_where_they_came_from(run: Run, capsys: Any) -> None:
    run(
        "kpi",
        "import",
        file_of(*content(5), (BEGAN, "easyshop", "ctr", "1.25%"), (BEGAN, "rival", "ctr", "2%")),
    )
    capsys.readouterr()
    since, until = BEGAN + timedelta(days=1), BEGAN + timedelta(days=2)
    arguments = ["--vendor", "easyshop", "--kpi", "content", "--since", str(since), "--until", str(until)]
    assert run("kpi", "show", *arguments) == 0
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(one["date"], one["value"], one["file"]) for one in found] == [
        (str(since), "2", "kpis.csv"), (str(until), "2", "kpis.csv"),
    ]  # fmt: skip
    assert all(len(one["sha256"]) == 64 and one["imported_at"].endswith("Z") for one in found)
    assert run("kpi", "show", "--kpi", "ctr") == 0
    assert [row.split(",")[3] for row in capsys.readouterr().out.splitlines()] == ["value", "1.25%", "2%"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "none.csv"), "none.csv can't be read: No such file"),
        (("import", "."), "can't be read: Is a directory"),
        (("show", "--since", "soon"), "'soon' is no date: write one such as"),
        (("list", "--store", "mysql://x"), "--store"),
        (("list", "--config", "none.yaml"), "none.yaml: there is no such file"),
    ],
)
def test_wrong_usage_says_what_would_be_right(
    run: Run, capsys: Any, arguments: tuple[str, ...], words: str
) -> None:
    assert run("kpi", *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())


def scorecard(run: Run, capsys: Any, *arguments: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = run("report", "--json", *arguments)
    return code, json.loads(capsys.readouterr().out)


def results(found: dict[str, Any], vendor: int = 0) -> dict[str, str | None]:
    return {line["name"]: line["result"] for line in found["scorecard"]["vendors"][vendor]["lines"]}


def test_a_stage_is_shown_with_its_scorecard(run: Run, capsys: Any) -> None:
    run("kpi", "import", file_of(*content(30), *content(30, "0.5", "rival")))
    code, found = scorecard(run, capsys, "--stage", "trial")
    assert (code, found["finding"], found["scorecard"]["result"]) == (1, "breached", "fail")
    assert results(found)["content"] == "pass"
    assert results(found)["completion_rate"] == "not enough data"
    assert results(found, 1)["content"] == "fail"
    code, found = scorecard(run, capsys, "--stage", "trial", "--vendor", "easyshop")
    assert (code, found["scorecard"]["result"]) == (3, "not enough data")
    assert run("report", "--stage", "trial") == 1
    out = capsys.readouterr().out
    assert "Scorecard: the stage trial" in out
    assert "✔ pass" in out


def test_all_that_was_asked_and_reached_ends_with_0(run: Run, capsys: Any) -> None:
    written = CONFIG.replace(
        "objectives: []}", "objectives: [], thresholds: [{kpi: content, at_least: 60}]}", 1
    )
    start, end = written.index("objectives:\n"), written.index("scorecard:")
    Path("landwatch.yaml").write_text(written[:start] + "objectives: []\n" + written[end:])
    run("kpi", "import", file_of(*content(30)))
    code, found = scorecard(run, capsys, "--stage", "trial", "--vendor", "easyshop")
    assert (code, found["finding"], found["scorecard"]["result"]) == (0, "met", "pass")


def test_a_report_as_of_then_knows_only_the_days_that_were_over(run: Run, capsys: Any) -> None:
    run("kpi", "import", file_of(*content(30, 1)))
    then = f"{BEGAN + timedelta(days=12)}T06:00:00Z"
    _, found = scorecard(run, capsys, "--stage", "trial", "--until", then, "--vendor", "easyshop")
    assert found["scorecard"]["running"] is True
    (line,) = (one for one in found["scorecard"]["vendors"][0]["lines"] if one["name"] == "content")
    assert (line["result"], line["value"], line["days"], line["of"]) == ("running", 12, 12, 12)


def test_a_baseline_is_made_of_days_before_the_stage(run: Run, capsys: Any) -> None:
    days = [BEGAN + timedelta(days=number) for number in range(-2, 40)]
    spent = [(each, "easyshop", "spend", 100 if each < BEGAN else 80) for each in days]
    bought = [(each, "easyshop", "acquisitions", 10) for each in days]
    run("kpi", "import", file_of(*spent, *bought))
    until = f"{BEGAN + timedelta(days=40)}T00:00:00Z"
    _, found = scorecard(run, capsys, "--stage", "stable", "--vendor", "easyshop", "--until", until)
    (line,) = (
        one for one in found["scorecard"]["vendors"][0]["lines"] if one["name"] == "cpa against the baseline"
    )
    assert (line["result"], line["value_words"]) == ("running", "-20 %")
    assert "baseline: 10.00 EUR from" in line["notes"][1]


def test_a_state_that_lasts_has_no_beginning(run: Run, capsys: Any) -> None:
    rows = [(TODAY - timedelta(days=number), "easyshop", "content", 2) for number in range(1, 29)]
    run("kpi", "import", file_of(*rows))
    _, found = scorecard(run, capsys, "--stage", "pilot", "--vendor", "easyshop")
    assert found["over"] == "the state pilot, each promise over its own window"
    assert results(found)["content a week"] == "pass"
    assert run("report", "--stage", "pilot", "--since", "2026-10-05") == 2
    assert "is a state that lasts, and has no beginning" in " ".join(
        capsys.readouterr().err.replace("│", " ").split()
    )


def test_other_reports_have_no_scorecard(run: Run, capsys: Any) -> None:
    run("kpi", "import", file_of(*content(1)))
    _, found = scorecard(run, capsys)
    assert found["scorecard"] is None


def test_a_store_of_an_older_landwatch_is_told(run: Run, capsys: Any) -> None:
    store = Store("sqlite:///state/landwatch.db")
    store.migrate()
    store.close()
    engine = open_engine(parse_url("sqlite:///state/landwatch.db"))
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
    engine.dispose()
    assert run("kpi", "list") == 1
    assert "an older landwatch" in capsys.readouterr().err


def test_the_example_in_the_docs_is_right_for_the_example_of_a_config() -> None:
    config = parse(example())
    data = (ROOT / "docs" / "examples" / "kpis.csv").read_bytes()
    expected = Expected(
        [vendor.name for vendor in config.vendors],
        config.scorecard.registry,
        date(2026, 10, 7),
        Notation(currency=config.scorecard.currency),
    )
    found = read_kpi_file(data, expected)
    assert len(found.values) == len(data.splitlines()) - 1
    block = (ROOT / "docs" / "scorecard.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    assert set(block.splitlines()) <= set(data.decode().splitlines())
