"""Bundles of real stores: what is judged of them is what the store's own books say, whatever befell it."""

from __future__ import annotations

import csv
import random
import re
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest
from bookkeeping import MIDNIGHT, at, odd, sample, visits
from bundling import (
    CONFIG,
    NOW,
    REGIONS,
    SERIES,
    SHORT,
    bundle_of,
    checked,
    config_in,
    half_a_day,
    keep_books,
)

from monitor.config import Config, parse
from monitor.evidence.failure import NotABundle, NotMade
from monitor.judging.declared import note_maintenance
from monitor.report.period import CalendarMonth, LastSeconds, OwnWindows, Period, StagePeriod, StatePeriod
from monitor.scorecard.scorecard import Card, Scorecard
from monitor.sla.slices import DAY, HOUR
from probes.sample import Outcome
from storage.incidents import Change, IncidentRow, TransitionRow, apply_changes
from storage.marks import WHOLE, raise_mark
from storage.store import Store, StoreUnavailable


def filled(store: Store, config: Config) -> None:
    store.add(half_a_day())
    keep_books(store, config, NOW)


def assert_good(bundle: Path) -> None:
    found = checked(bundle)
    assert found.problems == []
    assert found.good


def test_a_bundle_holds_what_the_books_say_and_comes_out_the_same(
    store: Store, config: Config, tmp_path: Path
) -> None:
    filled(store, config)
    made = bundle_of(store, config, tmp_path / "bundle")
    assert made.notes == []  # the books say the same as the samples do
    assert made.samples.count == len(half_a_day())
    found = checked(tmp_path / "bundle")
    assert found.problems == found.notes == []
    assert found.done == [
        "9 files are as they were when the manifest was written",
        f"14 verdicts and 46 outages come out the same from {made.samples.count:,} samples",
        "samples.parquet says the same as samples.csv",
    ]
    told = orjson.loads((tmp_path / "bundle" / "verdicts.json").read_bytes())
    findings = {one["objective"]: one["finding"] for one in told["pages"][0]["verdicts"]}
    assert findings["availability"] == "breached"
    assert {one.objective: one.finding for one in made.verdicts if one.page == "sale"} == findings


def test_sha256sum_takes_the_sums(made_once: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"],
        cwd=made_once / "bundle",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "manifest.json: OK" in done.stdout
    names = {path.name for path in (made_once / "bundle").iterdir()}
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} == names - {"SHA256SUMS"}


def test_what_came_late_is_not_in_it_and_changes_nothing(
    sqlite_store: Store, config: Config, tmp_path: Path
) -> None:
    samples = half_a_day()
    late = [one for one in samples if one.region == "us-east" and one.at > at(40_000)]
    sqlite_store.add([one for one in samples if one not in late])
    keep_books(sqlite_store, config, NOW)
    first = bundle_of(sqlite_store, config, tmp_path / "first")
    sqlite_store.add(late)
    keep_books(sqlite_store, config, NOW + 60)
    second = bundle_of(sqlite_store, config, tmp_path / "second")
    assert second.samples.count - first.samples.count == len(late) > 0
    assert (second.chain.number, second.chain.installation) == (2, first.chain.installation)
    assert_good(tmp_path / "first")
    assert_good(tmp_path / "second")


def test_samples_that_wait_to_be_rolled_up_are_told_of_in_a_note(
    sqlite_store: Store, config: Config, tmp_path: Path
) -> None:
    samples = half_a_day()
    held_back = [one for one in samples if one.region == "eu-west" and at(10_000) < one.at < at(20_000)]
    sqlite_store.add([one for one in samples if one not in held_back])
    keep_books(sqlite_store, config, NOW)
    sqlite_store.add(held_back)  # of hours that are long over: an agent has yet to look
    made = bundle_of(sqlite_store, config, tmp_path / "bundle")
    *notes, more = made.notes
    assert len(notes) == 50
    assert all(words.startswith("in the store's books ") for words in notes)
    assert re.fullmatch(r"and \d+ more of that kind", more)
    assert_good(tmp_path / "bundle")


