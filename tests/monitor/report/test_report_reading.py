"""Reports over real stores: samples go in as the daemon hands them on, and verdicts come out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from reporting import DOWN, samples_of
from simulator import moment_of

from monitor.config import Config, load
from monitor.judging.every import Paces
from monitor.judging.settler import Settler
from monitor.report.history import Course
from monitor.report.particulars import window_words
from monitor.report.period import LastSeconds, OwnWindows, Period, StagePeriod
from monitor.report.reading import Wanted, read_report
from monitor.report.report import PageReport, Report
from monitor.sla.slices import HOUR
from monitor.sla.verdict import Finding
from probes.sample import Attempt, Outcome, Sample
from storage.store import Store, StoreUnavailable
from storage.unsettled import unsettled_stretches

CONFIG = """
region: eu-west
vendors:
  - name: easyshop
    pages:
      - {name: spring-sale, url: "https://shop.test/sale", labels: {campaign: spring}}
      - {name: home, url: "https://shop.test/"}
objectives:
  - {name: ttfb, indicator: ttfb, at_most: 300ms}
  - {name: availability, indicator: availability, at_least: 99.99%, window: 1h}
  - {name: five-minutes, indicator: availability, at_least: 50%, preset: five-minute-outages, window: 1h}
  - {name: routing, indicator: recovery, at_most: 3s}
  - {name: encryption, indicator: tls_grade, at_least: A, labels: {campaign: spring}}
  - {name: soon, indicator: ttfb, at_most: 300ms, window: trial, since: 2026-02-01, pages: [home]}
