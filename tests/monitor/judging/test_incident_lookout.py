"""The judge at work on stored samples, on both databases, with everything told that happens and when."""

from __future__ import annotations

import threading

import pytest
from simulator import Agent, Truth, moment_of
from structlog.testing import capture_logs
from watching import World, after, config, kept, lookout

from monitor.judging.incident_course import LAPSE
from monitor.judging.incident_lookout import Lookout
from monitor.judging.incident_plan import plans_of
from storage.incidents import transitions_of
from storage.store import Store

REGIONS = ("r0", "r1", "r2")
DOWN = (100.0, 161.0)


def agents(**silent: tuple[tuple[float, float], ...]) -> dict[str, Agent]:
    return {
        name: Agent(15.0, place * 5.0, silent=silent.get(name, ()), seed=place)
        for place, name in enumerate(REGIONS)
    }


def down(*regions: str, length: float = 600.0, stretch: tuple[float, float] = DOWN) -> Truth:
    return Truth(length, {name: [stretch] if name in regions else [] for name in REGIONS})


def test_an_outage_that_two_of_three_regions_see_is_one_incident_with_its_bounds(store: Store) -> None:
    world = World(store, down("r0", "r1"), agents())
    said = world.run([lookout(store)], 0.0, 400.0)
    (incident,) = kept(store)
    assert (incident.kind, incident.state, incident.subject) == ("outage", "closed", "")
    assert (incident.regions, incident.reason) == (("r0", "r1"), "connect")
    # r0 looks at 105 and r1 at 110, which makes the quorum; both bursts see the end at 161.
    since, until = after(incident)
    assert since == pytest.approx(110.0, abs=0.3)
    assert until == pytest.approx(161.0, abs=5.3)
    assert world.names[incident.opened_by].startswith("r1-00000000110")
    assert "burst" in world.names[incident.closed_by]
    assert world.names[incident.worst_sample]
    assert said.open == []
    with store.reading() as connection:
        steps = transitions_of(connection, incident.id)
    assert [one.to_state for one in steps] == ["open", "recovering", "closed"]
    assert {one.by for one in steps} == {"r0"}


def test_it_is_open_within_a_slice_of_the_sample_that_confirmed_it(store: Store) -> None:
    world = World(store, down("r0", "r1"), agents())
    world.run([lookout(store)], 0.0, 400.0)
    opened = min(at for at, outlook in world.outlooks.items() if outlook.open)
    assert 110.0 < opened <= 110.1 + 15.0 + 5.0
    closed = min(at for at, outlook in world.outlooks.items() if at > opened and not outlook.open)
    assert 161.0 < closed <= 161.0 + 15.0 * 5  # two good slices, and the time until each has settled


def test_confirmed_seconds_grow_with_the_slices_and_never_shrink(store: Store) -> None:
    world = World(store, down("r0", "r1"), agents())
    said = world.run([lookout(store)], 0.0, 400.0)
    counted = [one.seconds["vendor", "page"] for _, one in sorted(world.outlooks.items())]
    assert counted[0].bad == 0
    assert [one.bad for one in counted] == sorted(one.bad for one in counted)
    assert [one.measured for one in counted] == sorted(one.measured for one in counted)
    # Down from 110 until 161 as far as a quorum could see it: four slices are bad.
    assert said.seconds["vendor", "page"].bad == 60
    assert said.seconds["vendor", "page"].measured == 375  # the slice that a second has gone of counts not
    first = min(at for at, one in world.outlooks.items() if one.seconds["vendor", "page"].bad)
    assert first <= 110.1 + 15.0 + 5.0


def test_one_region_alone_is_an_advisory_and_no_bad_second(store: Store) -> None:
    world = World(store, down("r1"), agents())
    said = world.run([lookout(store)], 0.0, 400.0)
    (incident,) = kept(store)
    assert (incident.kind, incident.subject, incident.state) == ("advisory", "r1", "closed")
    assert incident.regions == ("r1",)
    assert after(incident)[0] == pytest.approx(110.0, abs=0.3)
    assert after(incident)[1] == pytest.approx(161.0, abs=5.3)
    assert said.seconds["vendor", "page"].bad == 0


