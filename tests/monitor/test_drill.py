from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from drilling import BEGAN, EVERY, judged, look, steady
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.drill import Drill
from monitor.drill_outage import Look, Where
from monitor.sla.verdict import Finding
from probes.sample import Hop


def test_an_outage_of_refusals_has_sharp_bounds() -> None:
    drill, (outage,) = judged(*steady(0, 2), *steady(2, 4, "refused", took=0.01), *steady(4, 5))
    # From the end of the first refusal to the beginning of the last; from the last good one's beginning to
    # the end of the first good one.
    assert outage.inner == pytest.approx(3.75 - 2.01)
    assert outage.outer == pytest.approx(4.05 - 1.75)
    assert (outage.recovery, outage.resolution) == (pytest.approx(2.0), pytest.approx(0.25))
    assert (outage.samples, outage.faults, outage.blind) == (8, {"connect": 8}, 0)
    assert outage.first_bad == BEGAN + timedelta(seconds=2)
    assert outage.last_good == BEGAN + timedelta(seconds=1.75)
    assert outage.all_good == BEGAN + timedelta(seconds=4.05)
    assert drill.verdict() == (Finding.MET, [])
    assert (drill.outages, drill.longest, drill.counts["up"]) == (1, outage, 12)


def test_a_silence_is_taken_to_begin_when_a_good_visit_would_have_been_over() -> None:
    _, (outage,) = judged(*steady(0, 2), *steady(2, 6, "silent", took=2.0), *steady(6, 7))
    assert outage.inner == pytest.approx(5.75 - 2.05)
    assert outage.finding(3.0) is Finding.BREACHED


def test_without_a_good_visit_before_a_silence_is_known_only_from_its_end_on() -> None:
    drill, (outage,) = judged(*steady(0, 6, "silent", took=2.0), *steady(6, 7))
    assert outage.inner == pytest.approx(5.75 - 2.0)
    assert (outage.last_good, outage.outer, outage.before) == (None, None, Where())
    assert drill.verdict()[0] is Finding.BREACHED


def test_an_outage_that_may_or_may_not_have_been_too_long_is_unproven() -> None:
    drill, (outage,) = judged(*steady(0, 2), *steady(2, 5, "refused", took=0.01), *steady(5, 6))
    assert outage.inner < 3.0 < (outage.outer or 0.0)
    finding, missing = drill.verdict()
    assert finding is Finding.UNPROVEN
    assert missing == [
        "an outage may have lasted 3.3 s: more frequent visits, or a shorter --timeout, tell more"
    ]


def test_one_outage_too_long_is_a_breach_whatever_else_is_not_known() -> None:
    drill, _ = judged(*steady(0, 2), *steady(2, 6, "refused", took=0.01), *steady(6, 7), look(30))
    assert drill.verdict() == (Finding.BREACHED, [])
    assert drill.findings == {Finding.BREACHED: 1}


def test_without_an_outage_nothing_is_proven() -> None:
    drill, outages = judged(*steady(0, 5))
    assert outages == []
    assert drill.verdict() == (Finding.UNPROVEN, ["nothing failed, so that nothing was recovered from"])


def test_an_outage_that_is_not_over_is_told_at_the_end_and_proves_nothing_yet() -> None:
    drill, (outage,) = judged(*steady(0, 1), *steady(1, 2, "refused", took=0.01))
    assert (outage.first_good, outage.outer, outage.recovery, outage.resolution) == (None,) * 4
    assert drill.current is None
    assert drill.verdict() == (Finding.UNPROVEN, ["an outage has an end that was not seen"])


def test_what_happens_is_told_as_it_happens() -> None:
    drill = Drill(EVERY, 3.0)
    assert drill.add(look(0)) is None
    begins = drill.add(look(0.25, "refused", took=0.01, detail="no one is there"))
    assert begins is not None
    assert (begins.number, begins.detail, begins.first_good) == (1, "no one is there", None)
    assert drill.add(look(0.5, "refused", took=0.01)) is None
    assert drill.current is not None
    assert drill.current.inner == pytest.approx(0.24)
    ends = drill.add(look(0.75))
    assert ends is not None
    assert (ends.number, ends.first_good) == (1, BEGAN + timedelta(seconds=0.75))
    assert drill.current is None


def test_a_good_visit_that_may_have_come_before_the_outage_does_not_end_it() -> None:
    """It may have been answered before the page failed, as the slow one that failed was asked before."""
    slow = [look(0, took=0.6), look(0.25, "refused", took=0.5), look(0.5), *steady(0.75, 1.5)]
    _, (outage,) = judged(*slow)
    assert outage.first_good == BEGAN + timedelta(seconds=0.75)
    assert outage.outer is None  # the one before was not over when the last bad one began


def test_a_good_visit_that_ended_after_the_failures_began_is_no_good_one_before() -> None:
    looks = [look(0), look(0.25, took=0.9), look(0.5, "refused", took=0.01), *steady(0.75, 2)]
    _, (outage,) = judged(*looks)
    assert outage.last_good == BEGAN
    longer = [look(0), look(0.25, took=0.9), *steady(0.5, 1.5, "refused", took=0.01), *steady(1.5, 2)]
    _, (outage,) = judged(*longer)
    assert outage.last_good == BEGAN + timedelta(seconds=0.25)  # while it lasted, that one ended well


@pytest.mark.parametrize("spoiled", [{"outcome": "unknown"}, {"outcome": "blocked"}, {"tainted": ["cpu"]}])
def test_what_measures_nothing_neither_opens_nor_ends_an_outage(spoiled: dict[str, Any]) -> None:
    outcome = spoiled.pop("outcome", "refused")
    middle = [look(1 + number * EVERY, outcome, **spoiled) for number in range(4)]
    drill, outages = judged(*steady(0, 1), *middle, *steady(2, 3))
    assert outages == []
    assert drill.unseen == pytest.approx(2.05 - 0.75)
    assert drill.counts["tainted" if spoiled else outcome] == 4