PERIODS: list[Period] = [
    LastSeconds(HOUR * 5.0, at(NOW)),
    LastSeconds(HOUR * 2.0, at(30_200.0)),
    OwnWindows(at(36_001.5)),
    CalendarMonth(date(2026, 1, 1), at(NOW)),
    CalendarMonth(date(2025, 12, 1), at(NOW)),
    StagePeriod("trial", date(2026, 1, 1), at(NOW)),
    StagePeriod("stable", date(2026, 1, 1), at(NOW)),
]


@pytest.mark.parametrize("period", PERIODS, ids=lambda one: one.words)
def test_any_time_can_be_asked_about(
    sqlite_store: Store, config: Config, tmp_path: Path, period: Period
) -> None:
    filled(sqlite_store, config)
    made = bundle_of(sqlite_store, config, tmp_path / "bundle", period=period, late=30.0)
    assert made.notes == []
    assert made.asked.again() == period
    assert_good(tmp_path / "bundle")


@pytest.mark.parametrize(
    "wanted", [{"vendor": "easyshop"}, {"page": "sale"}, {"region": "us-east"}, {"vendor": "other"}], ids=str
)
def test_a_bundle_can_be_about_some_of_it(
    sqlite_store: Store, config: Config, tmp_path: Path, wanted: dict[str, str]
) -> None:
    filled(sqlite_store, config)
    made = bundle_of(sqlite_store, config, tmp_path / "bundle", **wanted)
    assert made.notes == []
    assert (made.samples.count == 0) is (wanted.get("vendor") == "other")
    assert_good(tmp_path / "bundle")


def days(number: int) -> list[tuple[float, float]]:
    return [(day * DAY + 30_000.0, day * DAY + 31_000.0) for day in range(number)]


def test_what_was_deleted_rests_on_rollups_and_that_is_said(store: Store, tmp_path: Path) -> None:
    text = CONFIG.format(state=tmp_path / "state", every=900).replace("window: 12h", "window: 4d")
    config = parse(text)
    chance = random.Random(5)
    for number, region in enumerate(REGIONS):
        store.add(odd(visits(number * 7.0, 6 * DAY, 900, SERIES[region], days(6)), chance))
    now = 6.0 * DAY + 60
    keep_books(store, config, now)
    store.purge(at(now), timedelta(days=2.4), timedelta(days=30))
    made = bundle_of(store, config, tmp_path / "bundle", now=now)
    assert made.notes == []
    assert made.samples.raw_from == at(4 * DAY)
    basis = {one.objective: one for one in made.verdicts if one.page == "sale"}
    assert basis["availability"].raw_from == at(4 * DAY) > basis["availability"].since
    assert basis["each"].raw_from == basis["each"].since
    assert_good(tmp_path / "bundle")
    rolled = sum(one.raw_from > one.since for one in made.verdicts)
    words = f"{rolled} verdicts rest on rollups for the time before 2026-01-05 00:00 UTC"
    assert checked(tmp_path / "bundle").notes == [f"{words}: its samples were deleted"]
    books = [orjson.loads(line) for line in (tmp_path / "bundle" / "books.jsonl").read_bytes().splitlines()]
    assert {one["kind"] for one in books} == {"rollup", "outage"}
    # Failures are kept longer: they are there as samples too.
    with (tmp_path / "bundle" / "samples.csv").open(newline="") as file:
        early = [row for row in csv.DictReader(file) if row["at"] < "2026-01-04"]
    assert early
    assert "up" not in {row["outcome"] for row in early}