"""
NOW = moment_of(3600)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "landwatch.yaml"
    path.write_text(CONFIG)
    return load(path)


def named(samples: list[Sample], page: str = "spring-sale") -> list[Sample]:
    for sample in samples:
        sample.vendor, sample.page = "easyshop", page
    return samples


def settle(store: Store, config: Config) -> None:
    """Do what the daemon does once an hour is over."""
    settler = Settler(store, Paces.of(config.watches()))
    with store.reading() as connection:
        marked = unsettled_stretches(connection)
    for stretch, token in marked.items():
        if stretch.period == HOUR:
            settler.hour(stretch, token)


@pytest.fixture
def store(tmp_path: Path, config: Config) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{tmp_path}/landwatch.db")) as made:
        for region, down in DOWN.items():
            made.add(named(samples_of(region, down)))
        settle(made, config)
        yield made


def read(store: Store, config: Config, period: Period | None = None, **wanted: Any) -> Report:
    return read_report(store, config, period or OwnWindows(NOW), NOW, Wanted(**wanted))


def findings(page: PageReport) -> dict[str, Finding]:
    return {one.objective.name: one.verdict.finding for one in page.judgements}


def test_each_promise_is_judged_over_its_own_window(store: Store, config: Config) -> None:
    sale, home = read(store, config).pages
    assert findings(sale) == {
        "ttfb": Finding.UNPROVEN,
        "availability": Finding.BREACHED,
        "five-minutes": Finding.MET,
        "routing": Finding.BREACHED,
        "encryption": Finding.UNPROVEN,
    }
    spans = {one.objective.name: one.verdict.span.whole for one in sale.judgements}
    assert spans["availability"] == 3600
    assert spans["ttfb"] == 30 * 86_400
    assert set(findings(home)) == {"ttfb", "availability", "five-minutes", "routing", "soon"}
    assert set(findings(home).values()) == {Finding.UNPROVEN}


def test_figures_and_outages_are_those_of_the_samples(store: Store, config: Config) -> None:
    sale = read(store, config, LastSeconds(3600.0, NOW)).pages[0]
    held = {one.objective.name: one.verdict for one in sale.judgements}
    assert held["availability"].value == pytest.approx(59 / 60)
    assert held["availability"].certain_seconds == pytest.approx(57.5)
    assert (held["ttfb"].count, held["ttfb"].failed) == (710, 10)
    assert held["ttfb"].value == pytest.approx(0.2)
    outage, advisory = sale.happenings
    assert (outage.alone, outage.outage.inner, outage.outage.regions) == (
        False,
        57.5,
        ("ap-south", "eu-west"),
    )
    assert (advisory.alone, advisory.outage.inner, advisory.outage.regions) == (True, 27.5, ("us-east",))


def test_a_promise_that_nothing_measures_says_so(store: Store, config: Config) -> None:
    sale = read(store, config).pages[0]
    encryption = next(one for one in sale.judgements if one.objective.name == "encryption")
    assert encryption.verdict.missing == ["no tls probe watches the page"]


def test_a_region_can_be_looked_at_alone(store: Store, config: Config) -> None:
    report = read(store, config, LastSeconds(3600.0, NOW), region="us-east")
    assert report.over == "every promise over 1h, as us-east saw it"
    sale = report.pages[0]
    availability = next(one for one in sale.judgements if one.objective.name == "availability")
    assert list(availability.verdict.regions) == ["us-east"]
    assert availability.verdict.value == pytest.approx(238 / 240)
    assert [(one.alone, one.outage.inner) for one in sale.happenings] == [(False, 27.5)]


def test_vendor_and_page_choose(store: Store, config: Config) -> None:
    assert [one.page for one in read(store, config, vendor="easyshop", page="home").pages] == ["home"]


def test_a_stage_leaves_out_what_belongs_to_another(store: Store, config: Config) -> None:
    stable = StagePeriod("stable", NOW.date(), NOW)
    home = read(store, config, stable, page="home").pages[0]
    assert "soon" not in findings(home)
    trial = StagePeriod("trial", NOW.date(), NOW)
    judged = {one.objective.name: one for one in read(store, config, trial, page="home").pages[0].judgements}
    assert judged["soon"].verdict.missing[0].startswith("the window begins at 2026-02-01")


def test_progress_goes_up_to_the_whole(store: Store, config: Config) -> None:
    told: list[float] = []
    read_report(store, config, OwnWindows(NOW), NOW, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert told[0] < 0.5


def test_an_hour_that_was_worse_than_the_page_usually_is_is_an_anomaly(store: Store, config: Config) -> None:
    slow = 28
    for day in range(slow + 1):
        at = moment_of(day * 86_400 + 7200)
        hour = named(samples_of("eu-west", []), "home")[:20]
        for number, sample in enumerate(hour):
            sample.id += f"-{day}"
            sample.at = at + timedelta(seconds=15 * number)
            sample.ttfb = 0.8 if day == slow else 0.2 + 0.001 * (day % 5)
        store.add(hour)
    settle(store, config)
    later = moment_of(slow * 86_400 + 3 * 3600)
    wanted = Wanted(page="home", anomalies=True)
    (found,) = read_report(store, config, LastSeconds(86_400.0, later), later, wanted).pages[0].anomalies
    assert (found.region, found.indicator) == ("eu-west", "ttfb")
    assert found.start == moment_of(slow * 86_400 + 7200)
    assert found.value == pytest.approx(0.8, rel=0.01)
    elsewhere = Wanted(page="home", region="us-east", anomalies=True)
    assert read_report(store, config, LastSeconds(86_400.0, later), later, elsewhere).pages[0].anomalies == []
    quiet = read_report(store, config, LastSeconds(86_400.0, later), later, Wanted(page="home"))
    assert quiet.pages[0].anomalies == []


def test_a_window_within_an_hour_has_its_figures_drawn(store: Store, config: Config) -> None:
    """No rollup begins in it: what it has is read from samples."""
    period = LastSeconds(1200, moment_of(3000))
    (page, _) = read(store, config, period, histories=True).pages
    ttfb = next(one for one in page.judgements if one.objective.name == "ttfb")
    assert isinstance(ttfb.history, Course)
    assert ttfb.verdict.count > 0
    assert [point.count for point in ttfb.history.page] == [ttfb.verdict.count]


def test_a_window_that_ended_has_no_figures_of_the_time_after_it(store: Store, config: Config) -> None:
    (page, _) = read(store, config, LastSeconds(3000, moment_of(3000))).pages
    ttfb = next(one.verdict for one in page.judgements if one.objective.name == "ttfb")
    taken = [one for region, down in DOWN.items() for one in samples_of(region, down)]
    scheduled = [one for one in taken if one.at < moment_of(3000) and one.attempt is Attempt.SCHEDULED]
    assert ttfb.count == sum(one.outcome is Outcome.UP for one in scheduled)
    assert ttfb.failed == sum(one.outcome is Outcome.DOWN for one in scheduled)


def test_a_short_window_is_told_to_the_second(store: Store, config: Config) -> None:
    for seconds, words in (
        (90, "2026-01-01 00:48:30 to 2026-01-01 00:50:00 UTC"),
        (7200, "2025-12-31 22:50 to 2026-01-01 00:50 UTC"),
    ):
        (page, _) = read(store, config, LastSeconds(seconds, moment_of(3000))).pages
        assert {window_words(one) for one in page.judgements} == {words}


def test_a_store_that_is_not_there_is_said_to_be_so(tmp_path: Path, config: Config) -> None:
    with closing(Store(f"sqlite:///{tmp_path}/none.db")) as nothing, pytest.raises(StoreUnavailable):
        read(nothing, config)