def test_one_failed_look_of_one_region_leaves_nothing_behind(store: Store) -> None:
    world = World(store, down("r1", stretch=(108.0, 112.0)), agents())
    world.run([lookout(store)], 0.0, 300.0)
    assert kept(store) == []


def test_a_region_that_falls_silent_is_a_silence_and_makes_nothing_bad(store: Store) -> None:
    world = World(store, down(length=700.0), agents(r2=((200.0, 420.0),)))
    said = world.run([lookout(store)], 0.0, 700.0)
    (incident,) = kept(store)
    assert (incident.kind, incident.subject, incident.state) == ("silence", "r2", "closed")
    assert incident.reason == "no sample"
    since, until = after(incident)
    assert since == pytest.approx(190.0, abs=15.1)  # its last sample before
    assert until == pytest.approx(430.0, abs=15.1)
    assert said.seconds["vendor", "page"].bad == 0
    opened = min(at for at, outlook in world.outlooks.items() if outlook.open)
    assert opened <= 200.0 + 60.0 + 20.0


def test_where_all_are_silent_time_is_unknown(store: Store) -> None:
    silent = dict.fromkeys(REGIONS, ((200.0, 500.0),))
    world = World(store, down(length=700.0), agents(**silent))
    said = world.run([lookout(store)], 0.0, 700.0)
    seconds = said.seconds["vendor", "page"]
    assert seconds.bad == 0
    assert seconds.measured == pytest.approx(400.0, abs=46.0)
    assert sorted(one.subject for one in kept(store)) == list(REGIONS)


def test_a_region_that_nobody_heard_of_for_a_day_is_not_missed(store: Store) -> None:
    World(store, Truth(60.0, {"gone": []}), {"gone": Agent()}).run([], 0.0, 75.0)
    day = 86_400.0 + 120.0
    world = World(store, Truth(day + 300.0, {"r0": []}), {"r0": Agent(silent=((0.0, day),))})
    said = world.run([lookout(store, at=day)], day, day + 200.0)
    assert said.regions["vendor", "page"] == ["r0"]
    assert said.open == []


def test_judges_at_the_same_time_make_no_twins(store: Store) -> None:
    world = World(store, down("r0", "r1"), agents(r2=((250.0, 340.0),)))
    judges = [lookout(store, region) for region in REGIONS]
    said = world.run(judges, 0.0, 500.0)
    assert sorted((one.kind, one.state) for one in kept(store)) == [
        ("outage", "closed"),
        ("silence", "closed"),
    ]
    assert said.seconds["vendor", "page"].bad == 60


def test_judges_in_threads_make_no_twins_either(store: Store) -> None:
    world = World(store, down("r0", "r1"), agents())
    judges = [lookout(store, region) for region in REGIONS]
    for slot in range(15, 300, 15):
        world.arrive(slot + 2.0)
        world.roll_up()
        ready = threading.Barrier(len(judges))
        errors: list[BaseException] = []

        def judge(one, at=slot, ready=ready, errors=errors) -> None:  # type: ignore[no-untyped-def]
            ready.wait()
            try:
                one.look(moment_of(at + 2.0))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=judge, args=(one,)) for one in judges]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
    (incident,) = kept(store)
    assert incident.state == "closed"
    with store.reading() as connection:
        steps = transitions_of(connection, incident.id)
    assert [one.to_state for one in steps] == ["open", "recovering", "closed"]


def test_a_judge_that_begins_in_the_middle_goes_on_with_what_is_there(store: Store) -> None:
    world = World(store, down("r0", "r1", stretch=(100.0, 261.0)), agents())
    first = world.run([lookout(store)], 0.0, 170.0)
    (opened,) = first.open
    said = world.run([lookout(store, at=200.0)], 200.0, 500.0)
    (incident,) = kept(store)
    assert (incident.id, incident.state) == (opened.id, "closed")
    assert after(incident) == pytest.approx((110.0, 261.0), abs=5.3)
    # What the first counted, the second does not count again; what lay between them nobody did.
    assert said.seconds["vendor", "page"].bad == 60