def test_maintenance_that_was_entered_afterwards_counts_in_a_bundle_too(
    store: Store, config: Config, tmp_path: Path
) -> None:
    """The entry says that it was declared in time; the daemon read it when the work was over."""
    (entry,) = config.maintenance
    with store.writing() as connection:
        note_maintenance(connection, [], at(0))
        note_maintenance(connection, [entry.span()], at(21_000))
    filled(store, config)
    made = bundle_of(store, config, tmp_path / "bundle")
    assert made.notes == []  # the books say the same
    (written,) = orjson.loads((tmp_path / "bundle" / "config.json").read_bytes())["maintenance"]
    assert (written["from"], written["declared"]) == ("2026-01-01T05:30:00Z", "2026-01-01T05:50:00Z")
    assert_good(tmp_path / "bundle")


def test_an_outage_that_began_before_the_window_is_in_it_as_a_whole(
    sqlite_store: Store, config: Config, tmp_path: Path
) -> None:
    down = [(3_000.0, 36_500.0)]
    for region in REGIONS:
        sqlite_store.add(visits(0.0, NOW, EVERY_MINUTE, SERIES[region], down))
    keep_books(sqlite_store, config, NOW)
    only = parse(CONFIG_OF_ONE_HOUR.format(state=tmp_path / "state"))
    made = bundle_of(
        sqlite_store, only, tmp_path / "bundle", period=LastSeconds(7200.0, at(36_600.0)), late=60.0
    )
    assert made.notes == []
    assert made.samples.since < at(3_000)
    assert_good(tmp_path / "bundle")


EVERY_MINUTE = 60.0
CONFIG_OF_ONE_HOUR = """
region: eu-west
state: {state}
vendors:
  - name: easyshop
    pages: [{{name: sale, url: "https://shop.test/sale", probes: {{http: {{every: 60s}}}}}}]
objectives:
  - {{name: routing, indicator: recovery, at_most: 3s, window: 1h}}
"""


def test_an_outage_whose_beginning_was_deleted_is_taken_over(sqlite_store: Store, tmp_path: Path) -> None:
    config = parse(CONFIG_OF_ONE_HOUR.format(state=tmp_path / "state"))
    sqlite_store.add(visits(0.0, NOW, EVERY_MINUTE, SERIES["eu-west"], [(3_000.0, 36_500.0)]))
    keep_books(sqlite_store, config, NOW)
    with sqlite_store.writing() as connection:
        raise_mark(connection, WHOLE, at(20_000))
    made = bundle_of(
        sqlite_store, config, tmp_path / "bundle", period=LastSeconds(7200.0, at(36_600.0)), late=60.0
    )
    assert made.samples.raw_from == at(6 * HOUR)
    told = orjson.loads((tmp_path / "bundle" / "verdicts.json").read_bytes())
    assert told["pages"][0]["outages"][0]["first_bad"] == "2026-01-01T00:50:00Z"
    assert_good(tmp_path / "bundle")


def test_hours_keep_the_slices_that_they_were_measured_in(sqlite_store: Store, tmp_path: Path) -> None:
    before, after = config_in(tmp_path / "state", 300), config_in(tmp_path / "state", 60)
    for number, region in enumerate(REGIONS):
        series = SERIES[region]
        sqlite_store.add(visits(number * 7.0, 20_000, 300, series, [(9_000.0, 10_000.0)]))
    keep_books(sqlite_store, before, 20_000)
    for number, region in enumerate(REGIONS):
        sqlite_store.add(visits(20_000 + number * 7.0, NOW, 60, SERIES[region]))
    keep_books(sqlite_store, after, NOW)
    made = bundle_of(sqlite_store, after, tmp_path / "bundle")
    books = [orjson.loads(line) for line in (tmp_path / "bundle" / "books.jsonl").read_bytes().splitlines()]
    assert {one["kind"] for one in books} == {"cut"}
    # By the pace of today nobody looked between two visits of then: less of the outage is certain.
    assert {words.rpartition("`")[0].rpartition("`")[2] for words in made.notes} <= {
        "certain_seconds",
        "lower",
        "inner",
        "blind",
    }
    assert_good(tmp_path / "bundle")


