"""Looks at slices that still run: what they may say, and when they are made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator import START, Agent, Truth, moment_of, sample_at
from watching import World, after, config, kept, lookout

from monitor.judging import early, service
from monitor.judging.early import AGE, PAUSE, SHARE, Early
from monitor.judging.incident_lookout import Lookout
from monitor.judging.incident_plan import plans_of
from monitor.judging.service import Judging
from probes.sample import Fault, Outcome, Sample
from storage.incidents import transitions_of
from storage.store import Store

KEY = ("vendor", "page")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/landwatch.db")
    yield store
    store.close()


def agents(number: int, *, spacing: float = 5.0) -> dict[str, Agent]:
    return {f"r{place}": Agent(15.0, place * spacing, seed=place) for place in range(number)}


def truth(regions: dict[str, Agent], *down: str, since: float = 100.0, until: float = 161.0) -> Truth:
    return Truth(600.0, {name: [(since, until)] if name in down else [] for name in regions})


def looked(world: World, judge: Lookout, at: float) -> list[str]:
    """What is open after an early look."""
    world.arrive(at)
    return [row.kind for row in judge.look_early(moment_of(at), [KEY]).open]


def test_an_outage_is_known_as_soon_as_a_quorum_saw_it_in_a_slice_that_runs(store: Store) -> None:
    watched = agents(3)
    world = World(store, truth(watched, "r0", "r1"), watched)
    judge = lookout(store, "r1")
    world.run([judge], 0.0, 107.0)
    assert looked(world, judge, 107.0) == []  # r0 alone, at 105
    assert looked(world, judge, 112.0) == ["outage"]  # and r1, at 110
    (incident,) = kept(store)
    assert after(incident)[0] == pytest.approx(110.0, abs=0.3)
    assert world.names[incident.opened_by].startswith("r1-00000000110")
    assert incident.regions == ("r0", "r1")


@pytest.mark.parametrize("since", [90.0, 94.9, 97.0, 101.0, 104.0, 108.0])
def test_it_is_known_within_three_seconds_of_the_sample_that_completes_the_quorum(
    sqlite: Store, since: float
) -> None:
    watched = agents(3, spacing=4.0)
    seen = truth(watched, *watched, since=since, until=since + 90.0)
    world = World(sqlite, seen, watched)
    judges = {name: lookout(sqlite, name) for name in watched}
    world.run(list(judges.values()), 0.0, 92.0)
    looks = sorted(
        (slot + agent.phase + 1.5, name)
        for name, agent in watched.items()
        for slot in range(0, 150, 15)
        if since <= slot + agent.phase
    )
    opened = next(at for at, name in looks if looked(world, judges[name], at))
    # In each slice the regions look at 0, 4 and 8 s: two of them see it in the same one from here on.
    phases = [one.phase for one in watched.values()]
    seen_in = {slot: [slot + one for one in phases if slot + one >= since] for slot in (90, 105)}
    confirmed = next(looks for looks in seen_in.values() if len(looks) > 1)[1]
    assert opened - confirmed <= 3.0


def undone(store: Store) -> tuple[World, Lookout]:
    """Two regions see the page down in a slice in which two others, silent until 117, see it up at 118."""
    watched = {"r0": Agent(15.0, 0.0), "r1": Agent(15.0, 5.0)}
    watched |= {name: Agent(15.0, 13.0, silent=((60.0, 117.0),)) for name in ("r2", "r3")}
    world = World(store, truth(watched, "r0", "r1", until=119.0), watched)
    judge = lookout(store, "r1")
    world.run([judge], 0.0, 107.0)
    return world, judge


def test_a_quorum_that_others_can_still_undo_is_no_outage_yet(store: Store) -> None:
    world, judge = undone(store)
    # Two of the two that looked so far are a quorum; two of four, with the two that look at 118, are none.
    assert looked(world, judge, 112.0) == []
    world.run([judge], 107.0, 400.0)
    assert kept(store) == []


def test_nor_is_it_one_while_the_last_samples_of_its_slice_are_on_their_way(sqlite: Store) -> None:
    world, judge = undone(sqlite)
    world.arrive(112.0)
    assert judge.look_early(moment_of(120.4), [KEY]).open == []
    world.run([judge], 107.0, 400.0)
    assert kept(sqlite) == []


def test_one_that_nobody_undid_is_an_outage_once_the_slice_is_over(sqlite: Store) -> None:
    watched = {"r0": Agent(15.0, 0.0), "r1": Agent(15.0, 5.0)}
    watched |= {name: Agent(15.0, 13.0, silent=((60.0, 600.0),)) for name in ("r2", "r3")}
    world = World(sqlite, truth(watched, "r0", "r1"), watched)
    judge = lookout(sqlite, "r1")
    world.run([judge], 0.0, 107.0)
    assert "outage" not in looked(world, judge, 112.0)
    world.run([judge], 107.0, 123.0)
    assert "outage" in [one.kind for one in kept(sqlite)]


def test_regions_that_see_it_later_in_the_slice_that_opened_it_make_it_no_worse(sqlite: Store) -> None:
    watched = agents(3, spacing=4.0)
    world = World(sqlite, truth(watched, *watched), watched)
    judge = lookout(sqlite, "r1")
    world.run([judge], 0.0, 107.0)
    assert looked(world, judge, 111.0) == ["outage"]
    assert kept(sqlite)[0].regions == ("r0", "r1")
    world.run([judge], 107.0, 400.0)
    (incident,) = kept(sqlite)
    assert incident.regions == ("r0", "r1", "r2")
    with sqlite.reading() as connection:
        steps = [one.to_state for one in transitions_of(connection, incident.id)]
    assert steps == ["open", "recovering", "closed"]


def test_regions_that_join_in_a_later_slice_make_it_worse(sqlite: Store) -> None:
    watched = agents(3, spacing=4.0)
    seen = truth(watched, "r0", "r1")
    seen.regions["r2"] = [(126.0, 161.0)]
    world = World(sqlite, seen, watched)
    world.run([lookout(sqlite)], 0.0, 400.0)
    (incident,) = kept(sqlite)
    with sqlite.reading() as connection:
        steps = [one.to_state for one in transitions_of(connection, incident.id)]
    assert steps == ["open", "worsened", "recovering", "closed"]


def test_an_early_look_leaves_other_pages_and_confirmed_seconds_to_whole_slices(sqlite: Store) -> None:
    watched = agents(3)
    world = World(sqlite, truth(watched, "r0", "r1"), watched)
    judge = lookout(sqlite, "r1")
    before = world.run([judge], 0.0, 107.0)
    world.arrive(112.0)
    said = judge.look_early(moment_of(112.0), [KEY, ("vendor", "other")])
    assert said.seconds == before.seconds
    assert said.regions == before.regions
    assert judge.look_early(moment_of(112.0), []).open == said.open


def down_at(seconds: float, **changes: object) -> Sample:
    return sample_at(seconds, up=False, **changes)  # type: ignore[arg-type]


def test_a_page_is_due_a_moment_after_it_was_seen_down_and_not_too_often() -> None:
    plans = plans_of(config())
    hurry = Early()
    assert hurry.due(plans, (), 0.0) == set()
    hurry.record(down_at(100.0), 100.0)
    assert hurry.heard
    assert hurry.due(plans, (), 100.0 + AGE / 2) == set()
    assert hurry.due(plans, (), 100.0 + AGE) == {KEY}
    assert not hurry.heard
    hurry.done(101.0, 0.1)
    hurry.record(down_at(100.25), 100.25)
    assert hurry.due(plans, (), 101.1 + PAUSE - 0.1) == set()
    assert hurry.due(plans, (), 101.1 + PAUSE) == {KEY}
    hurry.done(104.0, 1.0)
    hurry.record(down_at(105.0), 105.0)
    assert hurry.due(plans, (), 105.0 + SHARE - 0.1) == set()
    assert hurry.due(plans, (), 105.0 + SHARE) == {KEY}


def test_a_clock_that_is_set_back_keeps_no_page_waiting() -> None:
    plans = plans_of(config())
    hurry = Early()
    hurry.done(5000.0, 0.1)
    hurry.record(down_at(100.0), 5000.0)
    assert hurry.due(plans, (), 100.0) == {KEY}


@pytest.mark.parametrize(
    "sample",
    [
        sample_at(100.0),
        sample_at(100.0, outcome=Outcome.UNKNOWN, fault=Fault.INTERNAL),
        down_at(100.0, tainted=["cpu"]),
        down_at(100.0, probe="tls"),
        down_at(100.0, page="other"),
    ],
    ids=["up", "unknown", "tainted", "another-probe", "another-page"],
)
def test_what_says_nothing_about_a_page_makes_nothing_due(sample: Sample) -> None:
    hurry = Early()
    hurry.record(sample, 100.0)
    assert hurry.due(plans_of(config()), (), 200.0) == set()
    assert not hurry.heard


def test_a_page_that_is_known_to_be_down_is_not_looked_at_early() -> None:
    hurry = Early()
    hurry.record(down_at(100.0), 100.0)
    assert hurry.due(plans_of(config()), {KEY}, 200.0) == set()


class Clock:
    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return START + self.at


def test_the_judge_looks_early_at_what_its_own_samples_saw_down(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TICK", 0.01)
    clock = Clock(100.0)
    judging = Judging(sqlite, "r0", wall=clock)
    watched = agents(1)
    world = World(sqlite, truth(watched, "r0"), watched)
    judging.watch(config())
    world.arrive(103.0)
    judging.look(moment_of(103.0))
    judging.start()
    try:
        clock.at = 106.0
        world.arrive(106.0)
        judging.record(down_at(105.0))
        clock.at = 107.5
        deadline = time.monotonic() + 60
        while not judging.judged.outlook.open:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        judging.close(60.0)
    (incident,) = judging.judged.outlook.open
    assert incident.kind == "outage"
    assert after(incident)[0] == pytest.approx(105.0, abs=0.1)
    # The work that is timed is the one at whole slices.
    assert judging.judged.works[service.SLICES].done_at is None


def test_without_anything_due_the_store_is_not_asked(sqlite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    judging = Judging(sqlite, "r0", wall=Clock(100.0))
    judging.watch(config())
    monkeypatch.setattr(sqlite, "reading", None)
    judging.look_early(moment_of(100.0))
    assert early.PAUSE < service.SLICE
