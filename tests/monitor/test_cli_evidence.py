"""``landwatch report --evidence`` and ``--verify`` as a user calls them."""

from __future__ import annotations

import json
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from bundling import edited, resealed
from reportednoon import HOUR_OF_NOON, PAGES, run_report, watched_at_noon

from monitor.config import load
from storage.store import Store

CONFIG = (
    PAGES
    + """\
objectives:
  - {name: availability, indicator: availability, at_least: 50%, coverage: 50%}
  - {name: routing, indicator: recovery, at_most: 3s}
"""
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config and a store, in which the hour from yesterday's noon on was watched."""
    monkeypatch.chdir(tmp_path)
    watched_at_noon(tmp_path, CONFIG)
    return tmp_path


def make(monkeypatch: pytest.MonkeyPatch, name: str = "bundle") -> int:
    return run_report(monkeypatch, "--brief", "--evidence", name, *HOUR_OF_NOON)


def test_a_bundle_is_made_and_found_to_be_good(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert make(monkeypatch) == 1  # as of the verdicts, which are shown as ever
    out, err = capsys.readouterr()
    assert "1 met, 1 breached, 0 unproven" in out
    assert "bundle: evidence number 1, 864 samples, 9 files" in err
    assert "note: " not in err
    printed = err.splitlines()[-1]
    assert run_report(monkeypatch, "--verify", "bundle") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[0] == "bundle"
    assert f"  SHA-256 of the manifest: {printed}" in out.splitlines()
    assert "✔ 2 verdicts and 2 outages come out the same from 864 samples" in out
    assert "✔ its manifest is number 1 of the chain" in out
    assert out.splitlines()[-1] == "  nothing was changed, and the verdicts are those that the samples make"


def test_what_was_changed_is_named_and_ends_with_1(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    make(monkeypatch)
    capsys.readouterr()
    bundle = Path("bundle")

    def better(report: Any) -> None:
        report["pages"][0]["verdicts"][1]["finding"] = "met"

    edited(bundle, "verdicts.json", better)
    resealed(bundle)
    (bundle / "README.txt").write_text("all is well")
    assert run_report(monkeypatch, "--verify", "bundle") == 1
    out = capsys.readouterr().out
    assert "✘ README.txt: it was changed: it has 11 bytes" in out
    assert (
        "✘ easyshop/spring-sale, verdict routing: `finding` is met, and what the bundle holds makes it" in out
    )
    assert "✘ manifest.json: it was changed, it is not the one that the chain has as number 1" in out
    assert out.splitlines()[-1] == "  NOT GOOD: 3 problems"


def test_nothing_but_the_bundle_is_needed(monkeypatch: pytest.MonkeyPatch, capsys: Any, place: Path) -> None:
    make(monkeypatch)
    capsys.readouterr()
    (place / "landwatch.yaml").unlink()
    (place / "bundle" / "README.txt").unlink()
    assert run_report(monkeypatch, "--verify", "bundle") == 1
    out = capsys.readouterr().out
    assert "chain" not in out
    assert out.splitlines()[-1] == "  NOT GOOD: 1 problem"


def test_several_bundles_are_checked_as_json(monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> None:
    make(monkeypatch, "one")
    make(monkeypatch, "two")
    Path("one/manifest.json").write_text("{}")
    capfdbinary.readouterr()
    assert run_report(monkeypatch, "--verify", "one", "--verify", "two", "--json") == 1
    one, two = json.loads(capfdbinary.readouterr().out)
    assert (one["bundle"], one["good"], one["number"]) == ("one", False, None)
    assert one["problems"][0].startswith("manifest.json: it is no manifest")
    assert (two["bundle"], two["good"], two["number"]) == ("two", True, 2)
    assert "its manifest is number 2 of the chain" in two["right"]


def test_names_that_are_no_text_are_told_as_json_too(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    make(monkeypatch)
    os.close(os.open(b"bundle/\xff", os.O_CREAT))
    capfdbinary.readouterr()
    assert run_report(monkeypatch, "--verify", "bundle", "--json") == 1
    (found,) = json.loads(capfdbinary.readouterr().out)
    assert found["problems"] == ["?: it was added, the manifest does not know it"]


def test_a_manifest_that_is_none_is_told_of_in_words(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    make(monkeypatch)
    Path("bundle/manifest.json").write_text("{}")
    capsys.readouterr()
    assert run_report(monkeypatch, "--verify", "bundle") == 1
    assert "✘ manifest.json: it is no manifest: landwatch: Field required" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["chain", "config"])
def test_a_chain_that_can_not_be_read_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, damage: str
) -> None:
    make(monkeypatch)
    place = Path("state/evidence/chain.jsonl" if damage == "chain" else "landwatch.yaml")
    place.write_text("[]\n")
    assert run_report(monkeypatch, "--verify", "bundle") == 1
    assert "✘ the chain of this installation can't be read: " in capsys.readouterr().out


def test_an_installation_without_a_chain_says_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    make(monkeypatch)
    Path("state/evidence/chain.jsonl").unlink()
    assert run_report(monkeypatch, "--verify", "bundle") == 0
    assert "chain" not in capsys.readouterr().out


def test_what_the_books_lack_is_noted(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    config = load(Path("landwatch.yaml"))
    with closing(Store(config.store_url, durable=False)) as store, store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM outages")
    make(monkeypatch)
    assert "note: in the store's books the report: `finding`" in capsys.readouterr().err
    assert run_report(monkeypatch, "--verify", "bundle") == 0
    assert "note, made with the bundle: in the store's books" in capsys.readouterr().out


def test_without_pyarrow_no_bundle_is_made_and_one_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    make(monkeypatch)
    hidden = tmp_path / "hidden"
    (hidden / "pyarrow").mkdir(parents=True)
    (hidden / "pyarrow" / "__init__.py").write_text("raise ImportError")
    capsys.readouterr()
    monkeypatch.setattr("monitor.cli.evidence_make.find_spec", lambda name: None)
    assert make(monkeypatch, "other") == 2
    words = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "pip install 'landwatch[parquet]'" in words
    monkeypatch.setattr("monitor.evidence.parquet_twin._ROOT", f"{hidden}:{Path(__file__).parents[2]}")
    assert run_report(monkeypatch, "--verify", "bundle") == 0
    assert "note: samples.parquet was not read, as pyarrow is not installed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--evidence", "landwatch.yaml"), "landwatch.yaml is there already, and is no folder"),
        (("--evidence", "state"), "state holds something already: name a new folder"),
        (("--evidence", "new", "--anomalies"), "--anomalies break no promise"),
        (("--verify", "state"), "state is no evidence bundle: it has no manifest.json"),
        (("--verify", "none"), "none is no folder"),
        (("--verify", "state", "--config", "none.yaml"), "there is no none.yaml to say where the chain is"),
    ],
)
def test_wrong_usage_says_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: tuple[str, ...], words: str
) -> None:
    assert run_report(monkeypatch, *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_place_that_can_not_be_written_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    Path("file").touch()
    assert make(monkeypatch, "file/bundle") == 2
    assert "can't be written: " in capsys.readouterr().err


def test_a_chain_that_was_changed_makes_no_bundle(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    make(monkeypatch)
    Path("state/evidence/chain.jsonl").write_text("{}\n")
    assert make(monkeypatch, "other") == 2
    assert "there is no evidence: evidence/chain.jsonl: line 1 is no link" in capsys.readouterr().err
    assert not Path("other").exists()


def test_a_check_that_is_ended_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make(monkeypatch)
    room = tmp_path / "room"
    room.mkdir()
    found = []

    def ended(*_: object) -> None:
        found.extend(room.iterdir())
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("tempfile.tempdir", str(room))
    monkeypatch.setattr("monitor.evidence.rebuild.recompute", ended)
    assert run_report(monkeypatch, "--verify", "bundle") != 0
    assert len(found) == 1
    assert list(room.iterdir()) == []


def test_no_room_to_judge_again_is_told(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    make(monkeypatch)
    monkeypatch.setattr("tempfile.tempdir", "/proc/none")
    assert run_report(monkeypatch, "--verify", "bundle") == 2
    assert "there is no room to judge bundle again" in capsys.readouterr().err