def test_the_slices_of_a_day_are_kept_where_its_hours_are_gone(sqlite_store: Store, tmp_path: Path) -> None:
    before, after = config_in(tmp_path / "state", 300), config_in(tmp_path / "state", 60)
    series = SERIES["eu-west"]
    sqlite_store.add(visits(0, DAY, 300, series, [(9_000.0, 10_000.0)]))
    keep_books(sqlite_store, before, DAY)
    sqlite_store.add(visits(DAY, DAY + 7200, 60, series))
    keep_books(sqlite_store, after, DAY + 7200)
    bundle_of(sqlite_store, after, tmp_path / "before", now=DAY + 7200.0)
    with sqlite_store.writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM rollups WHERE period = 3600 AND start < {MIDNIGHT + DAY}")
    bundle_of(sqlite_store, after, tmp_path / "bundle", now=DAY + 7200.0)
    before_and_after = [(tmp_path / name / "verdicts.json").read_bytes() for name in ("before", "bundle")]
    assert before_and_after[0] == before_and_after[1]
    assert_good(tmp_path / "bundle")


def test_a_region_that_fell_silent_before_is_missed(sqlite_store: Store, tmp_path: Path) -> None:
    config = parse(
        CONFIG_OF_ONE_HOUR.format(state=tmp_path / "state").replace(
            "recovery, at_most: 3s", "ttfb, at_most: 3s"
        )
    )
    sqlite_store.add(visits(0, 20_000, 60, SERIES["us-east"]))
    sqlite_store.add(visits(9 * DAY, 9 * DAY + NOW, 60, SERIES["eu-west"]))
    keep_books(sqlite_store, config, 9 * DAY + NOW)
    made = bundle_of(sqlite_store, config, tmp_path / "bundle", now=9 * DAY + NOW)
    assert made.notes == []
    told = orjson.loads((tmp_path / "bundle" / "verdicts.json").read_bytes())
    assert set(told["pages"][0]["verdicts"][0]["regions"]) == {"eu-west", "us-east"}
    assert_good(tmp_path / "bundle")


def test_an_empty_store_makes_a_bundle_that_proves_nothing(
    sqlite_store: Store, config: Config, tmp_path: Path
) -> None:
    sqlite_store.migrate()
    made = bundle_of(sqlite_store, config, tmp_path / "bundle")
    assert made.samples.count == 0
    assert {one.finding for one in made.verdicts} == {"unproven"}
    assert_good(tmp_path / "bundle")


