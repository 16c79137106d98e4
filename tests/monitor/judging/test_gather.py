"""What is gathered for the judge is what the samples say, whatever it is read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bookkeeping import MIDNIGHT, PAGE, REGION, at, sample, settled, true_outages, visits, watches

from monitor.config import Config, parse
from monitor.judging import settler
from monitor.judging import window as windowing
from monitor.judging.bookkeeper import Bookkeeper
from monitor.judging.gather import Choice, gather
from monitor.sla.evidence import PageData
from monitor.sla.judge import judge
from monitor.sla.promise import Promise
from monitor.sla.rollups import Rollup
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Rolling, Span
from probes.sample import Outcome, Sample
from storage.series import Series
from storage.store import Store, StoreUnavailable

OTHER = PAGE._replace(region="us-east")
DOWN = [(3500.0, 3800.0), (30_000.0, 30_400.0), (86_000.0, 87_000.0)]
TEXT = """
region: eu-west
vendors:
  - name: easyshop
    pages:
      - {name: sale, url: "https://a.test/", labels: {campaign: spring}, probes: {http: {every: 60s}}}
      - {name: home, url: "https://a.test/home", probes: {http: {every: 60s}, tls: {}}}
maintenance:
  - {from: 2026-01-01T10:00Z, until: 2026-01-01T11:00Z, declared: 2025-12-01T00:00Z}
objectives:
  - {name: ttfb, indicator: ttfb, at_most: 300ms, window: 30d}
  - {name: availability, indicator: availability, at_least: 99%, window: 30d}
