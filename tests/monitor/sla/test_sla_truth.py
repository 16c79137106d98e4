"""What the simulator says: figures are as near to the truth as is stated, and verdicts as seldom wrong."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator import START, Agent, Stretch, Truth, joined, moment_of, samples, watched

from monitor.sla.evidence import PageData, RegionData
from monitor.sla.judge import judge
from monitor.sla.outages import find_outages
from monitor.sla.promise import Accounting, By, Promise
from monitor.sla.quorum import ALL, ANY, MAJORITY, Quorum
from monitor.sla.rollups import Figures, Rollup, Visits
from monitor.sla.sketch import Sketch
from monitor.sla.slices import DAY, HOUR, Slices, slice_length
from monitor.sla.verdict import Finding
from monitor.sla.windows import Rolling

USUAL = Accounting()


def availability(target: float, length: float, accounting: Accounting = USUAL) -> Promise:
    return Promise("a", "availability", "share", target, Rolling(length), accounting)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """Some hours of a page with outages of all regions and of single ones, at least a slice apart."""
    length = 4 * HOUR
    regions = {f"r{place}": [] for place in range(draw(st.sampled_from([1, 2, 3, 5])))}
    common: list[Stretch] = draw(st.lists(stretches(length), max_size=3))
    own: dict[str, list[Stretch]] = {name: draw(st.lists(stretches(length), max_size=1)) for name in regions}
    return Truth(length, {name: joined([*common, *own[name]]) for name in regions})


@st.composite
def stretches(draw: st.DrawFn, length: float) -> Stretch:
    lasts = draw(st.sampled_from([0.5, 3.0, 14.0, 40.0, 600.0]))
    begins = draw(st.floats(60, length - 700))
    return begins, begins + lasts


@settings(max_examples=25, deadline=None)
@given(truths(), st.sampled_from([15.0, 60.0]), st.floats(0, 14), st.randoms())
def test_availability_by_time_is_off_by_no_more_than_a_slice_and_a_look_at_either_end_of_an_outage(
    truth: Truth, every: float, phase: float, order: random.Random
) -> None:
    regions = []
    for place, name in enumerate(truth.regions):
        agent = Agent(every, (phase + place * every / len(truth.regions)) % every, 0.05, seed=place)
        taken = samples(truth, name, agent)
        order.shuffle(taken)
        rows = [Rollup.of(taken, START + at, every) for at in range(0, int(truth.length), HOUR)]
        regions.append(RegionData(name, rows, find_outages(taken, every)))
    data = PageData("v", "p", "http", regions)
    length = slice_length(every)
    one = judge(availability(0.999, truth.length), data, moment_of(truth.length), burns=False)
    outages = sum(len(each) for each in truth.regions.values())
    resolution = outages * (length + every)
    assert one.bad_seconds == pytest.approx(truth.down_by_quorum(), abs=resolution + 1e-6)
    assert one.certain_seconds is not None
    assert one.certain_seconds <= truth.down_by_quorum() + 1e-6
    by_region = judge(
        availability(0.999, truth.length, Accounting(By.REGIONS)), data, moment_of(truth.length), burns=False
    )
    assert by_region.bad_seconds == pytest.approx(truth.down_by_region(), abs=resolution + 1e-6)
    for found in data.regions:
        for outage in found.outages:
            down = [one for one in truth.regions[found.region] if one[0] < _at(outage.last_bad) <= one[1]]
            assert outage.inner <= sum(b - a for a, b in truth.regions[found.region]) + 1e-6
            assert down


def _at(moment: object) -> float:
    return (moment - moment_of(0)).total_seconds()  # type: ignore[operator,no-any-return]


def test_a_region_whose_clock_is_wrong_moves_an_outage_by_no_more_than_that() -> None:
    """One of three agents is 5 s ahead, and so is all that it saw. The quorum hardly notices."""
    truth = Truth(2.0 * HOUR, {f"r{place}": [(1000.0, 1100.0), (4000.0, 4030.0)] for place in range(3)})
    regions = []
    for place, name in enumerate(truth.regions):
        taken = samples(truth, name, Agent(15, 5.0 * place, seed=place))
        if place == 2:
            for one in taken:
                one.at += timedelta(seconds=5)
        rows = [Rollup.of(taken, START + at, 15) for at in (0, HOUR)]
        regions.append(RegionData(name, rows, find_outages(taken, 15)))
    data = PageData("v", "p", "http", regions)
    verdict = judge(availability(0.99, truth.length), data, moment_of(truth.length), burns=False)
    assert verdict.bad_seconds == pytest.approx(130, abs=2 * 15 + 2 * 5)
    assert [round(one.inner) for one in verdict.outages] == pytest.approx([95, 25], abs=10)


def scattered(chance: random.Random, length: float, total: float, mean: float) -> list[Stretch]:
    """Outages of ``total`` seconds in all, at random; half of the time all equally long."""
    fixed, found, left = chance.random() < 0.5, [], total
    while left > 0.01:
        lasts = min(left, mean if fixed else chance.expovariate(1 / mean))
        left -= lasts
        begins = chance.random() * (length - lasts)
        found.append((begins, begins + lasts))
    return joined(found)


def verdicts(
    regions: int, mean: float, factor: float, accounting: Accounting, windows: int, every: float = 15.0
) -> Counter[Finding]:
    """Verdicts about windows of 2 days at 99.8 %, of a page that was down for ``factor`` times its budget."""
    length, target, chance = 2.0 * DAY, 0.998, random.Random(f"{regions} {mean} {factor} {every}")
    found: Counter[Finding] = Counter()
    for _ in range(windows):
        down = scattered(chance, length, (1 - target) * length * factor, mean)
        truth = Truth(length, {f"r{place}": down for place in range(regions)})
        phase = chance.random() * every
        agents = {
            name: Agent(every, (phase + place * every / regions + chance.random()) % every)
            for place, name in enumerate(truth.regions)
        }
        verdict = judge(
            availability(target, length, accounting), watched(truth, agents), moment_of(length), burns=False
        )
        found[verdict.finding] += 1
    return found


CASES = [
    pytest.param(1, MAJORITY, By.TIME, 15.0, id="one region"),
    pytest.param(2, MAJORITY, By.TIME, 15.0, id="two regions"),
    pytest.param(3, MAJORITY, By.TIME, 15.0, id="three regions"),
    pytest.param(5, MAJORITY, By.TIME, 15.0, id="five regions"),
    pytest.param(3, ANY, By.TIME, 15.0, id="any of three"),
    pytest.param(4, ALL, By.TIME, 15.0, id="all of four"),
    pytest.param(6, Quorum(0.18), By.TIME, 15.0, id="a fifth of six"),
    pytest.param(3, MAJORITY, By.REGIONS, 15.0, id="by regions"),
    pytest.param(1, MAJORITY, By.REQUESTS, 15.0, id="by requests"),
    pytest.param(1, MAJORITY, By.TIME, 60.0, id="every minute"),
]


@pytest.mark.parametrize(("regions", "quorum", "by", "every"), CASES)
def test_a_verdict_is_wrong_in_at_most_5_percent_of_windows(
    regions: int, quorum: Quorum, by: By, every: float
) -> None:
    """Of pages that break their promise by a hair, or keep it by one: where a wrong verdict is likeliest."""
    accounting, windows = Accounting(by, quorum), 25
    broken: Counter[Finding] = Counter()
    kept: Counter[Finding] = Counter()
    for mean in (1.5, 6.0, 12.0, 20.0, 90.0):
        broken += verdicts(regions, mean, 1.03, accounting, windows, every)
        kept += verdicts(regions, mean, 0.97, accounting, windows, every)
    assert broken[Finding.MET] <= 0.05 * broken.total()
    assert kept[Finding.BREACHED] <= 0.05 * kept.total()


@pytest.mark.parametrize("regions", [1, 3, 5])
@pytest.mark.parametrize("mean", [3.0, 30.0, 300.0])
def test_a_verdict_is_found_where_the_page_is_far_from_its_target(regions: int, mean: float) -> None:
    accounting = Accounting()
    assert verdicts(regions, mean, 0.3, accounting, 10)[Finding.MET] >= 8
    worse = verdicts(regions, mean, 4.0, accounting, 10)
    assert worse[Finding.MET] == 0
    # Three or five regions see outages of 3 s one at a time: no quorum, and no breach of a promise of one.
    assert worse[Finding.BREACHED] >= (8 if mean > 3 or regions == 1 else 0)


def test_one_long_outage_is_a_breach_by_its_inner_length_alone() -> None:
    """300 s of a budget of 259: 20 slices, which chance alone could have made of 259 s of short ones."""
    truth = Truth(30.0 * DAY, {"r0": [(1e6, 1e6 + 300)]})
    data = watched(truth, {"r0": Agent()})
    verdict = judge(availability(0.9999, truth.length), data, moment_of(truth.length), burns=False)
    assert verdict.finding is Finding.BREACHED
    assert verdict.certain_seconds == pytest.approx(290, abs=15)
    (outage,) = verdict.outages
    assert outage.inner <= 300 <= (outage.outer or 0)
    blunt = PageData("v", "p", "http", [RegionData("r0", data.regions[0].rows)])
    assert (
        judge(availability(0.9999, truth.length), blunt, moment_of(truth.length)).finding is Finding.UNPROVEN
    )


def test_a_silent_agent_makes_time_unknown_and_never_bad() -> None:
    silent = Agent(silent=((0.0, 2.0 * DAY),))
    truth = Truth(10.0 * DAY, {"r0": [(1000.0, 5000.0)]})
    verdict = judge(
        availability(0.999, truth.length), watched(truth, {"r0": silent}), moment_of(truth.length)
    )
    assert (verdict.value, verdict.finding) == (1.0, Finding.UNPROVEN)
    assert verdict.coverage == pytest.approx(0.8, abs=1e-4)
    assert verdict.worst == pytest.approx(0.8, abs=1e-4)
    assert verdict.missing[0].endswith("% of the window was measured, and 99 % is needed")


def test_no_number_of_looks_proves_100_percent_and_one_bad_slice_breaks_it() -> None:
    truth = Truth(30.0 * DAY, {"r0": []})
    verdict = judge(availability(1.0, truth.length), watched(truth, {"r0": Agent()}), moment_of(truth.length))
    assert (verdict.value, verdict.finding, verdict.budget_left) == (1.0, Finding.UNPROVEN, None)
    assert verdict.missing == ["no number of looks proves 100 %"]
    truth.regions["r0"] = [(1e6, 1e6 + 20)]
    broken = judge(availability(1.0, truth.length), watched(truth, {"r0": Agent()}), moment_of(truth.length))
    assert broken.finding is Finding.BREACHED


def test_too_few_looks_say_how_many_it_takes() -> None:
    truth = Truth(2.0 * DAY, {"r0": [(5000.0, 5014.0)]})
    agent = Agent(phase=5.0)
    verdict = judge(
        availability(0.9999, truth.length), watched(truth, {"r0": agent}), moment_of(truth.length)
    )
    assert verdict.finding is Finding.UNPROVEN
    assert verdict.missing == ["11,520 looks with 1 bad one prove 99.9588 % at least: it takes 47,437"]


def test_failures_that_regions_see_alone_are_told_and_counted_in_a_proof() -> None:
    """Thirty blips of 2.5 s: one region of five sees each. No quorum does, and they are worth 6 slices."""
    blips = [(DAY * place + 4001.0, DAY * place + 4003.5) for place in range(30)]
    truth = Truth(30.0 * DAY, {f"r{place}": blips for place in range(5)})
    agents = {f"r{place}": Agent(phase=3.0 * place) for place in range(5)}
    data = watched(truth, agents)
    verdict = judge(availability(0.9999, truth.length), data, moment_of(truth.length))
    assert (verdict.value, verdict.finding) == (1.0, Finding.MET)
    assert verdict.notes[0].startswith("fewer regions than a quorum saw failures worth 6 slices more")
    strict = judge(availability(0.99997, truth.length), data, moment_of(truth.length))
    assert strict.finding is Finding.UNPROVEN


def latencies(chance: random.Random, truth: float, regions: int) -> PageData:
    """A week of hours. Day and night, a level that wanders, and noise that lasts within an hour."""
    rows: dict[str, list[Rollup]] = {f"r{place}": [] for place in range(regions)}
    levels: dict[str, list[float]] = {}
    for place, name in enumerate(rows):
        level, path = 0.0, []
        for hour in range(168):
            level = 0.95 * level + chance.gauss(0, 0.004)
            path.append(0.2 + 0.05 * place + level + (0.03 if 8 <= hour % 24 < 20 else 0.0))
        levels[name] = path
    shift = truth - sum(map(sum, levels.values())) / 168 / regions
    for hour in range(168):
        shared = chance.gauss(
            0, 0.006
        )  # what happens in an hour to all regions, and is no part of their level
        for name in rows:
            mean = levels[name][hour] + shift + shared + chance.gauss(0, 0.1 / 240**0.5)
            figures = Figures(240, round(mean * 240 * 1e9), mean, mean, Sketch.of((mean,)))
            start = START + hour * HOUR
            full = Slices(start, HOUR, 15, (1 << 240) - 1)
            rows[name].append(Rollup(full, Visits(up=240), {"ttfb": figures}))
    return PageData("v", "p", "http", [RegionData(name, each) for name, each in rows.items()])


@pytest.mark.parametrize("aggregate", ["mean", "pooled"])
def test_a_verdict_on_a_mean_is_wrong_in_at_most_5_percent_of_windows(aggregate: str) -> None:
    promise = Promise("t", "ttfb", aggregate, 0.3, Rolling(7.0 * DAY))  # type: ignore[arg-type]
    chance, windows = random.Random(11), 30
    for truth, wrong in ((0.30005, Finding.MET), (0.29995, Finding.BREACHED)):
        found = Counter(
            judge(promise, latencies(chance, truth, 3), moment_of(7 * DAY)).finding for _ in range(windows)
        )
        assert found[wrong] <= 0.05 * windows + 1
    for truth, right in ((0.297, Finding.MET), (0.303, Finding.BREACHED)):
        assert judge(promise, latencies(chance, truth, 3), moment_of(7 * DAY)).finding is right


PAINTS = [Figures() for _ in range(5)]
for late, four in enumerate(PAINTS):
    for place in range(4):
        four.add(3.0 + place / 10 if place < late else 1.5 + place / 10)


def screens(chance: random.Random, share: float) -> PageData:
    """Four weeks of paints every quarter of an hour. A share is above 2.5 s, in spells of some hours."""
    rows = []
    slow = 0.0
    for hour in range(28 * 24):
        slow = 0.6 * slow + chance.gauss(0, 0.05)
        late = sum(chance.random() < min(1.0, max(0.0, share + slow)) for _ in range(4))
        figures = PAINTS[late]
        full = Slices(START + hour * HOUR, HOUR, 900, 0b1111)
        rows.append(Rollup(full, Visits(up=4), {"first_screen": figures}))
    return PageData("v", "p", "browser", [RegionData("r0", rows)])


def test_a_verdict_on_a_percentile_is_wrong_in_at_most_5_percent_of_windows() -> None:
    promise = Promise("f", "first_screen", "p75", 2.5, Rolling(28.0 * DAY))
    chance, windows = random.Random(5), 20
    for share, wrong in ((0.255, Finding.MET), (0.245, Finding.BREACHED)):
        found = Counter(
            judge(promise, screens(chance, share), moment_of(28 * DAY)).finding for _ in range(windows)
        )
        assert found[wrong] <= 0.05 * windows + 1
    for share, right in ((0.15, Finding.MET), (0.35, Finding.BREACHED)):
        assert judge(promise, screens(chance, share), moment_of(28 * DAY)).finding is right
