"""The parts of a bundle: config, chain, what browsers left, what was asked, how reports are compared."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from bookkeeping import at, sample
from bundling import bundle_of, checked, config_in
from docspages import pages

from monitor.config import example, parse
from monitor.evidence.asked import Asked
from monitor.evidence.chain import FILE, Link, locked_chain, read_chain
from monitor.evidence.compare import differences
from monitor.evidence.failure import Unreadable
from monitor.evidence.keepsakes import BadVisits
from monitor.evidence.manifest import Keepsakes, SamplesHeld
from monitor.evidence.readme import readme
from monitor.evidence.rebuild import parts
from monitor.evidence.settings import LEFT_OUT, SHOWN, config_from, config_json
from monitor.report.period import OwnWindows
from monitor.report.reading import Wanted
from monitor.report.report import Report
from probes.sample import Fault, Outcome, Sample
from storage.store import Store

CONFIGS = [
    example(),
    *(block.text for one in pages() for block in one.blocks if block.info == "yaml landwatch"),
]


@pytest.mark.parametrize("text", CONFIGS, ids=lambda text: str(CONFIGS.index(text)))
def test_what_is_judged_by_is_the_same_when_it_is_read_back(text: str) -> None:
    config = parse(text, reveal=False)
    again = config_from(config_json(config))
    assert again.objectives == config.objectives
    assert again.maintenance == config.maintenance
    pace = {watch.target.key: watch.every for watch in config.watches()}
    assert {watch.target.key: watch.every for watch in again.watches()} == pace
    assert [watch.target.timeout for watch in again.watches()] == [
        watch.target.timeout for watch in config.watches()
    ]
    assert config_json(again) == config_json(config)


def test_targets_come_back_exactly(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    odd = ["100ms", "333.333333333ms", "0.1s", "1h30m", "7m"]
    objectives = [
        {"name": f"o{number}", "indicator": "ttfb", "at_most": text} for number, text in enumerate(odd)
    ]
    objectives += [
        {"name": "grade", "indicator": "tls_grade", "at_least": "B"},
        {"name": "days", "indicator": "tls_expiry_days", "at_least": 14.25},
        {"name": "share", "indicator": "availability", "at_least": "99.9912345%", "quorum": "18%"},
        {
            "name": "hours",
            "indicator": "availability",
            "at_least": 0.9,
            "hours": {"from": "09:00", "until": "17:30"},
        },
    ]
    value = orjson.loads(config_json(config)) | {"objectives": objectives}
    read = config_from(orjson.dumps(value))
    assert config_from(config_json(read)).objectives == read.objectives


def test_no_secret_and_nothing_of_the_house_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    config = parse("""
region: here
state: /srv/private
store: postgresql://db.internal/landwatch
listen: 10.1.2.3:9464
vendors:
  - name: easyshop
    pages:
      - name: sale
        url: https://shop.test/
        probes:
          http:
            headers: {X-Key: hunter2, X-Token: {env: TOKEN}}
            cookies: {id: hunter2}
            method: POST
            body: password=hunter2
            proxy: http://me:hunter2@proxy.test:3128
            auth: {bearer: {env: TOKEN}}
          browser:
            headers: {X-Key: hunter2}
            steps:
              - {fill: "#password", value: hunter2}
              - {fill: "#token", value: {env: TOKEN}}
              - {click: "#go"}