"""


def config_of(more: str = "") -> Config:
    return parse(TEXT + more)


def book(store: Store, samples: Sequence[Sample], now: float, series: Series = PAGE) -> Bookkeeper:
    """The books of samples that are all there, as they stand ``now``."""
    store.add(samples)
    found = Bookkeeper(store, series.region, watches({series: 60.0}), wall=lambda: MIDNIGHT + now)
    settled(found, MIDNIGHT + now)
    return found


def span(start: float, end: float) -> Span:
    return Span(MIDNIGHT + int(start), MIDNIGHT + int(end), MIDNIGHT + int(end))


def of_page(found: list[PageData], page: str = "sale", probe: str = "http") -> PageData:
    (data,) = [one for one in found if (one.page, one.probe) == (page, probe)]
    return data


def hours_of(samples: Sequence[Sample], start: float, end: float) -> list[Rollup]:
    hours = range(MIDNIGHT + int(start), MIDNIGHT + int(end), HOUR)
    return [Rollup.of(samples, hour, 60.0) for hour in hours]


def same(found: Sequence[Rollup], expected: Sequence[Rollup]) -> None:
    assert [one.slices for one in found] == [one.slices for one in expected]
    assert [one.visits for one in found] == [one.visits for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.figures.keys() == other.figures.keys()
        for name, figures in one.figures.items():
            assert replace(figures, sketch=figures.opened) == replace(
                other.figures[name], sketch=other.figures[name].opened
            )


def test_days_are_read_whole_and_hours_at_the_edges(store: Store) -> None:
    samples = visits(0, 3 * DAY, 60, down=DOWN)
    book(store, samples, 4 * DAY)
    data = of_page(gather(store, config_of(), span(20 * HOUR, 2 * DAY + 5400), at(2 * DAY + 5400)))
    (region,) = data.regions
    assert (data.labels, region.region, region.variant) == ({"campaign": "spring"}, REGION, None)
    assert [(one.start - MIDNIGHT, one.slices.period) for one in region.rows] == [
        *((hour * HOUR, HOUR) for hour in range(24)),  # the last three days, for the burn rates
        (DAY, DAY),
        (2 * DAY, HOUR),
        (2 * DAY + HOUR, HOUR),
    ]
    assert region.outages == true_outages(samples, 60.0)
    assert data.maintenance[0].start == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert not [one for one in data.maintenance if not one.in_time]


def test_without_burns_only_the_window_is_read(store: Store) -> None:
    samples = visits(0, 2 * DAY, 60, down=DOWN)
    book(store, samples, 3 * DAY)
    choice = Choice(burns=False)
    data = of_page(gather(store, config_of(), span(20 * HOUR, DAY + 7200), at(3 * DAY), choice=choice))
    same(data.regions[0].rows, hours_of(samples, 20 * HOUR, DAY + 7200))
    assert len(data.regions[0].outages) == 1


def test_the_last_days_before_and_after_a_window_are_read_for_burn_rates(store: Store) -> None:
    samples = visits(0, 5 * DAY, 300)
    book(store, samples, 6 * DAY)
    early = of_page(gather(store, config_of(), span(4 * DAY + 7200, 5 * DAY), at(5 * DAY)))
    assert [row.start - MIDNIGHT for row in early.regions[0].rows][:4] == [
        2 * DAY,
        3 * DAY,
        4 * DAY,
        4 * DAY + HOUR,
    ]
    ended = of_page(gather(store, config_of(), span(0, DAY), at(5 * DAY)))
    assert [row.start - MIDNIGHT for row in ended.regions[0].rows] == [0, 2 * DAY, 3 * DAY, 4 * DAY]
    unbegun = of_page(gather(store, config_of(), span(9 * DAY, 9 * DAY), at(5 * DAY)))
    assert [row.start - MIDNIGHT for row in unbegun.regions[0].rows] == [2 * DAY, 3 * DAY, 4 * DAY]


def test_a_day_that_is_not_made_yet_is_its_hours(store: Store) -> None:
    samples = visits(0, DAY, 60, down=DOWN)
    book(store, samples, DAY + 60)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM rollups WHERE period = 86400")
    data = of_page(gather(store, config_of(), span(0, DAY), at(DAY + 60), choice=Choice(burns=False)))
    same(data.regions[0].rows, hours_of(samples, 0, DAY))


def test_where_the_hours_of_an_edge_are_gone_slices_of_its_day_stand_for_them(store: Store) -> None:
    samples = visits(0, 2 * DAY, 60, down=DOWN)
    book(store, samples, 3 * DAY)
    window, now = span(6 * HOUR, DAY + 12 * HOUR), at(3 * DAY)
    before = of_page(gather(store, config_of(), window, now))
    assert store.purge_rollups(now, timedelta(0), timedelta(days=30)) == 48
    data = of_page(gather(store, config_of(), window, now))
    rows = [row for row in data.regions[0].rows if row.start < MIDNIGHT + 2 * DAY]
    assert [(row.start - MIDNIGHT, row.slices.period, row.visits.up, row.figures) for row in rows] == [
        (0, DAY, 0, {}),
        (DAY, DAY, 0, {}),
    ]
    cut = [one.grid.cut(window.start, window.end) for one in (data, before)]
    assert cut[0] == cut[1]


def test_what_no_rollup_holds_yet_is_read_from_the_samples(store: Store) -> None:
    samples = visits(0, HOUR + 1000, 60, down=DOWN)
    early = [one for one in samples if one.at < at(HOUR + 600)]
    keeper = Bookkeeper(store, REGION, watches({PAGE: 60.0}), wall=lambda: float(MIDNIGHT))
    for one in early:
        keeper.put(one)
    store.add(early)
    keeper.work(MIDNIGHT + HOUR + 600)
    store.add(samples[len(early) :])
    new = visits(HOUR + 900, HOUR + 1000, 60, PAGE._replace(page="home"))
    elsewhere = visits(HOUR, HOUR + 1000, 60, PAGE._replace(page="home", region="us-east"))
    stranger = visits(HOUR, HOUR + 1000, 60, PAGE._replace(vendor="another"))
    store.add(new + elsewhere + stranger)
    found = gather(store, config_of(), span(0, HOUR + 1000), at(HOUR + 1000), choice=Choice(burns=False))
    same(of_page(found).regions[0].rows, hours_of(samples, 0, HOUR + 1000))
    home = of_page(found, "home").regions
    assert [one.region for one in home] == [REGION, "us-east"]
    same(home[0].rows, [Rollup.of(new, MIDNIGHT + HOUR, 60.0)])
    same(home[1].rows, [Rollup.of(elsewhere, MIDNIGHT + HOUR, 60.0)])


def test_the_last_hour_of_a_day_that_is_just_over_is_whole(store: Store) -> None:
    samples = visits(0, DAY, 60, down=DOWN)
    early = [one for one in samples if one.at < at(DAY - 1000)]
    keeper = Bookkeeper(store, REGION, watches({PAGE: 60.0}), wall=lambda: float(MIDNIGHT))
    for one in early:
        keeper.put(one)
    store.add(early)
    keeper.work(MIDNIGHT + DAY - 1000)
    store.add(samples[len(early) :])
    window, now = span(0, DAY), at(DAY + 30)
    found = of_page(gather(store, config_of(), window, now, choice=Choice(burns=False)))
    same(found.regions[0].rows, hours_of(samples, 0, DAY))


def test_a_day_that_was_made_is_not_counted_twice(store: Store) -> None:
    samples = visits(0, DAY, 60)
    book(store, samples, DAY + 3600)
    store.add(visits(DAY - 90, DAY - 70, 60))  # late: the hour is looked at again, and its day after it
    data = gather(store, config_of(), span(0, DAY), at(DAY + 3600), choice=Choice(burns=False))
    assert [row.slices.period for row in of_page(data).regions[0].rows] == [DAY]


def test_a_region_that_fell_silent_before_the_window_is_missed_in_it(store: Store) -> None:
    book(store, visits(0, HOUR, 60, OTHER), DAY, OTHER)
    book(store, visits(0, 12 * HOUR, 60), DAY)
    window = span(8 * HOUR, 12 * HOUR)
    data = of_page(gather(store, config_of(), window, at(12 * HOUR), choice=Choice(burns=False)))
    assert [(one.region, len(one.rows)) for one in data.regions] == [(REGION, 4), ("us-east", 0)]
    late = span(40 * DAY, 41 * DAY)
    data = of_page(gather(store, config_of(), late, at(41 * DAY), choice=Choice(burns=False)))
    assert data.regions == []


def test_a_region_that_an_objective_names_is_missed_though_it_never_measured(store: Store) -> None:
    book(store, visits(0, HOUR, 60), DAY)
    named = "  - {name: far, indicator: ttfb, at_most: 1s, regions: [eu-west, ap-south], pages: [sale]}\n"
    found = gather(store, config_of(named), span(0, HOUR), at(HOUR))
    assert [one.region for one in of_page(found).regions] == [REGION, "ap-south"]
    assert of_page(found, "home").regions == []


def test_variants_of_a_page_are_apart(store: Store) -> None:
    variants = [PAGE._replace(page="home", probe="tls", variant=name) for name in ("b", "a")]
    for one in variants:
        store.add(visits(0, HOUR, 300, one))
    book(store, [], 2 * HOUR)
    found = gather(store, config_of(), span(0, HOUR), at(HOUR))
    assert [one.variant for one in of_page(found, "home", "tls").regions] == ["a", "b"]


def test_only_what_is_chosen_is_gathered(store: Store) -> None:
    for page, probe in (("sale", "http"), ("home", "http"), ("home", "tls")):
        store.add(visits(0, HOUR, 300, PAGE._replace(page=page, probe=probe)))
    book(store, [], 2 * HOUR)

    def names(**chosen: object) -> set[tuple[str, str]]:
        found = gather(store, config_of(), span(0, HOUR), at(HOUR), choice=Choice(**chosen))
        return {(one.page, one.probe) for one in found}

    assert names() == {("sale", "http"), ("home", "http"), ("home", "tls")}
    assert names(probes={"tls"}) == {("home", "tls")}
    assert names(pages={"sale"}) == {("sale", "http")}
    assert names(vendors={"another"}) == set()


@pytest.mark.parametrize(
    ("indicators", "names"), [(None, {"ttfb", "wait"}), ({"ttfb"}, {"ttfb"}), ((), set())]
)
def test_figures_are_read_where_they_are_needed(store: Store, indicators, names) -> None:
    book(store, visits(0, HOUR, 60), 2 * HOUR)
    choice = Choice(indicators=indicators)
    data = of_page(gather(store, config_of(), span(0, HOUR), at(HOUR), choice=choice))
    assert set(data.regions[0].rows[0].figures) == names


def test_it_is_told_how_far_the_reading_is(store: Store) -> None:
    book(store, visits(0, DAY, 300), 2 * DAY)
    told: list[tuple[int, int]] = []
    gather(store, config_of(), span(0, DAY), at(DAY), progress=lambda *how: told.append(how))
    assert told[-1][0] == told[-1][1]


def test_a_verdict_over_the_store_is_that_over_the_samples(store: Store) -> None:
    samples = visits(0, 2 * DAY, 60, down=DOWN)
    book(store, samples, 3 * DAY)
    config = config_of()
    for objective in config.objectives:
        promise = replace(objective.promise, window=Rolling(1.5 * DAY))
        window = promise.window.at(at(2 * DAY))
        data = of_page(gather(store, config, window, at(2 * DAY)))
        whole = replace(data, regions=[replace(data.regions[0], rows=hours_of(samples, 0, 2 * DAY))])
        one, other = (judge(promise, each, at(2 * DAY)) for each in (data, whole))
        assert one.value == pytest.approx(other.value, rel=1e-12)
        assert (one.finding, one.count, one.coverage) == (other.finding, other.count, other.coverage)


def test_without_a_store_it_says_so(sqlite_store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        gather(sqlite_store, config_of(), span(0, HOUR), at(HOUR))


def test_a_failure_alone_is_no_hour(store: Store) -> None:
    store.add([sample(5, outcome=Outcome.DOWN)])
    data = of_page(gather(store, config_of(), span(0, HOUR), at(60)))
    assert data.regions[0].rows[0].visits.down == 1


@pytest.mark.parametrize(
    ("start", "end"),
    [(1800, 9000), (3600, 9000), (1800, 7200), (1800, 3000), (3600, 4000)],
    ids=["both", "end", "start", "within", "first"],
)
def test_the_figures_of_a_short_window_begin_and_end_with_it(store: Store, start: int, end: int) -> None:
    samples = visits(0, 3 * HOUR, 60)
    book(store, samples, 3 * HOUR + 600)
    data = of_page(gather(store, config_of(), span(start, end), at(end), choice=Choice(past=True)))
    verdict = judge(one_promise("ttfb", end - start), data, at(end))
    mine = [one.ttfb for one in samples if at(start) <= one.at < at(end)]
    assert verdict.count == len(mine)
    assert verdict.beside["pooled"] == pytest.approx(sum(one for one in mine if one is not None) / len(mine))
    assert verdict.from_edge
    assert verdict.regions[REGION].count == verdict.count
    requests = judge(one_promise("availability", end - start), data, at(end)).beside["requests"]
    assert requests == 1.0


def test_what_was_measured_after_a_window_only_is_not_in_it(store: Store) -> None:
    """A region that is silent in the window's part of an hour has a rollup of that hour all the same."""
    book(store, visits(HOUR + 1800, 2 * HOUR, 60), 3 * HOUR + 600)
    data = of_page(
        gather(store, config_of(), span(1800, HOUR + 900), at(HOUR + 900), choice=Choice(past=True))
    )
    assert judge(one_promise("ttfb", HOUR - 900), data, at(HOUR + 900)).count == 0