def test_a_config_without_promises_makes_a_bundle_of_the_hour(sqlite_store: Store, tmp_path: Path) -> None:
    text = CONFIG_OF_ONE_HOUR.format(state=tmp_path / "state").partition("objectives")[0] + "objectives: []"
    filled(sqlite_store, config_in(tmp_path))
    made = bundle_of(sqlite_store, parse(text), tmp_path / "bundle")
    assert made.verdicts == []
    assert made.samples.count > 0
    assert_good(tmp_path / "bundle")


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_nothing_that_is_there_is_written_over(
    sqlite_store: Store, config: Config, tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "there"
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
        (target / "mine").write_text("mine")
    else:
        target.symlink_to(tmp_path)
    filled(sqlite_store, config)
    with pytest.raises(NotABundle, match=r"is there already|holds something already"):
        bundle_of(sqlite_store, config, target)
    assert not (tmp_path / "state").exists()  # no number was given away


def test_an_empty_folder_may_be_there(sqlite_store: Store, config: Config, tmp_path: Path) -> None:
    filled(sqlite_store, config)
    (tmp_path / "bundle").mkdir()
    bundle_of(sqlite_store, config, tmp_path / "bundle")
    assert_good(tmp_path / "bundle")


def test_a_bundle_is_there_as_a_whole_or_not_at_all(
    sqlite_store: Store, config: Config, tmp_path: Path
) -> None:
    filled(sqlite_store, config)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "evidence").write_text("no folder")
    with pytest.raises(OSError):
        bundle_of(sqlite_store, config, tmp_path / "out" / "bundle")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_chain_that_was_changed_gives_no_number(
    sqlite_store: Store, config: Config, tmp_path: Path
) -> None:
    filled(sqlite_store, config)
    bundle_of(sqlite_store, config, tmp_path / "first")
    chain = tmp_path / "state" / "evidence" / "chain.jsonl"
    chain.write_text(chain.read_text().replace('"number":1', '"number":2'))
    with pytest.raises(NotMade, match="line 1 is no link: place: Value error, the first bundle"):
        bundle_of(sqlite_store, config, tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_samples_that_are_deleted_meanwhile_end_it(
    sqlite_store: Store, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(sqlite_store, config)
    read = sqlite_store.samples

    def deleted_meanwhile(*wanted: object) -> object:
        sqlite_store.purge(at(NOW + DAY), timedelta(hours=20), timedelta(days=9))
        return read(*wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite_store, "samples", deleted_meanwhile)
    with pytest.raises(NotMade, match="samples were deleted meanwhile"):
        bundle_of(sqlite_store, config, tmp_path / "bundle")


def test_a_store_that_is_away_makes_none(config: Config, tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path}/none.db")) as store, pytest.raises(StoreUnavailable):
        bundle_of(store, config, tmp_path / "bundle")


def test_pages_that_the_config_does_not_know_are_left_out(
    sqlite_store: Store, config: Config, tmp_path: Path
) -> None:
    filled(sqlite_store, config)
    count = len(half_a_day())
    sqlite_store.add([replace(sample(100.0), page="gone", outcome=Outcome.UP)])
    assert bundle_of(sqlite_store, config, tmp_path / "bundle").samples.count == count


def test_a_scorecard_and_incidents_are_in_it(sqlite_store: Store, config: Config, tmp_path: Path) -> None:
    sqlite_store.add(half_a_day(SHORT))
    keep_books(sqlite_store, config, SHORT)
    since = at(9_000)
    fields = {"kind": "outage", "vendor": "easyshop", "page": "sale", "subject": "", "streak": 0}
    shared = {"reason": "connect", "worst_sample": None, "severity": 1.0, "opened_by": "a", "closed_by": None}
    before = IncidentRow(
        **fields,
        **shared,
        state="none",
        since=None,
        until=None,
        seen=None,
        regions=(),  # type: ignore[arg-type]
    )
    after = IncidentRow(
        **fields,
        **shared,
        state="open",
        since=since,
        until=None,
        seen=since,
        regions=("eu-west",),  # type: ignore[arg-type]
    )
    with sqlite_store.writing() as connection:
        change = Change(before, after, (TransitionRow("none", "open", since, "eu-west"),))
        apply_changes(connection, [change], since)
    card = Scorecard(
        made_at=at(SHORT),
        stage="trial",
        first=date(2026, 1, 1),
        last=date(2026, 1, 30),
        running=True,
        over="the trial",
        cards=(Card("easyshop", ()),),
    )
    period = StatePeriod("pilot", at(SHORT))
    made = bundle_of(sqlite_store, config, tmp_path / "bundle", now=SHORT, period=period, scorecard=card)
    assert made.asked.again() == period
    assert made.notes == []
    assert "trial" not in {one.objective for one in made.verdicts}
    assert orjson.loads((tmp_path / "bundle" / "scorecard.json").read_bytes())["stage"] == "trial"
    (incident,) = orjson.loads((tmp_path / "bundle" / "incidents.json").read_bytes())
    assert (incident["since"], incident["regions"]) == ("2026-01-01T02:30:00Z", ["eu-west"])
    assert [one["to_state"] for one in incident["transitions"]] == ["open"]
    found = checked(tmp_path / "bundle")
    assert found.good
    assert found.notes == ["scorecard.json was not made again: its KPIs were imported"]