""")
    text = config_json(config).decode()
    for word in ("hunter2", "/srv/private", "db.internal", "10.1.2.3"):
        assert word not in text
    value = orjson.loads(text)
    assert set(value) <= set(SHOWN)
    options = value["vendors"][0]["pages"][0]["probes"]["http"]
    assert options["headers"] == {"X-Key": LEFT_OUT, "X-Token": {"env": "TOKEN"}}
    assert options["proxy"] == "http://proxy.test:3128"
    assert config_from(text.encode()).vendors[0].pages[0].name == "sale"


def link(chain: Any, name: str = "x") -> Link:
    return Link(place=chain.place, manifest=name * 64, made_at=datetime(2026, 1, 1, tzinfo=UTC), bundle=name)


def test_the_chain_grows_by_a_line_each(tmp_path: Path) -> None:
    assert read_chain(tmp_path) is None
    for name in "abc":
        with locked_chain(tmp_path) as chain:
            chain.add(link(chain, name))
    links = read_chain(tmp_path) or []
    assert [one.place.number for one in links] == [1, 2, 3]
    assert [one.place.previous for one in links] == [None, "a" * 64, "b" * 64]
    assert len({one.place.installation for one in links}) == 1
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_half_a_line_is_no_link(tmp_path: Path) -> None:
    with locked_chain(tmp_path) as chain:
        chain.add(link(chain, "a"))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"place":{"install')
    assert len(read_chain(tmp_path) or ()) == 1
    with locked_chain(tmp_path) as chain:
        chain.add(link(chain, "b"))
    assert [one.manifest for one in read_chain(tmp_path) or ()] == ["a" * 64, "b" * 64]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('"number":2', '"number":3', "line 2 does not follow the one before it"),
        ('"previous":"aaaa', '"previous":"bbbb', "line 2 does not follow the one before it"),
        ("{", "[", "line 1 is no link"),
    ],
)
def test_a_chain_that_was_changed_is_said(tmp_path: Path, before: str, after: str, words: str) -> None:
    for name in "ab":
        with locked_chain(tmp_path) as chain:
            chain.add(link(chain, name))
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace(before, after, 1))
    with pytest.raises(Unreadable, match=words):
        read_chain(tmp_path)


def test_a_chain_of_two_installations_is_said(tmp_path: Path) -> None:
    for name in "ab":
        with locked_chain(tmp_path) as chain:
            chain.add(link(chain, name))
    first, second = (tmp_path / FILE).read_text().splitlines()
    second = re.sub(r'"installation":"[0-9a-f]*"', f'"installation":"{"0" * 32}"', second)
    (tmp_path / FILE).write_text(f"{first}\n{second}\n")
    with pytest.raises(Unreadable, match="line 2 is of another installation"):
        read_chain(tmp_path)


def test_a_chain_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir(parents=True)
    with pytest.raises(Unreadable, match="it can't be read"):
        read_chain(tmp_path)


def test_one_bundle_is_numbered_at_a_time(tmp_path: Path) -> None:
    def one(name: str) -> None:
        with locked_chain(tmp_path) as chain:
            held = os.open(tmp_path / FILE, os.O_RDWR)
            with pytest.raises(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(held)
            chain.add(link(chain, name))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(one, "0123456789abcdef"))
    assert len(read_chain(tmp_path) or ()) == 16


def browser_sample(seconds: float, state: Path, **changes: Any) -> Sample:
    """A browser's visit with its files on the shelf."""
    place = f"browser/failed/{seconds:g}"
    (state / place).mkdir(parents=True)
    for name in ("filmstrip.png", "visit.har"):
        (state / place / name).write_text(name)
    files = {"filmstrip": f"{place}/filmstrip.png", "har": f"{place}/visit.har"}
    usual: dict[str, Any] = {"probe": "browser", "evidence": {"browser": {"files": files}}}
    return replace(sample(seconds), **usual | changes)


DOWN = {"outcome": Outcome.DOWN, "fault": Fault.CONTENT}


def test_what_bad_visits_left_is_in_the_bundle(sqlite_store: Store, tmp_path: Path) -> None:
    state = tmp_path / "state"
    config = config_in(state)
    bad = browser_sample(100.0, state, **DOWN)
    good = browser_sample(200.0, state)
    gone = replace(
        browser_sample(300.0, state, **DOWN),
        evidence={"browser": {"files": {"har": "browser/failed/x/visit.har"}}},
    )
    sqlite_store.add([bad, good, gone])
    made = bundle_of(sqlite_store, config, tmp_path / "bundle")
    assert made.keepsakes == Keepsakes(visits=1, missing=1)
    names = {one.path for one in made.files if one.path.startswith("visits/")}
    assert names == {f"visits/{bad.id}/filmstrip.png", f"visits/{bad.id}/visit.har"}
    assert (
        "Of 1 bad visits nothing was kept here any more" in (tmp_path / "bundle" / "README.txt").read_text()
    )
    assert checked(tmp_path / "bundle").good
    (tmp_path / "bundle" / "visits" / bad.id / "visit.har").write_text("visit.hax")
    words = f"visits/{bad.id}/visit.har: it was changed: its SHA-256 is another"
    assert checked(tmp_path / "bundle").problems == [words]


def test_the_slowest_first_screens_are_kept_where_they_were_promised_faster(tmp_path: Path) -> None:
    config = parse("region: x\nvendors: [{name: easyshop, pages: [{name: sale, url: 'https://a.test/'}]}]")
    visits = BadVisits.of(config)
    assert visits.promised == {("easyshop", "sale"): 2.5}
    for number in range(60):
        visits.look(browser_sample(number, tmp_path, vitals={"first_screen": 2.0 + number / 10}))
    assert visits.found == 54
    assert len(visits.slow) == 50
    found = visits.copy(tmp_path, tmp_path / "out")
    assert found == Keepsakes(visits=50, left_out=4)


def test_too_much_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visits = BadVisits({})
    for number in range(5):
        visits.look(browser_sample(number, tmp_path, **DOWN))
    monkeypatch.setattr("monitor.evidence.keepsakes.LARGEST", 50)
    assert visits.copy(tmp_path, tmp_path / "out") == Keepsakes(visits=2, left_out=3)


