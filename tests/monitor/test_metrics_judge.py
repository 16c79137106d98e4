"""What the judge says, as a scrape brings it."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from scraping import read

from monitor.config.objectives import Objective, default_objectives
from monitor.judging.judged import Judged, Outlook, Ruling, Seconds, Work
from monitor.metrics.collector import Metrics
from monitor.metrics.exposition import Format
from monitor.metrics.judge_declared import JUDGE_FAMILIES
from monitor.metrics.judge_series import JudgeSeries
from monitor.metrics.own import Own
from monitor.sla.verdict import Finding, Verdict
from monitor.sla.windows import Span
from storage.incidents import IncidentRow

PAGE = ("easyshop", "sale")
TTFB, AVAILABILITY = default_objectives()[:2]
GRADE = Objective(name="grade", indicator="tls_grade", at_least="A")
SHIFT = Objective(name="shift", indicator="cls", aggregate="p95", at_most=0.1)
PROMISED = [(*PAGE, TTFB), (*PAGE, AVAILABILITY)]


def ruling(objective: Objective, **more: object) -> Ruling:
    verdict = Verdict(objective.promise, *PAGE, Span(0, 1, 1))
    for name, value in more.items():
        setattr(verdict, name, value)
    return Ruling(objective, verdict)


RULINGS = [
    ruling(TTFB, finding=Finding.MET, value=0.21, coverage=0.995),
    ruling(
        AVAILABILITY,
        finding=Finding.BREACHED,
        value=0.9997,
        coverage=0.9,
        budget_left=-2.0,
        burn={"5m": 0.0, "1h": 42.0, "3d": None},
    ),
]
INCIDENT = IncidentRow(
    kind="outage",
    vendor=PAGE[0],
    page=PAGE[1],
    subject="",
    state="open",
    since=datetime(2026, 1, 1, tzinfo=UTC),
    until=None,
    seen=None,
    reason="timeout",
    regions=("eu-west",),
    worst_sample=None,
    severity=0.0,
    opened_by=None,
    closed_by=None,
    streak=1,
)
JUDGED = Judged(
    Outlook(
        {PAGE: Seconds(450, 15)},
        {PAGE: ["eu-west", 'us "east"']},
        [INCIDENT],
        [(*PAGE, "http3", "eu-west"), (*PAGE, "tracking", "eu-west/tiktok")],
    ),
    PROMISED,
    {one.key: one for one in RULINGS},
)


async def scrape(judged: Judged, own: Own | None = None, wanted: Format | None = None):
    metrics = Metrics(judged=lambda: judged, own=lambda: own or Own())
    try:
        return await read(metrics, wanted or Format())
    finally:
        metrics.close()


def values(found, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """The numbers of a family's series, by some of their labels; each is of the same page."""
    assert all(
        one.labels["vendor"] == "easyshop" and one.labels["page"] == "sale" for one in found.get(name, ())
    )
    return {tuple(one.labels.get(each, "") for each in labels): one.value for one in found.get(name, ())}


async def test_the_channel_of_a_tracking_incident_is_told_from_a_region_whose_name_has_a_slash() -> None:
    signs = [(*PAGE, "tracking", "aws/eu-west/tiktok")]
    found = await scrape(Judged(Outlook({PAGE: Seconds()}, {PAGE: []}, [], signs), []))
    series = values(found, "landwatch_incident_open", "kind", "region", "variant")
    assert series == {("outage", "", ""): 0, ("tracking", "aws/eu-west", "tiktok"): 0}


async def test_a_page_that_was_not_judged_yet_has_its_counters_and_targets_and_no_verdict() -> None:
    found = await scrape(Judged(Outlook({PAGE: Seconds()}, {PAGE: ["eu-west"]}), PROMISED))
    assert values(found, "landwatch_bad_seconds_total") == {(): 0}
    assert values(found, "landwatch_measured_seconds_total") == {(): 0}
    targets = values(found, "landwatch_objective_target", "objective")
    assert targets == {("ttfb",): 0.3, ("availability",): 0.9999}
    assert set(values(found, "landwatch_incident_open", "kind", "region", "objective").items()) == {
        (("outage", "", ""), 0),
        (("advisory", "eu-west", ""), 0),
        (("silence", "eu-west", ""), 0),
        (("certificate", "eu-west", ""), 0),
        (("latency", "", "ttfb"), 0),
    }
    assert "landwatch_objective_verdict" not in found
    assert "landwatch_objective_value" not in found


async def test_a_verdict_is_told_with_what_it_rests_on() -> None:
    found = await scrape(JUDGED)
    assert values(found, "landwatch_bad_seconds_total") == {(): 15}
    assert values(found, "landwatch_measured_seconds_total") == {(): 450}
    assert values(found, "landwatch_objective_value", "objective") == {
        ("ttfb",): 0.21,
        ("availability",): 0.9997,
    }
    verdicts = values(found, "landwatch_objective_verdict", "objective", "verdict")
    assert {key for key, value in verdicts.items() if value == 1} == {
        ("ttfb", "met"),
        ("availability", "breached"),
    }
    assert len(verdicts) == 6
    assert values(found, "landwatch_objective_budget_remaining_ratio", "objective") == {("availability",): -2}
    assert values(found, "landwatch_objective_coverage_ratio", "objective") == {
        ("ttfb",): 0.995,
        ("availability",): 0.9,
    }
    assert values(found, "landwatch_objective_burn_rate", "objective", "window") == {
        ("availability", "5m"): 0,
        ("availability", "1h"): 42,
    }