def test_time_in_which_nobody_looked_is_no_part_of_the_inner_length() -> None:
    looks = [
        *steady(0, 1),
        *steady(1, 2, "refused", took=0.01),
        *steady(10, 11, "refused", took=0.01),
        look(11),
    ]
    _, (outage,) = judged(*looks)
    assert outage.blind == pytest.approx(10 - 1.76)
    assert outage.inner == pytest.approx(10.75 - 1.01 - outage.blind)
    assert outage.finding(3.0) is Finding.UNPROVEN


def test_a_promise_is_not_kept_where_a_longer_outage_may_have_hidden() -> None:
    kept = [*steady(0, 1), look(1, "refused", took=0.01), *steady(1.25, 2)]
    assert judged(*kept)[0].verdict()[0] is Finding.MET
    gap = judged(*kept, *steady(10, 11))[0]
    assert gap.verdict() == (
        Finding.UNPROVEN,
        ["for 8.3 s nobody could have seen an outage: too few visits measured"],
    )
    spoiled = judged(*kept, *steady(2, 10, tainted=["cpu"]))[0]
    assert spoiled.verdict()[0] is Finding.UNPROVEN
    late = judged(*steady(-8, 0, "unknown"), *kept)[0]
    assert late.verdict()[0] is Finding.UNPROVEN


def test_it_is_told_whether_address_and_edge_changed() -> None:
    def at(start: float, address: str | None, pop: str | None, outcome: str = "up") -> Look:
        hops = [Hop("https://shop.test/", address=address)] if address else []
        edge = {"edge": {"network": "Fastly", "pop": pop}} if pop else {}
        return look(start, outcome, hops=hops, evidence=edge)

    _, (moved,) = judged(
        at(0, "10.0.0.1", "FRA"), at(1, "10.0.0.1", None, "refused"), at(2, "10.0.0.2", "AMS")
    )
    assert (moved.address_changed, moved.pop_changed) == (True, True)
    assert moved.during == Where("10.0.0.1")
    _, (stayed,) = judged(at(0, "10.0.0.1", "FRA"), at(1, None, None, "refused"), at(2, "10.0.0.1", None))
    assert (stayed.address_changed, stayed.pop_changed) == (False, None)
    assert stayed.plain()["before"] == {"address": "10.0.0.1", "network": "Fastly", "pop": "FRA"}
    assert stayed.plain()["address_changed"] is False


OUTCOMES = st.sampled_from(["up", "refused", "silent", "unknown", "blocked"])


@settings(deadline=None)
@given(st.lists(st.tuples(OUTCOMES, st.floats(0.05, 4.0), st.floats(0.001, 2.0)), max_size=60))
def test_whatever_comes_the_bounds_are_in_order_and_outages_do_not_overlap(
    visits: list[tuple[str, float, float]],
) -> None:
    at, looks = 0.0, []
    for outcome, pause, took in visits:
        looks.append(look(round(at, 3), outcome, took=took))
        at += pause
    drill, outages = judged(*looks)
    assert drill.outages == len(outages) == drill.findings.total()
    assert sum(one.samples for one in outages) == drill.counts["down"]
    assert drill.counts.total() == len(looks)
    before = BEGAN - timedelta(days=1)
    for number, outage in enumerate(outages, 1):
        assert outage.number == number
        assert 0.0 <= outage.inner <= (outage.last_bad - outage.first_bad).total_seconds() + 1e-3
        assert outage.outer is None or outage.inner <= outage.outer
        assert before < outage.first_bad <= outage.last_bad
        before = outage.last_bad
        if outage.first_good is not None:
            assert outage.last_bad <= outage.first_good
            before = outage.first_good
        if outage.finding(3.0) is Finding.BREACHED:
            assert outage.inner > 3.0
    finding, missing = drill.verdict()
    assert (finding is Finding.UNPROVEN) == bool(missing)


@settings(deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(st.tuples(st.floats(1.5, 8.0), st.floats(0.01, 8.0), st.booleans()), min_size=1, max_size=4),
    st.floats(0.001, 0.6),
)
def test_the_truth_lies_between_the_bounds(
    seed: int, script: list[tuple[float, float, bool]], slowest: float
) -> None:
    """A made-up page: each visit meets it at some moment, and is up or down as the page is just then."""
    chance = random.Random(seed)
    truths, at = [], 1.0
    for good, bad, silent in script:
        truths.append((at + good, at + good + bad, silent))
        at += good + bad
    looks = [look(0, took=slowest)]
    for number in range(1, int((at + 4) / EVERY)):
        start = number * EVERY + chance.uniform(0.0, 0.05)
        meets = start + chance.uniform(0.0, slowest)
        hit = next((one for one in truths if one[0] <= meets < one[1]), None)
        if hit is None:
            looks.append(look(start, took=chance.uniform(meets - start, slowest)))
        elif hit[2]:
            looks.append(look(start, "silent", took=2.0))
        else:
            looks.append(look(start, "refused", took=chance.uniform(meets - start, 2.0)))
    drill, outages = judged(*looks)
    for outage in outages:
        first, last = ((one - BEGAN).total_seconds() for one in (outage.first_bad, outage.last_bad))
        near = [one for one in truths if one[0] <= last + 2.0 and one[1] >= first]
        longest = max(end - begin for begin, end, _ in near)
        if len(near) == 1:
            assert outage.inner <= longest + 1e-6
            assert outage.outer is None or outage.outer >= longest - 1e-6
    if drill.verdict()[0] is Finding.MET:
        assert all(end - begin <= 3.0 for begin, end, _ in truths)