def test_a_visit_that_makes_room_as_it_is_copied_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = BadVisits({})
    for number in range(2):
        visits.look(browser_sample(number, tmp_path, **DOWN))
    copy = shutil.copyfile

    def copied_slowly(path: Path, place: Path) -> None:
        copy(path, place)
        (tmp_path / "browser/failed/1/visit.har").unlink(missing_ok=True)

    monkeypatch.setattr(shutil, "copyfile", copied_slowly)
    assert visits.copy(tmp_path, tmp_path / "out") == Keepsakes(visits=1, missing=1)
    (folder,) = (tmp_path / "out" / "visits").iterdir()
    assert {path.name for path in folder.iterdir()} == {"filmstrip.png", "visit.har"}


@pytest.mark.parametrize(
    "files",
    [
        {"har": "../../etc/passwd"},
        {"har": "/etc/passwd"},
        {"har": "browser/failed/link/visit.har"},
        {"har": "browser/failed/7/filmstrip.png"},
        {"har": "landwatch.db"},
        {"har": "browser/\0"},
        {"harm": "browser/failed/7/visit.har"},
        {"har": 7},
        "visit.har",
    ],
    ids=str,
)
def test_a_store_that_names_other_files_gets_none(tmp_path: Path, files: object) -> None:
    visits = BadVisits({})
    one = browser_sample(7, tmp_path, **DOWN)
    (tmp_path / "browser/failed/link").symlink_to("/etc")
    (tmp_path / "landwatch.db").touch()
    visits.look(replace(one, evidence={"browser": {"files": files}}))
    assert visits.copy(tmp_path, tmp_path / "out").visits == 0
    assert not (tmp_path / "out").exists()


def test_a_period_that_nobody_knows_is_refused() -> None:
    class Odd:
        words = "an odd time"

    with pytest.raises(ValueError, match="no evidence is made over an odd time"):
        Asked.of(Odd(), Wanted())  # type: ignore[arg-type]
    found = Asked.of(OwnWindows(at(0)), Wanted(region="here"))
    assert found.wanted == Wanted(region="here")


def test_reports_are_compared_field_by_field() -> None:
    verdict = {"objective": "ttfb", "value": 0.25, "beside": {"p95": 0.3}, "missing": ["a"]}
    outage = {"probe": "http", "scope": "page", "first_bad": "x", "samples": 3}
    told = {
        "finding": "met",
        "pages": [{"vendor": "a", "page": "b", "verdicts": [verdict], "outages": [outage]}],
    }
    assert differences(told, told) == []
    close = orjson.loads(orjson.dumps(told))
    close["pages"][0]["verdicts"][0]["value"] = 0.25 * (1 + 1e-12)
    assert differences(told, close) == []
    made = orjson.loads(orjson.dumps(told))
    made["finding"] = "breached"
    held = made["pages"][0]["verdicts"][0]
    held["value"], held["beside"]["p95"], held["missing"], held["new"] = 0.26, None, [], True
    made["pages"][0]["outages"] = []
    assert differences(told, made) == [
        "the report: `finding` is met, and what the bundle holds makes it breached",
        "a/b, verdict ttfb: `value` is 0.25, and what the bundle holds makes it 0.26",
        "a/b, verdict ttfb: `beside.p95` is 0.3, and what the bundle holds makes it null",
        "a/b, verdict ttfb: `missing` is ['a'], and what the bundle holds makes it []",
        "a/b, verdict ttfb: `new` is not there, and what the bundle holds makes it True",
        "a/b, outage http page x is told of, and nothing that the bundle holds makes one",
    ]
    assert len(differences(told, made, lenient=True)) == 5


def test_odd_reports_are_compared_too() -> None:
    made: dict[str, Any] = {"pages": [{"vendor": "a", "page": "b", "verdicts": [], "outages": []}]}
    assert differences([], made) == ["page a/b is not told of, and what the bundle holds makes one"]
    twice = {"pages": [*made["pages"], *made["pages"], "x"]}
    assert differences(twice, made)[0].startswith("page a/b (1) is told of")
    many = {"pages": [{"vendor": str(number), "page": "x"} for number in range(150)]}
    assert len(differences(many, {"pages": []})) == 150


def test_a_long_value_is_cut() -> None:
    found = differences({"a": "x" * 500, "pages": []}, {"a": "y", "pages": []})
    assert len(found[0]) < 220


def test_the_parts_of_a_work_tell_of_the_whole() -> None:
    told: list[float] = []
    first, second = parts(told.append, 1.0, 3.0)
    first(0.5)
    first(1.0)
    second(0.5)
    second(1.0)
    assert told == [0.125, 0.25, 0.625, 1.0]


def test_the_readme_of_nothing_can_be_read() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    held = SamplesHeld(count=0, since=now - timedelta(1), until=now, raw_from=now)
    text = readme(Report(now, "no time", []), held, Keepsakes(left_out=2), "1").decode()
    assert "Made at 2026-01-01 00:00:00.000 UTC by landwatch 1" in text
    assert max(map(len, text.splitlines())) <= 110


def test_a_month_is_a_date() -> None:
    asked = Asked(period="month", words="", until=at(0), first=date(2026, 1, 1))
    assert Asked.model_validate_json(asked.model_dump_json()) == asked
