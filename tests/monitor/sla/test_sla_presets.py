"""Golden vectors: each way of counting, over the same five minutes, worked out by hand.

Three regions look every 15 s from the start on, so a window of 5 minutes has 20 slices. x is a look that
found the page down, a dot one that found it up, and a dash no look that measured anything:

            00000 00000 11111 11111
            01234 56789 01234 56789
        a   xxxx. ..... .xx.. -----
        b   xxx.. x.... ..... -----
        c   x.... ..... ..... -----

A look speaks for one more slice, so slice 15 is measured by what slice 14 saw, and 16 to 19 are unknown.

*Quorum-time.* 2 of 3 regions: slices 0, 1, 2 are bad. 3 bad of 16 known: 13/16. Coverage 16/20.
*Any-region.* Slices 0, 1, 2, 3, 5, 11, 12: 7 bad of 16: 9/16.
*All regions.* Slice 0: 15/16.
*Region-mean.* a: 6 bad of 16, b: 4, c: 1. Mean of 10/16, 12/16 and 15/16: 37/48.
*Request-ratio.* 45 looks, 11 down: 34/45. What a look speaks for beyond its slice is no request.
*Five-minute-ratio.* One window per region: 6/15, 4/15 and 1/15 failed, 11/45 on average: 34/45.
    (Over two windows of which one has fewer looks, the two figures differ: see below.)
*Five-minute-outages.* Slices of 1 min, four of the short ones: a is down in the minutes 0, 2 (slice 11) and
    3 (slice 12), b in 0 and 1, c in 0. Two of three: minute 0 alone. Five in a row are needed: none is bad.
*Two minutes in a row, any region.* Minutes 0 to 3 are bad for some region: four in a row, all that is known.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from simulator import START, moment_of, sample_at

from monitor.config.accounting import PRESETS
from monitor.config.objectives import Objective
from monitor.sla.evidence import PageData, RegionData
from monitor.sla.judge import judge
from monitor.sla.outages import find_outages
from monitor.sla.promise import Accounting, By, Promise
from monitor.sla.quorum import ALL, ANY, MAJORITY, Quorum
from monitor.sla.rollups import Rollup
from monitor.sla.slices import HOUR
from monitor.sla.verdict import Finding, Verdict
from monitor.sla.windows import Maintenance, Rolling, ServiceHours

SEEN = {
    "a": "xxxx. ..... .xx.. -----",
    "b": "xxx.. x.... ..... -----",
    "c": "x.... ..... ..... -----",
}


def page(seen: dict[str, str], maintenance: tuple[Maintenance, ...] = ()) -> PageData:
    regions = []
    for name, looks in seen.items():
        taken = [
            sample_at(15 * place + 2, name, up=look == ".")
            for place, look in enumerate(looks.replace(" ", ""))
            if look != "-"
        ]
        regions.append(RegionData(name, [Rollup.of(taken, START, 15)], find_outages(taken, 15)))
    return PageData("vendor", "page", "http", regions, maintenance=maintenance)


def judged(data: PageData, accounting: Accounting, *, target: float = 0.99, length: float = 300) -> Verdict:
    promise = Promise("a", "availability", "share", target, Rolling(length), accounting)
    return judge(promise, data, moment_of(length))


def preset(name: str) -> Accounting:
    return Objective(name="a", indicator="availability", at_least="99%", preset=name).accounting  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quorum-time", 13 / 16),
        ("any-region", 9 / 16),
        ("region-mean", 37 / 48),
        ("request-ratio", 34 / 45),
        ("five-minute-ratio", 34 / 45),
        ("five-minute-outages", 1.0),
    ],
)
def test_a_preset_counts_what_was_worked_out_by_hand(name: str, value: float) -> None:
    verdict = judged(page(SEEN), preset(name))
    assert verdict.value == pytest.approx(value, abs=1e-12)
    assert verdict.coverage == pytest.approx(0.8)
    assert verdict.beside["time"] == (9 / 16 if name == "any-region" else 13 / 16)
    assert verdict.beside["regions"] == pytest.approx(37 / 48)
    assert verdict.beside["requests"] == pytest.approx(34 / 45)
    assert {region: one.value for region, one in verdict.regions.items()} == pytest.approx(
        {"a": 10 / 16, "b": 12 / 16, "c": 15 / 16}
    )


def test_there_is_a_vector_for_every_preset() -> None:
    assert len(PRESETS) == 6


def test_all_regions_and_a_share_of_them() -> None:
    assert judged(page(SEEN), Accounting(quorum=ALL)).value == 15 / 16
    assert judged(page(SEEN), Accounting(quorum=Quorum(0.4))).value == 13 / 16  # more than 1.2, so two
    assert judged(page(SEEN), Accounting(quorum=Quorum(0.18))).value == 13 / 16  # one, but two at least


def test_bad_slices_must_follow_each_other_to_count() -> None:
    assert judged(page(SEEN), Accounting(consecutive=3)).value == 13 / 16
    assert judged(page(SEEN), Accounting(consecutive=4)).value == 1.0
    minutes = Accounting(quorum=ANY, length=60, consecutive=2)
    assert judged(page(SEEN), minutes).value == 0.0


def test_the_mean_of_windows_is_not_the_share_of_requests() -> None:
    """Two windows of five minutes, 20 looks and 4 looks, 1 and 2 failed: (1/20 + 2/4) / 2, and not 3/24."""
    looks = "x" + 19 * "." + "xx.." + 16 * "-"
    windows = judged(page({"a": looks}), preset("five-minute-ratio"), length=600)
    assert windows.value == pytest.approx(1 - (1 / 20 + 2 / 4) / 2)
    assert judged(page({"a": looks}), preset("request-ratio"), length=600).value == pytest.approx(1 - 3 / 24)


def test_unknown_time_lies_between_all_down_and_all_up() -> None:
    verdict = judged(page(SEEN), Accounting())
    assert (verdict.worst, verdict.best) == (13 / 20, 17 / 20)
    assert verdict.finding is Finding.BREACHED  # 3 bad slices of 16 are far from 1 in 100
    assert (verdict.count, verdict.bad) == (15, pytest.approx(3 * 15 / 16))


def test_one_region_of_two_that_is_down_is_an_advisory_and_alone_it_is_nothing_known() -> None:
    """Of the last ten slices, b speaks for the first. In two of the others a alone saw the page down."""
    verdict = judged(page({"a": "xx... ..... ....x x....", "b": "..... ..... ----- -----"}), Accounting())
    assert verdict.value == 1.0
    assert verdict.coverage == pytest.approx(18 / 20)
    assert judged(page({"a": "xx... ..... ....x x...."}), Accounting()).value == 16 / 20


def test_maintenance_leaves_the_figure_only_where_it_was_declared_before() -> None:
    """Slices 0 and 1 begin in the first 30 s. Without them 1 bad one of 14 is left."""
    start = moment_of(0)
    work = Maintenance(start, moment_of(30), start - timedelta(days=1))
    verdict = judged(page(SEEN, (work,)), Accounting())
    assert verdict.value == 13 / 14
    assert verdict.beside["with_maintenance"] == 13 / 16
    assert judged(page(SEEN, (work,)), Accounting(maintenance_excluded=False)).value == 13 / 16
    late = Maintenance(start, moment_of(30), moment_of(1))
    assert judged(page(SEEN, (late,)), Accounting()).value == 13 / 16
    others = Maintenance(start, moment_of(30), start, vendors=("other",))
    assert judged(page(SEEN, (others,)), Accounting()).value == 13 / 16
    requests = judged(page(SEEN, (work,)), Accounting(by=By.REQUESTS))
    assert requests.value == pytest.approx(1 - 6 / 39)  # 3 + 2 of a and 2 - 1 of b, 0 of c


def test_nothing_counts_outside_the_hours_of_service() -> None:
    """From 00:01 to 00:03 on a Thursday: slices 4 to 11, of which none is bad for two regions."""
    hours = ServiceHours(frozenset({3}), 1, 3)
    verdict = judged(page(SEEN), Accounting(hours=hours))
    assert datetime.fromtimestamp(START, UTC).weekday() == 3
    assert (verdict.value, verdict.coverage) == (1.0, 1.0)
    other_day = ServiceHours(frozenset({4}), 1, 3)
    nothing = judged(page(SEEN), Accounting(hours=other_day))
    assert (nothing.value, nothing.finding) == (None, Finding.UNPROVEN)
    assert "nothing was measured that counts" in nothing.missing


def test_the_budget_and_how_fast_it_is_spent() -> None:
    """3 bad slices are 45 s, and 10 % of 300 s are 30. 3/16 of the known time over 10 % are 1.875."""
    verdict = judged(page(SEEN), Accounting(), target=0.9)
    assert verdict.bad_seconds == pytest.approx(45)
    assert verdict.budget_left == pytest.approx(-0.5)
    assert verdict.burn["5m"] == verdict.burn["1h"] == pytest.approx(1.875)
    assert judged(page({"a": 20 * "-"}), Accounting()).burn["5m"] is None


def test_a_verdict_may_look_from_some_regions_only() -> None:
    objective = Objective(name="a", indicator="availability", at_least="99%", window="5m", regions=["c"])
    assert judge(objective.promise, page(SEEN), moment_of(300)).value == 15 / 16
    assert objective.promise.measured_by == "http"
    assert objective.promise.selector.takes("any", "page", {})
    narrow = Objective(
        name="a",
        indicator="availability",
        at_least="99%",
        vendors=["shop"],
        pages=["sale"],
        labels={"a": "b"},
    ).promise.selector
    assert narrow.takes("shop", "sale", {"a": "b", "c": "d"})
    assert not narrow.takes("shop", "sale", {"a": "c"})
    assert not narrow.takes("shop", "home", {"a": "b"})
    assert not narrow.takes("other", "sale", {"a": "b"})
    assert not objective.promise.selector.looks_from("a")


def test_the_defaults_are_a_quorum_over_time() -> None:
    assert preset("quorum-time") == Accounting() == Accounting(By.TIME, MAJORITY)
    assert HOUR == 3600


def test_periods_outside_the_window_count_for_nothing() -> None:
    """Of the first 150 s, so 10 slices: a failed in 4, b in 4 and c in 1 of 30 looks."""
    data = page(SEEN)
    promise = Promise("a", "availability", "share", 0.99, Rolling(150), Accounting(By.REQUESTS))
    assert judge(promise, data, moment_of(2 * HOUR)).value is None
    assert judge(promise, data, moment_of(150)).value == pytest.approx(1 - 9 / 30)
