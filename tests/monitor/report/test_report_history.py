"""How promises went: the pieces add up to what the judge found, and gaps stay gaps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import MIDNIGHT, PAGE, at, rolled_up, visits
from charting import course, history, strip
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting import OBJECTIVES, page_data, page_report, samples_of
from simulator import START, moment_of

from monitor.config import Config, parse
from monitor.config.objectives import Objective
from monitor.report.history import Cell, Course, Strip
from monitor.report.period import LastSeconds
from monitor.report.reading import Wanted, read_report
from monitor.report.report import Judgement, Report
from monitor.sla.evidence import PageData, RegionData
from monitor.sla.rollups import Rollup
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Maintenance
from storage.rollups import write_rollups
from storage.series import number_series
from storage.store import Store

stretch = st.integers(0, 2 * HOUR - 100).flatmap(
    lambda start: st.tuples(st.just(start), st.integers(start + 30, start + 900))
)
outages = st.dictionaries(
    st.sampled_from(["ap-south", "eu-west", "us-east"]),
    st.lists(stretch, max_size=1),
    min_size=1,
)
availabilities = st.sampled_from(
    [
        Objective(name="plain", indicator="availability", at_least="99.99%"),
        Objective(name="alone", indicator="availability", at_least="99.9%", quorum="any"),
        Objective(name="runs", indicator="availability", at_least="99.9%", preset="five-minute-outages"),
        Objective(name="visits", indicator="availability", at_least="99.9%", by="requests"),
        Objective(name="regions", indicator="availability", at_least="99.9%", by="regions"),
    ]
)


def judged(data: PageData, objective: Objective, seconds: float) -> Judgement:
    return page_report(data, [objective], seconds).judgements[0]


def total(cells: Sequence[Cell], name: str) -> float:
    return sum(getattr(cell, name) for cell in cells)


@settings(deadline=None, max_examples=40)
@given(outages, availabilities, st.integers(600, 2 * HOUR))
def test_pieces_of_availability_add_up_to_the_verdict(
    down: dict[str, list[tuple[int, int]]], objective: Objective, seconds: int
) -> None:
    data = page_data({name: [(a, min(b, 2 * HOUR)) for a, b in each] for name, each in down.items()}, hours=2)
    one = judged(data, objective, seconds)
    found, verdict = strip(one, data), one.verdict
    if objective.accounting.by == "time":
        assert total(found.page, "bad") == pytest.approx(verdict.bad_seconds)
        assert total(found.page, "good") / total(found.page, "known") == pytest.approx(verdict.value)
    for name, cells in found.regions.items():
        figure = verdict.regions[name]
        assert total(cells, "good") / total(cells, "known") == pytest.approx(figure.value)
        assert total(cells, "known") / total(cells, "eligible") == pytest.approx(figure.coverage)
    ends = [found.span.start, *range(found.start + found.step, found.span.end, found.step), found.span.end]
    lengths = [late - early for early, late in pairwise(ends)]
    for cells in (found.page, *found.regions.values()):
        assert len(cells) == len(lengths)
        for cell, length in zip(cells, lengths, strict=True):
            assert min(cell.good, cell.bad, cell.unknown, cell.excluded) >= 0
            # A slice belongs to the piece in which it begins.
            assert cell.eligible + cell.excluded <= length + 15


def test_an_outage_stands_in_the_piece_in_which_it_was() -> None:
    data = page_data()
    found = strip(judged(data, OBJECTIVES[2], HOUR), data)
    assert (found.start, found.step) == (START, 30)
    assert [number for number, cell in enumerate(found.page) if cell.bad] == [20, 21]
    assert [number for number, cell in enumerate(found.regions["us-east"]) if cell.bad] == [80]


def test_what_was_not_measured_is_unknown_and_what_is_excluded_is_that() -> None:
    work = Maintenance(moment_of(600), moment_of(900), moment_of(0) - timedelta(days=1))
    data = page_data({"eu-west": []}, [work])
    one = judged(data, OBJECTIVES[2], 2 * HOUR)
    found = strip(one, data)
    later = found.page[len(found.page) // 2 + 1 :]
    assert all((cell.known, cell.unknown) == (0, found.step) for cell in later)
    assert total(found.page, "excluded") == 300
    assert total(found.page, "unknown") == HOUR


def test_nothing_ever_measured_has_no_history() -> None:
    data = PageData("easyshop", "spring-sale", "http", [RegionData("eu-west")])
    assert [history(judged(data, one, HOUR), data) for one in OBJECTIVES] == [None] * 4


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.lists(st.floats(0.001, 5.0), max_size=6), min_size=3, max_size=12),
    st.sampled_from(["mean", "pooled", "p50", "p75", "p99", "min", "max"]),
)
def test_pieces_of_a_figure_add_up_to_the_verdict(hours: list[list[float]], aggregate: Any) -> None:
    data = of_hours({"eu-west": hours, "us-east": hours[::-1]})
    objective = Objective(name="ttfb", indicator="ttfb", aggregate=aggregate, at_most="300ms")
    one = judged(data, objective, len(hours) * HOUR)
    found = history(one, data)
    if found is None:
        assert one.verdict.count == 0
        return
    assert isinstance(found, Course)
    assert sum(point.count for point in found.page) == one.verdict.count
    together = sorted({point.start for points in found.regions.values() for point in points})
    assert [point.start for point in found.page] == together
    for name, points in found.regions.items():
        mine = hours if name == "eu-west" else hours[::-1]
        assert [point.start for point in points] == [
            START + number * HOUR for number, figures in enumerate(mine) if figures
        ]
        whole = found.totals[name]
        assert sum(point.count for point in points) == whole.count == one.verdict.regions[name].count
        if aggregate in ("mean", "pooled"):
            mean = sum(point.count * point.value for point in points) / whole.count
            assert mean == pytest.approx(whole.value) == pytest.approx(one.verdict.regions[name].value)
        if aggregate in ("min", "max"):
            assert whole.value == {"min": min, "max": max}[aggregate](point.value for point in points)
        assert all((point.high is None) == (aggregate in ("p99", "max")) for point in points)
    if aggregate == "mean":
        means = [each.value for each in found.totals.values()]
        assert sum(means) / len(means) == pytest.approx(one.verdict.value)
    if len(found.regions) == 1:
        (points,) = found.regions.values()
        assert [point.value for point in points] == pytest.approx([point.value for point in found.page])


def of_hours(regions: dict[str, list[list[float]]]) -> PageData:
    found = []
    for region, hours in regions.items():
        rows = []
        for number, figures in enumerate(hours):
            samples = samples_of(region, [])[: len(figures)]
            for sample, figure in zip(samples, figures, strict=True):
                sample.ttfb, sample.at = figure, sample.at + timedelta(hours=number)
            rows.append(Rollup.of(samples, START + number * HOUR, 15))
        found.append(RegionData(region, rows))
    return PageData("easyshop", "spring-sale", "http", found)


def test_all_regions_together_are_what_the_promise_says() -> None:
    data = of_hours({"eu-west": [[0.1, 0.1, 0.1]], "us-east": [[0.5]]})
    mean = Objective(name="mean", indicator="ttfb", at_most="300ms")
    pooled = Objective(name="pooled", indicator="ttfb", aggregate="pooled", at_most="300ms")
    assert course(judged(data, mean, HOUR), data).page[0].value == pytest.approx(0.3)
    assert course(judged(data, pooled, HOUR), data).page[0].value == pytest.approx(0.2)


CONFIG = """
region: eu-west
vendors:
  - name: easyshop
    pages: [{name: sale, url: "https://shop.test/"}]