async def test_what_is_open_is_1() -> None:
    silent = replace(INCIDENT, kind="silence", subject='us "east"')
    slow = replace(INCIDENT, kind="latency", subject="ttfb")
    gone = replace(INCIDENT, kind="advisory", subject="a region that is known no more")
    judged = replace(JUDGED, outlook=replace(JUDGED.outlook, open=[INCIDENT, silent, slow, gone]))
    found = values(await scrape(judged), "landwatch_incident_open", "kind", "region", "objective")
    assert {key for key, value in found.items() if value == 1} == {
        ("outage", "", ""),
        ("silence", 'us "east"', ""),
        ("latency", "", "ttfb"),
        ("advisory", "a region that is known no more", ""),
    }
    assert len(found) == 11


@pytest.mark.parametrize("openmetrics", [False, True])
async def test_every_declared_metric_of_the_judge_is_there_with_its_labels(openmetrics: bool) -> None:
    found = await scrape(JUDGED, wanted=Format(openmetrics=openmetrics))
    for family in JUDGE_FAMILIES:
        assert family.name.endswith("_total") is (family.kind == "counter")
        assert family.help.endswith(".")
        labels = {label for one in found[family.name] for label in one.labels}
        assert labels == set(family.labels)
        assert all(math.isfinite(one.value) for one in found[family.name])


async def test_many_pages_are_rendered_whole() -> None:
    pages = {("easyshop", f"page-{number}"): Seconds(number) for number in range(1000)}
    found = await scrape(Judged(Outlook(pages)))
    measured = {one.labels["page"]: one.value for one in found["landwatch_measured_seconds_total"]}
    assert measured == {f"page-{number}": number for number in range(1000)}


async def test_many_rulings_without_a_figure_hide_none_that_has_one() -> None:
    times = {("easyshop", f"page-{number}", "ttfb"): RULINGS[0] for number in range(200)}
    found = await scrape(Judged(rulings=times | {RULINGS[1].key: RULINGS[1]}))
    assert [one.value for one in found["landwatch_objective_budget_remaining_ratio"]] == [-2.0]


async def test_how_the_judge_works_is_told() -> None:
    works = {"slices": Work(0.03, 1_800_000_000.0), "objectives": Work(errors=3, error="away")}
    found = await scrape(Judged(), Own(works=works))

    def of(name: str) -> dict[str, float]:
        return {one.labels["work"]: one.value for one in found[name]}

    assert of("landwatch_judge_duration_seconds") == {"slices": 0.03, "objectives": 0}
    assert of("landwatch_judge_last_success_timestamp_seconds") == {"slices": 1_800_000_000.0}
    assert of("landwatch_judge_errors_total") == {"slices": 0, "objectives": 3}


async def test_what_was_promised_is_told_with_its_unit_and_which_way_is_better() -> None:
    promised = [(*PAGE, objective) for objective in (TTFB, AVAILABILITY, GRADE, SHIFT)]
    found = await scrape(Judged(promised=promised))
    told = values(found, "landwatch_objective_info", "objective", "indicator", "aggregate", "unit", "better")
    assert told == {
        ("ttfb", "ttfb", "mean", "seconds", "lower"): 1,
        ("availability", "availability", "share", "share", "higher"): 1,
        ("grade", "tls_grade", "min", "grade", "higher"): 1,
        ("shift", "cls", "p95", "number", "lower"): 1,
    }


async def test_each_scrape_says_what_the_judge_says_then() -> None:
    """The lines' names outlive a scrape, and their figures and pages do not."""
    turned = ruling(AVAILABILITY, finding=Finding.MET, value=0.99995, burn={"5m": 1.5})
    other = ("rival", "home")
    later = Judged(Outlook({other: Seconds(30, 0)}, {other: ["eu-west"]}), PROMISED[1:], {turned.key: turned})
    now = [JUDGED]
    metrics = Metrics(judged=lambda: now[0])
    try:
        for judged in (JUDGED, later, later, JUDGED):
            now[0] = judged
            found, alone = await read(metrics, Format()), await scrape(judged)
            assert all(found.get(one.name) == alone.get(one.name) for one in JUDGE_FAMILIES)
            assert len(found["landwatch_measured_seconds_total"]) == 1
    finally:
        metrics.close()


async def test_the_names_of_pages_that_are_gone_are_not_kept() -> None:
    series = JudgeSeries()
    for number in range(5):
        gone = ("easyshop", f"page-{number}")
        assert [line for _, lines in series.lines(Judged(Outlook({gone: Seconds()}))) for line in lines]
    tracemalloc.start()
    try:
        before = tracemalloc.take_snapshot()
        for number in range(1000):
            gone = ("easyshop", f"page-{number}")
            for _, lines in series.lines(Judged(Outlook({gone: Seconds()}))):
                list(lines)
        grown = sum(each.size_diff for each in tracemalloc.take_snapshot().compare_to(before, "filename"))
    finally:
        tracemalloc.stop()
    assert grown < 100_000