def test_the_hour_in_which_a_window_ends_is_not_read_again_while_it_lasts(store: Store) -> None:
    book(store, visits(0, 9000, 60), 9000)
    data = of_page(gather(store, config_of(), span(3600, 9000), at(9000)))
    assert data.regions[0].edges == []


@pytest.mark.parametrize("names", [set(), {"availability"}, {"availability", "recovery"}])
def test_samples_of_a_short_window_are_not_read_where_no_figures_are_asked_for(
    store: Store, names: set[str]
) -> None:
    book(store, visits(0, 3 * HOUR, 300), 3 * HOUR + 600)
    choice = Choice(indicators=names)
    data = of_page(gather(store, config_of(), span(1800, 9000), at(9000), choice=choice))
    assert not data.regions[0].edges


def test_a_window_of_days_is_made_of_whole_hours(store: Store) -> None:
    book(store, visits(0, 3 * HOUR, 300), 3 * HOUR + 600)
    data = of_page(gather(store, config_of(), span(1800, 1800 + DAY), at(1800 + DAY)))
    assert not data.regions[0].edges


def test_what_samples_are_left_of_a_window_says_nothing_of_its_beginning(store: Store) -> None:
    book(store, visits(0, 3 * HOUR, 60), 3 * HOUR + 600)
    store.purge(at(7200), timedelta(seconds=5000), timedelta(seconds=5000))
    data = of_page(gather(store, config_of(), span(1800, 9000), at(9000)))
    assert not data.regions[0].edges


def one_promise(indicator: str, seconds: float = 7200) -> Promise:
    promised = {one.indicator: one.promise for one in config_of().objectives}
    return replace(promised[indicator], window=Rolling(seconds))


def test_few_samples_are_held_at_once_and_all_of_them_count(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settler, "CHUNK", 7)
    monkeypatch.setattr(windowing, "_TOLD", 1)
    samples = visits(0, DAY + 3 * HOUR, 60)
    book(store, samples, DAY + 3 * HOUR + 600)
    told: list[int] = []
    data = of_page(
        gather(store, config_of(), span(1800, 9000), at(9000), progress=lambda done, _: told.append(done))
    )
    (edge,) = data.regions[0].edges
    assert edge.visits.up == 30
    same(data.regions[0].rows, hours_of(samples, 0, 3 * HOUR))
    assert told
