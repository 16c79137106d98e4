"""Bundles that were made to do harm: clear words, bounded work, nothing outside of the temporary folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from bundling import checked, compared_here, edited, resealed

from monitor.evidence.failure import NotABundle, Unreadable
from monitor.evidence.files import walk
from monitor.evidence.manifest import read_manifest
from monitor.evidence.names import MANIFEST
from monitor.evidence.opening import content, opened
from monitor.evidence.settings import config_from
from monitor.evidence.verify import check_bundle


def test_what_is_no_bundle_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place, words in (("file", "is no folder"), ("none", "is no folder"), (".", "no evidence bundle")):
        with pytest.raises(NotABundle, match=words):
            checked(tmp_path / place)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a/../../x", "./x", ".hidden", "a//b", "a/", "", "a\\b", "a\nb"]
)
def test_no_path_leads_out_of_the_bundle(bundle: Path, path: str) -> None:
    edited(bundle, MANIFEST, lambda value: value["files"][0].update(path=path))
    found = checked(bundle)
    assert found.problems[0].startswith("manifest.json: it is no manifest: files.0.path: String should match")
    assert found.manifest is None
    assert len(found.problems) == 1  # nothing else was opened


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda value: value.update(format=2), "format: Input should be 1"),
        (lambda value: value.update(surprise=1), "surprise: Extra inputs"),
        (lambda value: value.update(made_at="9999-12-31T23:59:59Z"), "nothing is watched in the year 9999"),
        (lambda value: value.update(made_at="2020-01-01T00:00:00Z"), "about a time after it was made"),
        (lambda value: value["files"].append(value["files"][0]), "is listed twice"),
        (lambda value: value["asked"].update(period="last"), "has not these details"),
        (lambda value: value["samples"].update(since="2000-01-01T00:00:00Z"), "longer than anything is kept"),
        (lambda value: value["samples"].update(raw_from="2025-12-01T00:00:00Z"), "they had not begun"),
        (lambda value: value["files"][0].update(size=-1), "size: Input should be greater"),
        (lambda value: value["files"][0].update(sha256="x"), "sha256: String should match"),
        (lambda value: value["chain"].update(number="1"), "chain.number: Input should be a valid integer"),
        (lambda value: value["chain"].update(number=2), "the first bundle follows none"),
        (lambda value: value["chain"].update(previous="a" * 64), "the first bundle follows none"),
    ],
)
def test_a_manifest_that_is_none_is_said(bundle: Path, change: Callable[[Any], object], words: str) -> None:
    edited(bundle, MANIFEST, change)
    assert words in checked(bundle).problems[0]


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"format":'])
def test_a_manifest_that_is_no_json_is_said(bundle: Path, data: bytes) -> None:
    (bundle / MANIFEST).write_bytes(data)
    assert checked(bundle).problems[0].startswith("manifest.json: it is no manifest: ")


def test_a_manifest_that_says_the_same_otherwise_was_changed(bundle: Path) -> None:
    data = (bundle / MANIFEST).read_bytes()
    with pytest.raises(Unreadable, match="not written as landwatch writes it"):
        read_manifest(data + b"\n")


def test_a_manifest_that_is_huge_is_not_read(bundle: Path) -> None:
    with (bundle / MANIFEST).open("ab") as file:
        file.truncate(1 << 40)  # a hole, which takes no room
    assert checked(bundle).problems == ["manifest.json: it has more than 16,777,216 bytes"]


def test_a_file_that_is_huge_is_not_hashed(bundle: Path) -> None:
    with (bundle / "README.txt").open("ab") as file:
        file.truncate(1 << 40)
    assert (
        "README.txt: it was changed: it has 1,099,511,627,776 bytes, and had " in checked(bundle).problems[0]
    )


@pytest.mark.parametrize(
    "name",
    ["README.txt", "samples.csv", "config.json", "verdicts.json", "books.jsonl", "SHA256SUMS", MANIFEST],
)
def test_links_are_not_followed(bundle: Path, tmp_path: Path, name: str) -> None:
    (bundle / name).rename(tmp_path / "aside")
    (bundle / name).symlink_to(tmp_path / "aside")
    assert any(words.startswith(f"{name}: ") for words in checked(bundle).problems)


def test_a_folder_that_is_a_link_is_not_looked_into(bundle: Path, tmp_path: Path) -> None:
    (bundle / "visits").symlink_to("/")
    assert checked(bundle).problems == ["visits: it was added, the manifest does not know it"]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_plain_file_is_not_read(bundle: Path, make: Callable[[Path], None]) -> None:
    (bundle / "samples.csv").unlink()
    make(bundle / "samples.csv")
    found = checked(bundle)
    assert any(words.startswith("samples.csv: it is ") for words in found.problems)
    with pytest.raises(Unreadable), opened(bundle, "samples.csv") as file:
        file.read()


def test_folders_without_end_are_not_walked(bundle: Path) -> None:
    deep = bundle
    for _ in range(12):
        deep /= "d"
        deep.mkdir()
    (deep / "x").touch()
    assert checked(bundle).problems == ["d/d/d/d/d: it was added, the manifest does not know it"]


def test_files_without_number_are_not_counted(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.evidence.files.MOST_FILES", 3)
    with pytest.raises(Unreadable, match="it has more than 6 files"):
        list(walk(bundle))
    assert checked(bundle).problems[0] == ".: it has more than 6 files"


def test_a_folder_that_can_not_be_looked_into_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="it can't be looked into"):
        list(walk(tmp_path / "none"))


def test_a_file_that_is_too_large_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert content(tmp_path, "x", 5) == b"12345"
    with pytest.raises(Unreadable, match="it has more than 4 bytes"):
        content(tmp_path, "x", 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "it is no JSON"),
        (b"[]", "it is no mapping"),
        (b"{}", "it is no config of this version: region: Field required"),
        (b'{"region": "x", "vendors": [{"name": "a"}, {"name": "a"}]}', "is the name of vendors"),
        (b'{"region": "x", "vendors": [], "store": {"env": "HOME"}}', "it is no config of this version"),
    ],
)
def test_a_config_that_is_none_is_said(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        config_from(data)


def test_a_config_opens_no_file_and_asks_for_no_secret(bundle: Path) -> None:
    def harm(value: Any) -> None:
        options = value["vendors"][0]["pages"][0]["probes"]["http"]
        options["ca"] = "/dev/zero"
        options["auth"] = {"bearer": {"file": "/dev/zero"}}

    edited(bundle, "config.json", harm)
    config_from((bundle / "config.json").read_bytes())


def rebuilt_problem(bundle: Path) -> str:
    resealed(bundle)
    found = [words for words in checked(bundle).problems if "can't be made again" in words]
    assert len(found) == 1
    return found[0]


ROLLUP = {
    "kind": "rollup", "vendor": "easyshop", "page": "sale", "region": "eu-west", "probe": "http",
    "variant": "",
    "period": 3600, "start": 1_767_225_600 - 7200, "length": 60, "reach": 1, "measured": "00", "down": "00",
    "visits_up": 1, "visits_down": 0, "visits_blocked": 0, "visits_unknown": 0, "visits_tainted": 0,
    "newest": 1,
    "figures": "",
}  # fmt: skip
_FIGURE = "0474746662" + "0100000000000000" + "00" * 16


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "bomb"}, "line 1 is none of the books"),
        ({"start": 1}, "about no whole hour or day"),
        ({"length": 7}, "no length of slices that there is"),
        ({"period": 60}, "Input should be 3600 or 86400"),
        ({"measured": "zz"}, "String should match pattern"),
        ({"measured": "00" + "ff" * 15}, "it has more slices than there are"),
        ({"measured": "01ffff"}, "not a set of slices"),
        ({"measured": "0500"}, "is not known"),
        ({"figures": "04"}, "the figures are cut off"),
        (
            {"figures": _FIGURE + "000000000000f07f" + "000000000000f07f" + "00000000"},
            "line 1 is none of the books",
        ),
        ({"figures": _FIGURE + "00" * 16 + "00000000"}, "line 1 is none of the books"),
        ({"visits_up": -1}, "visits_up"),
        ({"variant": "x" * 600}, "variant"),
        ({"extra": 1}, "extra"),
        ({"measured": "00" * 600_000}, "line 1 is none of the books"),
    ],
    ids=lambda one: str(one)[:60],
)
def test_rollups_that_are_none_are_said(bundle: Path, change: dict[str, Any], words: str) -> None:
    (bundle / "books.jsonl").write_bytes(orjson.dumps(ROLLUP | change) + b"\n")
    told = rebuilt_problem(bundle)
    assert told.startswith("the verdicts can't be made again: books.jsonl: line 1 is none of the books: ")
    assert words in told


def test_a_line_of_the_books_that_does_not_end_is_said(bundle: Path) -> None:
    (bundle / "books.jsonl").write_bytes(orjson.dumps(ROLLUP))
    assert "it is cut off, or too long" in rebuilt_problem(bundle)


OUTAGE = {
    **{key: ROLLUP[key] for key in ("vendor", "page", "region", "probe", "variant")},
    "kind": "outage", "first_bad": "0001-01-01T00:10:00Z", "last_bad": "2026-01-01T01:00:00Z",
    "last_good": None, "first_good": None, "all_good": None, "blind": 0.0, "samples": 1, "faults": {},
    "opened_by": "a", "closed_by": None, "worst": "a", "longest": 0.0,
}  # fmt: skip


def test_books_that_tell_of_a_time_of_which_the_samples_are_there_are_said(bundle: Path) -> None:
    """They would be believed more than the samples: nobody could see what verdicts rest on."""
    good = {"start": 1_767_225_600, "visits_up": 10_000}
    bad = {"first_bad": "2026-01-01T00:10:00Z"}
    for line in (ROLLUP | good, ROLLUP | good | {"period": 86_400}, OUTAGE | bad):
        (bundle / "books.jsonl").write_bytes(orjson.dumps(line) + b"\n")
        assert "it tells of a time after that" in rebuilt_problem(bundle)


def test_samples_that_stand_twice_are_said(bundle: Path) -> None:
    heading, *lines = (bundle / "samples.csv").read_bytes().splitlines(keepends=True)
    (bundle / "samples.csv").write_bytes(b"".join([heading, *lines, *lines[:3]]))
    assert "samples.csv: it has 3 samples whose id another one has" in rebuilt_problem(bundle)


def test_outages_that_can_not_be_are_said(bundle: Path) -> None:
    (bundle / "books.jsonl").write_bytes(orjson.dumps(OUTAGE) + b"\n")
    resealed(bundle)
    assert not checked(bundle).good


def test_an_outage_that_stands_twice_is_said(bundle: Path) -> None:
    (bundle / "books.jsonl").write_bytes(2 * (orjson.dumps(OUTAGE) + b"\n"))
    assert "books.jsonl: no store takes what is in it" in rebuilt_problem(bundle)


def test_a_promise_that_no_calendar_has_is_said(bundle: Path) -> None:
    edited(bundle, "config.json", lambda value: value["objectives"][-1].update(since="9999-12-31"))
    assert "config.json: by what it says, nothing can be judged: date value out of range" in rebuilt_problem(
        bundle
    )


def test_samples_of_another_time_are_refused(bundle: Path) -> None:
    text = (bundle / "samples.csv").read_text()
    (bundle / "samples.csv").write_text(text.replace("2026-01-01T00:00:14Z", "1970-01-01T00:00:14Z", 1))
    assert "is of a time that the bundle is not about" in rebuilt_problem(bundle)


def test_more_series_than_anybody_watches_are_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.evidence.rebuild.MOST_SERIES", 2)
    assert "it is about more series and hours than anybody watches" in rebuilt_problem(bundle)


def test_nothing_is_written_but_in_the_temporary_folder(bundle: Path, tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    before = {path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*")) if path.is_file()}
    check_bundle(bundle, "0.1.0", room=room, twins=compared_here)
    assert {path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*")) if path.is_file()} == before
    assert list(room.iterdir()) == []