objectives:
  - {name: ttfb, indicator: ttfb, at_most: 300ms}
  - {name: availability, indicator: availability, at_least: 99.99%}
  - {name: routing, indicator: recovery, at_most: 3s}
"""
EVERY = 300.0
DAYS = 12


@pytest.fixture
def config() -> Config:
    return parse(CONFIG)


def write(store: Store, without: Sequence[int] = (), fewer: Sequence[int] = ()) -> None:
    """Twelve days, those before ``without`` as days alone, and of some hours fewer visits."""
    rows = rolled_up(visits(0, DAYS * DAY, EVERY), {PAGE: EVERY})
    thinner = rolled_up(visits(0, DAYS * DAY, 2 * EVERY), {PAGE: EVERY})
    with store.writing() as connection:
        number = number_series(connection, [PAGE])[PAGE]
        kept = []
        for (series, period, start), row in rows.items():
            if period == HOUR and start - start % DAY in without:
                continue
            if period == HOUR and start in fewer:
                row = thinner[series, period, start]
            kept.append(row._replace(series=number))
        write_rollups(connection, kept)


def read(store: Store, config: Config, days: float) -> dict[str, Judgement]:
    now = at(DAYS * DAY)
    found: Report = read_report(store, config, LastSeconds(days * DAY, now), now, Wanted(histories=True))
    return {one.objective.name: one for one in found.pages[0].judgements}


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with closing(Store(f"sqlite:///{tmp_path}/landwatch.db")) as made:
        yield made


def held(one: Judgement) -> Course:
    assert isinstance(one.history, Course)
    return one.history


def test_a_short_window_is_drawn_by_the_hour(store: Store, config: Config) -> None:
    write(store)
    found = read(store, config, 7.0)
    ttfb = held(found["ttfb"])
    assert (ttfb.step, len(ttfb.page)) == (HOUR, 7 * 24)
    assert [point.start for point in ttfb.page] == list(range(ttfb.start, MIDNIGHT + DAYS * DAY, HOUR))
    mean = sum(point.value * point.count for point in ttfb.page) / found["ttfb"].verdict.count
    assert mean == pytest.approx(found["ttfb"].verdict.value)
    assert found["routing"].history is None
    assert isinstance(found["availability"].history, Strip)


def test_a_long_window_is_drawn_by_the_day(store: Store, config: Config) -> None:
    write(store)
    found = read(store, config, 10.5)
    ttfb = held(found["ttfb"])
    assert (ttfb.step, len(ttfb.page)) == (DAY, 11)
    assert [point.count for point in ttfb.page] == [144, *[288] * 10]
    assert sum(point.count for point in ttfb.page) == found["ttfb"].verdict.count


@pytest.mark.parametrize("wrong", ["gone", "thin"])
def test_hours_that_are_not_what_the_day_was_are_not_drawn(store: Store, config: Config, wrong: str) -> None:
    day = MIDNIGHT + 8 * DAY
    write(store, **({"without": [day]} if wrong == "gone" else {"fewer": [day + HOUR]}))
    found = read(store, config, 7.0)
    ttfb = held(found["ttfb"])
    assert (ttfb.step, len(ttfb.page)) == (DAY, 7)
    assert sum(point.count for point in ttfb.page) == found["ttfb"].verdict.count


def test_histories_are_made_only_where_they_are_asked_for(store: Store, config: Config) -> None:
    write(store)
    now = at(DAYS * DAY)
    found = read_report(store, config, LastSeconds(DAY, now), now)
    assert [one.history for one in found.judgements] == [None] * 3