def test_samples_that_come_late_are_judged_when_they_come(store: Store) -> None:
    world = World(
        store,
        down("r0", "r1"),
        agents(),
        late=lambda sample: 200.0 if sample.region == "r1" else 0.0,
    )
    said = world.run([lookout(store)], 0.0, 600.0)
    outages = [one for one in kept(store) if one.kind == "outage"]
    assert len(outages) == 1
    assert after(outages[0]) == pytest.approx((110.0, 161.0), abs=5.3)
    assert said.seconds["vendor", "page"].bad == 60  # added as the samples came


def test_two_outages_are_two_incidents(store: Store) -> None:
    both = [(100.0, 161.0), (300.0, 361.0)]
    truth = Truth(600.0, {name: both if name != "r2" else [] for name in REGIONS})
    World(store, truth, agents()).run([lookout(store)], 0.0, 600.0)
    assert [(one.kind, one.number) for one in kept(store)] == [("outage", 1), ("outage", 2)]
    assert [after(one)[0] for one in kept(store)] == pytest.approx([110.0, 305.0], abs=5.3)


def test_two_outages_that_are_found_late_together_are_two_incidents_too(store: Store) -> None:
    both = [(100.0, 161.0), (300.0, 361.0)]
    truth = Truth(700.0, {name: both if name != "r2" else [] for name in REGIONS})
    world = World(store, truth, agents())
    world.arrive(600.0)
    world.roll_up()
    world.run([lookout(store)], 590.0, 700.0)
    first, second = kept(store)
    assert [(one.kind, one.number, one.state) for one in (first, second)] == [
        ("outage", 1, "closed"),
        ("outage", 2, "closed"),
    ]
    # The samples were taken long ago: what the store has of the regions' outages tells the edges.
    assert after(first) == pytest.approx((110.0, 161.0), abs=5.3)
    assert after(second) == pytest.approx((305.0, 361.0), abs=5.3)
    assert (first.reason, world.names[first.opened_by][:2]) == ("connect", "r1")


def test_more_regions_make_it_worse(store: Store) -> None:
    truth = Truth(600.0, {"r0": [DOWN], "r1": [DOWN], "r2": [(130.0, 161.0)]})
    World(store, truth, agents()).run([lookout(store)], 0.0, 400.0)
    (incident,) = [one for one in kept(store) if one.kind == "outage"]
    assert incident.regions == REGIONS
    with store.reading() as connection:
        steps = [one.to_state for one in transitions_of(connection, incident.id)]
    assert steps == ["open", "worsened", "recovering", "closed"]


MAINTENANCE = """
maintenance:
  - {from: "2026-01-01T00:01:00Z", until: "2026-01-01T00:04:00Z", declared: "%s"}
"""


@pytest.mark.parametrize(("declared", "incidents", "bad"), [("2025-12-31", 0, 0), ("2026-01-02", 1, 60)])
def test_maintenance_keeps_quiet_only_where_it_was_declared_before(
    store: Store, declared: str, incidents: int, bad: int
) -> None:
    more = MAINTENANCE % f"{declared}T00:00:00Z"
    said = World(store, down("r0", "r1"), agents()).run([lookout(store, more=more)], 0.0, 400.0)
    assert len(kept(store)) == incidents
    assert said.seconds["vendor", "page"].bad == bad
    assert said.seconds["vendor", "page"].measured == (375 if bad else 195)


def test_a_page_that_one_region_watches_is_judged_by_it(store: Store) -> None:
    world = World(store, Truth(400.0, {"r0": [DOWN]}), {"r0": Agent()})
    said = world.run([lookout(store)], 0.0, 400.0)
    (incident,) = kept(store)
    assert (incident.kind, incident.state) == ("outage", "closed")
    assert said.seconds["vendor", "page"].bad == 60


def test_the_regions_and_the_quorum_are_those_of_the_objective(store: Store) -> None:
    more = "objectives: [{name: a, indicator: availability, at_least: 99.9%, quorum: any, regions: [r1, r2]}]"
    world = World(store, down("r1"), agents())
    said = world.run([lookout(store, more=more)], 0.0, 400.0)
    assert "outage" in {one.kind for one in kept(store)}
    assert said.seconds["vendor", "page"].bad == 60


