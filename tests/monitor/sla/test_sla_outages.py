from __future__ import annotations

import random
from datetime import timedelta

import pytest
from simulator import START, Agent, Truth, moment_of, sample_at, samples

from monitor.sla.outages import Outage, certain_seconds, find_outages, page_outages
from probes.sample import Attempt, Fault, Outcome


def seconds(outage: Outage) -> tuple[float, float | None, float | None, float | None]:
    return outage.inner, outage.outer, outage.recovery, outage.resolution


def test_an_outage_has_an_inner_and_an_outer_length() -> None:
    """Up at 0, down at 15, bursts down until 17.75, up at 18 (for 0.2 s): between 2.75 s and 18.2 s."""
    taken = [sample_at(0), sample_at(15, up=False, duration=0.5)]
    taken += [sample_at(15 + k / 4, up=False, attempt=Attempt.BURST) for k in range(1, 12)]
    taken += [sample_at(18, attempt=Attempt.BURST), sample_at(30)]
    (outage,) = find_outages(taken, 15)
    assert seconds(outage) == (2.75, pytest.approx(18.2), 3.0, 0.25)
    assert (outage.opened_by, outage.closed_by) == (taken[1].id, taken[13].id)
    assert (outage.worst, outage.samples, outage.faults) == (taken[1].id, 12, {"connect": 12})
    random.Random(3).shuffle(taken)
    assert find_outages(taken, 15) == [outage]


@pytest.mark.parametrize("seed", range(8))
def test_an_outage_of_three_seconds_is_measured_to_a_quarter_of_a_second_once_a_look_meets_it(
    seed: int,
) -> None:
    chance = random.Random(seed)
    begins = 60 + chance.random() * 0.05
    truth = Truth(300, {"r": [(begins, begins + 3)]})
    (outage,) = find_outages(samples(truth, "r", Agent(15, 0.06, 0.05, seed=seed)), 15)
    assert outage.first_bad >= moment_of(begins)
    seen = outage.recovery
    assert seen is not None
    assert (moment_of(begins + 3) - outage.first_bad).total_seconds() == pytest.approx(seen, abs=0.25)
    assert seen == pytest.approx(3, abs=0.36)
    assert outage.inner <= 3 <= (outage.outer or 0)


def test_how_probable_it_is_that_no_look_meets_an_outage_of_three_seconds() -> None:
    """One region: 12 of 15 s of phases miss it. Five that are spread evenly, 3 s apart, never do."""
    chance, missed, alone = random.Random(7), 0, 0
    for _ in range(400):
        begins = 60 + chance.random() * 15
        truth = Truth(120, {f"r{k}": [(begins, begins + 3)] for k in range(5)})
        found = [bool(find_outages(samples(truth, f"r{k}", Agent(15, 3.0 * k, 0.0)), 15)) for k in range(5)]
        alone += not found[0]
        missed += not any(found)
    assert missed == 0
    assert alone / 400 == pytest.approx(0.8, abs=0.06)


def test_what_measures_nothing_neither_opens_nor_closes_an_outage() -> None:
    odd = [
        sample_at(0, up=False, tainted=["cpu"]),
        sample_at(15, up=False),
        sample_at(20, outcome=Outcome.BLOCKED),
        sample_at(25, outcome=Outcome.UNKNOWN),
        sample_at(30, up=False, fault=Fault.TIMEOUT),
        sample_at(35, tainted=["controls"]),
    ]
    (outage,) = find_outages(odd, 15)
    assert (outage.inner, outage.outer, outage.recovery, outage.resolution) == (15, None, None, None)
    assert outage.faults == {"connect": 1, "timeout": 1}


def test_time_in_which_nobody_looked_is_no_part_of_the_inner_length() -> None:
    (outage,) = find_outages([sample_at(at, up=False) for at in (0, 15, 7200, 7215)], 15)
    assert (outage.inner, outage.blind) == (30, 7185)


def regional(region: str, first: float, last: float, before: float | None, after: float | None) -> Outage:
    return Outage(
        regions=(region,),
        first_bad=moment_of(first),
        last_bad=moment_of(last),
        last_good=None if before is None else moment_of(before),
        first_good=None if after is None else moment_of(after),
        all_good=None if after is None else moment_of(after + 0.5),
        blind=0.0,
        samples=3,
        faults={"connect": 3},
        opened_by=f"{region}{first}",
        closed_by=None if after is None else f"{region}{after}",
        worst=f"{region} worst",
    )


def test_a_page_is_down_from_when_a_region_makes_the_quorum_until_one_breaks_it() -> None:
    """Two of three are needed. They fail at 10, 14, 20 and are back at 40, 50, 60: down from 14 to 50.

    The second one to fail is b. The last two to be back are b and c, so that the page is back with b.
    """
    seen = [regional("a", 10, 39, 4, 40), regional("b", 14, 49, 8, 50), regional("c", 20, 59, 12, 60)]
    ((run, outage),) = page_outages([(START + 15, START + 60)], seen, 2)
    assert run == (START + 15, START + 60)
    assert outage.regions == ("a", "b", "c")
    assert outage.first_bad == moment_of(14)
    assert outage.last_bad == moment_of(49)
    assert (outage.last_good, outage.all_good) == (moment_of(8), moment_of(50.5))
    assert (outage.samples, outage.faults) == (9, {"connect": 9})
    assert (outage.opened_by, outage.closed_by) == ("b14", "b50")
    assert certain_seconds([(START + 15, START + 60)], seen, 2) == 49 - 15
    assert certain_seconds([(START, START + 60)], seen, 3) == 39 - 20


def test_bounds_that_nobody_saw_stay_open() -> None:
    """Two regions are still down, so the page is. Since when a is down is not known, but b is enough."""
    seen = [regional("a", 10, 90, None, None), regional("b", 14, 80, 8, None), regional("c", 20, 30, 12, 31)]
    ((_, outage),) = page_outages([(START, START + 90)], seen, 2)
    assert (outage.first_good, outage.all_good, outage.closed_by) == (None, None, None)
    assert outage.last_good == moment_of(8)
    ((_, all_of_them),) = page_outages([(START, START + 90)], seen[:1], 1)
    assert all_of_them.last_good is None
    ((_, with_one_back),) = page_outages([(START, START + 90)], seen, 3)
    assert with_one_back.all_good == moment_of(31.5)


def test_several_outages_of_a_region_in_one_run_are_one_without_what_lies_between() -> None:
    seen = [regional("a", 10, 12, 4, 13), regional("a", 26, 28, 13, 30), regional("a", 500, 600, 490, 610)]
    ((_, outage),) = page_outages([(START, START + 45)], seen, 1)
    assert (outage.inner, outage.samples) == (4, 6)
    assert outage.all_good == moment_of(30.5)
    assert certain_seconds([(START, START + 45)], seen, 1) == 4
    assert certain_seconds([(START, START + 11), (START + 27, START + 45)], seen, 1) == 2


def test_a_run_of_which_no_sample_is_left_has_no_outage() -> None:
    assert page_outages([(START, START + 15)], [regional("a", 500, 600, 490, 610)], 1) == []


def test_outages_with_a_blind_stretch_are_certain_of_nothing() -> None:
    (outage,) = find_outages([sample_at(at, up=False) for at in (0, 15, 7200)], 15)
    assert certain_seconds([(START, START + 7200)], [outage], 1) == 0
    assert outage.first_bad + timedelta(seconds=7200) == outage.last_bad
