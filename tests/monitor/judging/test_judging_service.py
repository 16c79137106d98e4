"""The judge as a service: what it shows, what it survives, and when it works."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator import START, Agent, Truth, moment_of, sample_at
from structlog.testing import capture_logs
from watching import World, config, kept

from monitor.judging import service
from monitor.judging.judged import Seconds
from monitor.judging.service import FIRST_ROUND, LAG, OBJECTIVES, ROUND, SLICE, SLICES, Judging
from monitor.judging.verdict_round import PAGES, rule
from monitor.sla.verdict import Finding
from probes.ids import uuid7
from storage.failure import StoreUnavailable
from storage.store import Store

KEY = ("vendor", "page")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/landwatch.db")
    yield store
    store.close()


class Clock:
    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return START + self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def judging(store: Store, clock: Clock) -> Iterator[Judging]:
    judging = Judging(store, "r0", wall=clock)
    yield judging
    judging.close(20.0)


def test_every_page_and_promise_is_there_at_once(judging: Judging) -> None:
    judging.watch(config())
    judged = judging.judged
    assert judged.outlook.seconds == {KEY: Seconds(0, 0)}
    assert judged.outlook.regions == {KEY: ["r0"]}
    assert [one.name for _, _, one in judged.promised] == ["availability", "routing", "ttfb"]  # no browser
    assert judged.rulings == {}


def test_slices_and_objectives_are_judged(store: Store, judging: Judging) -> None:
    judging.watch(config())
    world = World(store, Truth(300.0, {"r0": [(100.0, 161.0)]}), {"r0": Agent()})
    for slot in range(15, 300, 15):
        world.arrive(slot + 2.0)
        world.roll_up()
        judging.look(moment_of(slot + 2.0))
    assert judging.judged.outlook.seconds[KEY].bad == 60
    assert [one.kind for one in kept(store)] == ["outage"]
    judging.rule(moment_of(290.0))
    rulings = judging.judged.rulings
    assert {key[2] for key in rulings} == {"availability", "routing", "ttfb"}
    verdict = rulings[(*KEY, "availability")].verdict
    assert (verdict.finding, verdict.bad_seconds) == (Finding.UNPROVEN, 60.0)
    assert verdict.burn["5m"] is not None
    assert verdict.outages == ()


def test_a_slow_page_is_an_incident_once_it_lasts(store: Store, judging: Judging) -> None:
    judging.watch(config())
    store.migrate()
    for slot in range(0, 700, 15):
        sample = sample_at(slot, ttfb=0.9)
        sample.id = uuid7(sample.at.timestamp())
        store.add([sample])
        judging.look(moment_of(slot + 2.0))
        if slot <= 5 * 60 + service.LAG:
            assert judging.judged.outlook.open == []
    (incident,) = judging.judged.outlook.open
    assert (incident.kind, incident.subject, incident.reason) == ("latency", "ttfb", "ttfb 900ms")
    assert incident.since == moment_of(0)


def test_a_certificate_that_ends_soon_is_an_incident_until_it_is_renewed(
    store: Store, judging: Judging
) -> None:
    judging.watch(config())
    store.migrate()
    judging.record(sample_at(0, evidence={"tls": {"not_after": "2026-01-03T00:00:00Z"}}))
    judging.look(moment_of(2.0))
    judging.look(moment_of(17.0))
    (incident,) = judging.judged.outlook.open
    assert (incident.kind, incident.subject) == ("certificate", "r0")
    judging.record(sample_at(20, evidence={"tls": {"not_after": "2026-09-03T00:00:00Z"}}))
    judging.look(moment_of(32.0))
    assert judging.judged.outlook.open == []
    assert kept(store)[0].state == "closed"


def test_pages_and_objectives_that_are_gone_are_shown_no_more(store: Store, judging: Judging) -> None:
    judging.watch(config())
    store.migrate()
    judging.look(moment_of(100.0))  # nothing was ever measured: silence from now on
    judging.look(moment_of(200.0))
    judging.rule(moment_of(200.0))
    assert [one.kind for one in judging.judged.outlook.open] == ["silence"]
    before = judging.judged
    judging.watch(config(more="objectives: [{name: ttfb, indicator: ttfb, at_most: 300ms}]"))
    assert set(judging.judged.rulings) == {(*KEY, "ttfb")}
    assert judging.judged.outlook.open == before.outlook.open
    judging.watch(config(more="objectives: [{name: ttfb, indicator: ttfb, at_most: 200ms}]"))
    assert judging.judged.rulings == {}  # another promise than what was judged
    other = config().model_copy(update={"vendors": [one_page("other")]})
    judging.watch(other)
    assert judging.judged.outlook.open == []
    assert judging.judged.outlook.seconds == {("vendor", "other"): Seconds(0, 0)}
    judging.look(moment_of(215.0))
    assert judging.judged.outlook.open == []
    judging.watch(config())
    assert judging.judged.outlook.seconds == {KEY: Seconds(0, 0)}


def one_page(name: str) -> Any:
    vendor = config().vendors[0]
    return vendor.model_copy(update={"pages": [vendor.pages[0].model_copy(update={"name": name})]})


def test_what_was_judged_for_an_older_config_is_not_shown(
    store: Store, judging: Judging, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.migrate()
    judging.watch(config())
    read = store.reading

    def reload_meanwhile() -> object:
        judging.watch(config().model_copy(update={"vendors": [one_page("other")]}))
        return read()

    for work in (judging.look, judging.rule):
        judging.watch(config())
        monkeypatch.setattr(store, "reading", reload_meanwhile)
        work(moment_of(100.0))
        monkeypatch.undo()
        assert judging.judged.outlook.seconds == {("vendor", "other"): Seconds(0, 0)}
        assert judging.judged.rulings == {}


def test_without_a_config_there_is_nothing_to_judge(judging: Judging) -> None:
    judging.rule(moment_of(0.0))
    assert judging.judged.rulings == {}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_works_in_threads_of_its_own_until_it_is_closed(
    store: Store, judging: Judging, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "FIRST_ROUND", 0.01)
    store.migrate()
    judging.watch(config())
    clock.at = SLICE + LAG - 0.01
    judging.start()
    wait_for(lambda: all(one.done_at is not None for one in judging.judged.works.values()))
    assert judging.judged.works[SLICES].done_at == clock()
    assert judging.judged.works[SLICES].duration > 0
    judging.close(60.0)
    names = {thread.name for thread in threading.enumerate()}
    assert not any(name.startswith("landwatch-judge") for name in names)


def test_it_looks_a_moment_after_each_slice_and_rules_now_and_then(judging: Judging, clock: Clock) -> None:
    for at, pause in ((0.0, LAG), (LAG, SLICE), (LAG + 1, SLICE - 1), (14.0, 1 + LAG)):
        clock.at = at
        assert judging._until_slice() == pytest.approx(pause)
    assert judging._until_round() == FIRST_ROUND
    judging._do(OBJECTIVES, lambda now: None)
    assert judging._until_round() == ROUND


def test_a_store_that_is_away_is_said_once_and_waited_for(judging: Judging, clock: Clock) -> None:
    def away(now: object) -> None:
        raise StoreUnavailable("it sleeps")

    with capture_logs() as logs:
        judging._do(SLICES, away)
        judging._do(SLICES, away)
        work = judging.judged.works[SLICES]
        assert (work.errors, work.error, work.done_at) == (2, "it sleeps", None)
        judging._do(SLICES, lambda now: None)
    work = judging.judged.works[SLICES]
    assert (work.errors, work.error, work.done_at) == (2, None, clock())
    assert [line["event"] for line in logs] == [
        "the store is away; the judge waits for it",
        "the judge judges again",
    ]


def test_a_fault_of_ours_is_logged_and_counted_and_ends_nothing(judging: Judging) -> None:
    with capture_logs() as logs:
        judging._do(OBJECTIVES, lambda now: [][0])
    assert logs[0]["event"] == "the judge failed"
    assert judging.judged.works[OBJECTIVES].error == "IndexError('list index out of range')"


def test_a_store_that_is_not_there_stops_no_more_than_the_judge(tmp_path: Path, clock: Clock) -> None:
    store = Store(f"sqlite:///{tmp_path}/none.db")
    judging = Judging(store, "r0", wall=clock)
    judging.watch(config())
    for name, work in ((SLICES, judging.look), (OBJECTIVES, judging.rule)):
        judging._do(name, work)
        assert "no database" in (judging.judged.works[name].error or "")
    store.migrate()
    judging._do(SLICES, judging.look)
    assert judging.judged.works[SLICES].error is None
    with sqlite3.connect(tmp_path / "none.db") as connection:
        assert connection.execute("SELECT count(*) FROM incidents").fetchone() == (0,)
    connection.close()
    store.close()


def test_a_round_ends_where_the_process_does(store: Store, judging: Judging) -> None:
    store.migrate()
    judging.watch(config())
    judging.close(0.0)
    judging._do(OBJECTIVES, judging.rule)
    assert judging.judged.works[OBJECTIVES] == service.Work()


def test_every_page_is_judged_once_however_many_there_are(store: Store, judging: Judging) -> None:
    store.migrate()
    names = [f"page-{number}" for number in range(2 * PAGES + 1)]
    pages = [page for name in names for page in one_page(name).pages]
    vendor = config().vendors[0].model_copy(update={"pages": pages})
    judging.watch(config().model_copy(update={"vendors": [vendor]}))
    rested: list[float] = []
    rulings = [one.key for one in rule(store, judging._config, moment_of(0.0), rest=rested.append)]
    assert sorted(rulings) == sorted(
        ("vendor", name, objective) for name in names for objective in ("availability", "routing", "ttfb")
    )
    # Once after each chunk of pages, for each kind of probe that measures a promise.
    assert len(rested) == 3 * 2