def test_a_page_that_is_watched_more_seldom_has_longer_slices(store: Store) -> None:
    truth = Truth(3600.0, {name: [(700.0, 1500.0)] if name != "r2" else [] for name in REGIONS})
    watching = {name: Agent(60.0, place * 20.0, seed=place) for place, name in enumerate(REGIONS)}
    world = World(store, truth, watching)
    said = world.run([lookout(store, every="1m")], 0.0, 2400.0)
    (incident,) = [one for one in kept(store) if one.kind == "outage"]
    assert incident.state == "closed"
    assert after(incident) == pytest.approx((740.0, 1500.0), abs=20.5)
    assert said.seconds["vendor", "page"].bad == pytest.approx(800, abs=121)


def test_where_the_pace_changes_within_an_hour_both_parts_count(store: Store) -> None:
    fast = World(store, Truth(900.0, {"r0": []}), {"r0": Agent(15.0)})
    judge = lookout(store)
    fast.run([judge], 0.0, 905.0)
    slow = World(store, Truth(1800.0, {"r0": []}), {"r0": Agent(60.0, silent=((0.0, 900.0),))})
    slow.roll_up = lambda: None  # type: ignore[method-assign]  # the hour keeps the slices that it has
    judge.watch(plans_of(config(every="1m")), moment_of(905.0))
    said = slow.run([judge], 905.0, 1100.0)
    assert said.open == []
    assert said.seconds["vendor", "page"].bad == 0
    assert said.seconds["vendor", "page"].measured >= 900


def test_a_page_that_nobody_ever_measured_is_silent_and_unknown(store: Store) -> None:
    store.migrate()
    judge = lookout(store)
    for at in (2.0, 17.0, 61.0, 76.0):
        said = judge.look(moment_of(at))
    assert [(one.kind, one.subject, one.since) for one in said.open] == [("silence", "r0", moment_of(0))]
    assert said.seconds["vendor", "page"].measured == 0


def test_an_outage_of_which_the_store_has_no_slice_any_more_is_left_as_it_is(store: Store) -> None:
    world = World(store, down("r0", "r1", stretch=(100.0, 600.0)), agents())
    judge = lookout(store)
    assert world.run([judge], 0.0, 200.0).open != []
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM rollups")
    assert [one.kind for one in judge.look(moment_of(20_000.0)).open if one.kind == "outage"] == ["outage"]


def test_an_incident_of_a_page_that_is_watched_no_more_lapses(store: Store) -> None:
    world = World(store, down("r0", "r1", stretch=(100.0, 600.0)), agents())
    world.run([lookout(store)], 0.0, 200.0)
    other = Lookout(store, "r0")
    other.watch([], moment_of(0))
    assert other.look(moment_of(300.0)).open == []
    assert kept(store)[0].state == "open"
    other.look(moment_of(300.0) + LAPSE)
    assert kept(store)[0].state == "closed"


def test_what_opens_gets_worse_and_closes_is_logged_by_who_did_it(store: Store) -> None:
    truth = Truth(600.0, {"r0": [DOWN], "r1": [DOWN], "r2": [(130.0, 161.0)]})
    with capture_logs() as logs:
        World(store, truth, agents()).run([lookout(store), lookout(store, "r1")], 0.0, 400.0)
    assert [(line["event"], line["kind"]) for line in logs if line["kind"] == "outage"] == [
        ("an incident opened", "outage"),
        ("an incident got worse", "outage"),
        ("an incident closed", "outage"),
    ]


SHORT = Truth(400.0, {"r0": [(100.0, 104.0), (200.0, 261.0)], "r1": []})


def test_one_of_two_regions_that_sees_it_down_alone_while_the_other_is_silent_is_an_advisory(
    store: Store,
) -> None:
    watching = {"r0": Agent(seed=1), "r1": Agent(phase=5.0, silent=((150.0, 400.0),))}
    said = World(store, SHORT, watching).run([lookout(store)], 0.0, 400.0)
    assert {one.kind for one in kept(store)} == {"advisory", "silence"}
    assert said.seconds["vendor", "page"].bad == 0  # nobody can tell
