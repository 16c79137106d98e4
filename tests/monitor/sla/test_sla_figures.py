"""Verdicts about figures and recovery, on few of them, worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from simulator import START, moment_of, sample_at

from monitor.sla.evidence import PageData, RegionData
from monitor.sla.judge import judge
from monitor.sla.outages import find_outages
from monitor.sla.promise import Accounting, Promise
from monitor.sla.rollups import Rollup
from monitor.sla.slices import HOUR
from monitor.sla.verdict import Finding, Verdict, percent, seconds
from monitor.sla.windows import Maintenance, Rolling, ServiceHours, Stage, Window
from probes.sample import Attempt, Sample

HOURS = 10


def region(name: str, taken: list[Sample], every: float = 900, variant: str | None = None) -> RegionData:
    rows = [Rollup.of(taken, START + hour * HOUR, every) for hour in range(HOURS)]
    return RegionData(name, rows, find_outages(taken, every), variant)


def steady(name: str, *ttfbs: float, **fields: Any) -> list[Sample]:
    """A sample every quarter of an hour for ten hours, the figures in turn."""
    return [
        sample_at(900 * place + 1, name, ttfb=ttfbs[place % len(ttfbs)], **fields)
        for place in range(4 * HOURS)
    ]


def page(*regions: RegionData, probe: str = "http", **fields: Any) -> PageData:
    return PageData("vendor", "page", probe, regions, **fields)


def judged(
    data: PageData,
    indicator: str,
    aggregate: Any,
    target: float,
    *,
    accounting: Accounting | None = None,
    window: Window = Rolling(HOURS * 3600.0),  # noqa: B008 (frozen)
    now: float = HOURS * HOUR,
) -> Verdict:
    promise = Promise("p", indicator, aggregate, target, window, accounting or Accounting())
    return judge(promise, data, moment_of(now))


def test_the_mean_is_that_of_the_regions_means_and_the_others_stand_beside() -> None:
    """0.1 and 0.3 from a, twice as many of 0.6 from b: (0.2 + 0.6) / 2, and pooled (0.2 + 2 x 0.6) / 3."""
    twice = [*steady("b", 0.6), *[sample_at(900 * place + 400, "b", ttfb=0.6) for place in range(40)]]
    data = page(region("a", steady("a", 0.1, 0.3)), region("b", twice))
    verdict = judged(data, "ttfb", "mean", 0.5)
    assert verdict.value == pytest.approx(0.4)
    assert verdict.beside["pooled"] == pytest.approx(1.4 / 3)
    assert verdict.beside["p75"] == pytest.approx(0.6, rel=0.01)
    assert (verdict.beside["min"], verdict.beside["max"]) == (0.1, 0.6)
    assert verdict.regions["a"].value == pytest.approx(0.2)
    assert (verdict.regions["b"].count, verdict.count, verdict.finding) == (80, 120, Finding.MET)
    assert verdict.lower == verdict.upper == pytest.approx(0.4)  # each hour is like the one before
    assert judged(data, "ttfb", "mean", 0.39).finding is Finding.BREACHED
    pooled = judged(data, "ttfb", "pooled", 0.46)
    assert (pooled.value, pooled.finding) == (pytest.approx(1.4 / 3), Finding.BREACHED)


def test_a_target_between_the_bounds_is_unproven() -> None:
    taken = [sample_at(900 * place + 1, ttfb=0.1 if place // 4 % 2 else 0.3) for place in range(4 * HOURS)]
    verdict = judged(page(region("r0", taken)), "ttfb", "mean", 0.21)
    assert verdict.lower is not None
    assert verdict.upper is not None
    assert verdict.lower < 0.2 < 0.21 < verdict.upper
    assert verdict.finding is Finding.UNPROVEN
    assert verdict.missing == ["the target lies between the bounds of the figure: more samples are needed"]


def test_a_dead_region_does_not_flatter_the_mean() -> None:
    """The far region stopped after an hour: what is left is fast, and proves nothing."""
    far = [one for one in steady("far", 0.9) if one.at < moment_of(HOUR)]
    verdict = judged(page(region("near", steady("near", 0.1)), region("far", far)), "ttfb", "mean", 0.6)
    assert verdict.finding is Finding.UNPROVEN
    assert verdict.missing == ["region far measured 12.5 % of the window, and 99 % is needed"]
    assert verdict.coverage == pytest.approx(0.125)
    silent = judged(page(region("near", steady("near", 0.1)), RegionData("far")), "ttfb", "mean", 0.6)
    assert silent.finding is Finding.UNPROVEN
    assert "region far has no figure: each of its visits failed or was left out" in silent.missing
    assert "no region measured anything" in judged(page(), "ttfb", "mean", 0.6).missing


def test_failed_visits_leave_the_mean_and_stand_beside_it() -> None:
    taken = steady("r0", 0.2)
    for place in range(0, 40, 4):
        taken[place] = sample_at(900 * place + 1, up=False)
    taken[5].tainted = ["cpu"]
    verdict = judged(page(region("r0", taken)), "ttfb", "mean", 0.3)
    assert (verdict.value, verdict.failed, verdict.left_out, verdict.count) == (pytest.approx(0.2), 10, 1, 29)


def test_figures_of_few_hours_prove_nothing() -> None:
    data = page(region("r0", steady("r0", 0.1)))
    for aggregate in ("mean", "pooled", "p95"):
        verdict = judged(data, "ttfb", aggregate, 0.3, window=Rolling(7 * 3600.0), now=7 * HOUR)
        assert verdict.finding is Finding.UNPROVEN
        assert verdict.missing[0].endswith("known from 8 hours or days on, and these are 7")


def test_a_percentile_is_judged_by_counting() -> None:
    """40 samples, 4 of them slow: few enough for p75 <= 0.3, far too many for p99, and p90 may be."""
    data = page(region("r0", steady("r0", *[0.2] * 9, 0.9)))
    met, missed = judged(data, "ttfb", "p75", 0.3), judged(data, "ttfb", "p99", 0.3)
    assert (met.value, met.bad, met.finding) == (pytest.approx(0.2, rel=0.01), 4, Finding.MET)
    assert missed.finding is Finding.BREACHED
    assert missed.value == pytest.approx(0.9, rel=0.01)
    assert judged(data, "ttfb", "p90", 0.3).finding is Finding.UNPROVEN
    assert met.lower is not None
    assert met.lower <= 0.21


def test_a_percentile_that_should_be_high() -> None:
    data = page(region("r0", steady("r0", 0.2, vitals={"tls_expiry_days": 30.0})), probe="tls")
    assert judged(data, "tls_expiry_days", "p50", 14).finding is Finding.MET
    assert judged(data, "tls_expiry_days", "p50", 40).finding is Finding.BREACHED
    assert judged(data, "tls_expiry_days", "mean", 14).finding is Finding.MET
    assert judged(data, "tls_expiry_days", "mean", 31).finding is Finding.BREACHED


def test_the_worst_figure_settles_it_and_the_best_takes_the_whole_window() -> None:
    soon = steady("r0", 0.2, vitals={"tls_expiry_days": 30.0})
    soon[7].vitals = {"tls_expiry_days": 13.0}
    data = page(region("r0", soon), probe="tls")
    worst = judged(data, "tls_expiry_days", "min", 14)
    assert (worst.value, worst.finding) == (13, Finding.BREACHED)
    assert judged(data, "tls_expiry_days", "min", 12).finding is Finding.MET
    half = page(region("r0", soon[:20]), probe="tls")
    assert judged(half, "tls_expiry_days", "min", 14).finding is Finding.BREACHED
    assert judged(half, "tls_expiry_days", "min", 12).finding is Finding.UNPROVEN
    assert judged(half, "tls_expiry_days", "max", 25).finding is Finding.MET
    assert judged(half, "tls_expiry_days", "max", 35).finding is Finding.UNPROVEN
    assert judged(data, "tls_expiry_days", "max", 35).finding is Finding.BREACHED
    assert judged(page(region("r0", steady("r0", 0.2, 0.5))), "ttfb", "max", 0.4).finding is Finding.BREACHED


def test_a_share_is_that_of_samples_and_proven_as_rarely_as_those_of_one_region_allow() -> None:
    """80 samples of two regions, one lost: 79/80. As many as 40 prove at most 95 % or so with none lost."""
    kept = {"tracking": 1.0}
    regions = [region(name, steady(name, 0.2, vitals=kept), variant="ads") for name in ("a", "b")]
    data = page(*regions, probe="channel")
    assert judged(data, "tracking", "share", 0.9).finding is Finding.MET
    none_lost = judged(data, "tracking", "share", 0.95)
    assert (none_lost.value, none_lost.finding) == (1.0, Finding.UNPROVEN)
    lost = steady("b", 0.2, vitals=kept)
    lost[3].vitals = {"tracking": 0.0}
    one_lost = judged(page(regions[0], region("b", lost), probe="channel"), "tracking", "share", 0.5)
    assert (one_lost.value, one_lost.bad, one_lost.finding) == (79 / 80, 1, Finding.MET)
    assert one_lost.lower is not None
    assert one_lost.lower < 79 / 80 < (one_lost.upper or 0)
    all_lost = page(region("a", steady("a", 0.2, vitals={"tracking": 0.0})), probe="channel")
    assert judged(all_lost, "tracking", "share", 0.9).finding is Finding.BREACHED


def test_variants_of_a_page_share_their_region() -> None:
    ads = region("a", steady("a", 0.2), variant="ads")
    mail = region("a", steady("a", 0.4), variant="mail")
    verdict = judged(page(ads, mail), "ttfb", "mean", 0.5)
    assert verdict.value == pytest.approx(0.3)
    assert (list(verdict.regions), verdict.count) == (["a"], 80)
    assert verdict.beside["max"] == 0.4


def test_only_hours_of_service_count() -> None:
    slow_at_night = [
        sample_at(900 * place + 1, ttfb=0.1 if place >= 8 else 0.9) for place in range(4 * HOURS)
    ]
    day = Accounting(hours=ServiceHours(frozenset(range(7)), 2 * 60, 24 * 60))
    verdict = judged(page(region("r0", slow_at_night)), "ttfb", "mean", 0.3, accounting=day)
    assert (verdict.value, verdict.count, verdict.finding) == (pytest.approx(0.1), 32, Finding.MET)


def test_a_stage_is_not_kept_before_it_is_over_and_says_when() -> None:
    stage = Stage(date(2026, 1, 1), 30)
    data = page(region("r0", steady("r0", 0.1)))
    words = "the window is over at 2026-01-31 00:00 UTC"
    assert judged(data, "ttfb", "mean", 0.3, window=stage).missing[0] == words
    early = judged(data, "ttfb", "mean", 0.3, window=Stage(date(2026, 2, 1), 30))
    assert early.missing[0] == "the window begins at 2026-02-01 00:00 UTC"
    assert (early.value, early.finding) == (None, Finding.UNPROVEN)
    down = page(region("r0", [sample_at(900 * place + 1, up=False) for place in range(40)]))
    breached = judged(down, "availability", "share", 0.99, window=stage)
    assert (breached.finding, breached.missing) == (Finding.BREACHED, [])  # 10 h of 30 d can't be made up for
    kept = judged(data, "availability", "share", 0.5, window=stage)
    assert kept.finding is Finding.UNPROVEN


def drill(*outages: tuple[float, float], until: float = 120) -> list[Sample]:
    """A look every quarter of a second."""
    return [
        sample_at(place / 4, up=not any(a <= place / 4 < b for a, b in outages), ttfb=0.1)
        for place in range(int(until * 4))
    ]


def recovery(taken: list[Sample], every: float, target: float = 3.0, **fields: Any) -> Verdict:
    row = Rollup.of(taken, START, every, 120 if every <= 15 else HOUR)
    data = page(RegionData("r0", [row], find_outages(taken, every)), **fields)
    return judged(data, "recovery", "max", target, window=Rolling(120.0), now=120)


def test_recovery_in_a_drill_is_known_to_a_quarter_of_a_second() -> None:
    quick = recovery(drill((20, 22.5), (50, 51)), 0.25)
    assert (quick.value, quick.count, quick.finding) == (2.5, 2, Finding.MET)
    assert quick.lower == 2.25
    assert quick.upper == pytest.approx(2.5 + 0.25 + 0.1)
    slow = recovery(drill((20, 22.5), (50, 54)), 0.25)
    assert (slow.value, slow.bad, slow.finding) == (4, 1, Finding.BREACHED)
    edge = recovery(drill((20, 23)), 0.25)
    assert (edge.value, edge.finding) == (3, Finding.UNPROVEN)


def test_a_look_every_15_s_proves_no_recovery_of_3_s() -> None:
    """Down at 30, up in a burst at 32: it may have failed just after 15."""
    taken = [sample_at(15 * place, up=place != 2) for place in range(8)]
    taken += [sample_at(30 + k / 4, up=k == 8, attempt=Attempt.BURST) for k in range(1, 9)]
    verdict = recovery(taken, 15)
    assert (verdict.value, verdict.finding) == (2, Finding.UNPROVEN)
    assert verdict.upper == pytest.approx(17.2)
    assert "up to 15 s before it was seen, and lasted 17.2 s" in verdict.missing[0]
    assert recovery(taken, 15, 20).finding is Finding.MET


def test_without_an_outage_nothing_was_recovered_from() -> None:
    verdict = recovery(drill(), 0.25)
    assert (verdict.value, verdict.finding) == (None, Finding.UNPROVEN)
    assert verdict.missing == ["no outage was seen: nothing was recovered from"]


def test_an_outage_that_lasts_counts_as_long_as_it_was_seen() -> None:
    verdict = recovery(drill((118, 200)), 0.25)
    assert (verdict.value, verdict.upper, verdict.finding) == (1.75, None, Finding.UNPROVEN)
    assert verdict.missing == ["an outage has an end that was not seen"]
    assert recovery(drill((100, 200)), 0.25).finding is Finding.BREACHED


def test_outages_in_maintenance_are_no_failures_to_recover() -> None:
    work = Maintenance(moment_of(40), moment_of(60), moment_of(-1))
    assert recovery(drill((50, 56)), 0.25, maintenance=(work,)).count == 0


def test_figures_in_words() -> None:
    assert [percent(share) for share in (1.0, 0.99999999, 0.99995, 0.5)] == [
        "100 %", "99.9999 %", "99.995 %", "50 %"
    ]  # fmt: skip
    assert [seconds(length) for length in (17.25, 300, 7200, 172_800)] == ["17.2 s", "5 min", "2 h", "2 days"]
