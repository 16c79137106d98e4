from __future__ import annotations

from datetime import UTC, date, datetime

from monitor.config.objectives import Objective
from monitor.report.period import CalendarMonth, LastSeconds, OwnWindows, Period, StagePeriod, stage_dates
from monitor.sla.windows import Month, Rolling, Span, Stage

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
ROLLING = Objective(name="ttfb", indicator="ttfb", at_most="300ms")
BERLIN = Objective(
    name="monthly", indicator="ttfb", at_most="300ms", window="month", time_zone="Europe/Berlin"
)
TRIAL = Objective(name="trial", indicator="ttfb", at_most="400ms", window="trial", since="2026-10-05")
STABLE = Objective(name="stable", indicator="ttfb", at_most="300ms", window="stable", since="2026-11-04")


def span(period: Period, objective: Objective) -> Span:
    chosen = period.of(objective)
    assert chosen is not None
    window, at = chosen
    return window.at(at)


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc]


def test_objectives_have_windows_of_their_own() -> None:
    own = OwnWindows(NOW)
    assert own.of(ROLLING) == (Rolling(30 * 86_400.0), NOW)
    assert own.of(BERLIN) == (Month("Europe/Berlin"), NOW)
    assert own.words == "each promise over its own window"


def test_one_window_may_stand_for_all() -> None:
    last = LastSeconds(7200.0, NOW)
    assert span(last, ROLLING) == span(last, TRIAL)
    assert span(last, BERLIN) == Span(seconds(2026, 10, 20, 10), *[seconds(2026, 10, 20, 12)] * 2)
    assert last.words == "every promise over 2h"


def test_a_month_that_is_over_is_whole_in_the_zone_of_each_promise() -> None:
    september = CalendarMonth(date(2026, 9, 1), NOW)
    assert span(september, ROLLING) == Span(seconds(2026, 9, 1), *[seconds(2026, 10, 1)] * 2)
    assert span(september, BERLIN) == Span(seconds(2026, 8, 31, 22), *[seconds(2026, 9, 30, 22)] * 2)
    december = CalendarMonth(date(2025, 12, 1), NOW)
    assert span(december, ROLLING) == Span(seconds(2025, 12, 1), *[seconds(2026, 1, 1)] * 2)
    assert september.words == "every promise over 2026-09"


def test_the_month_of_today_goes_on() -> None:
    october = CalendarMonth(date(2026, 10, 1), NOW)
    assert span(october, ROLLING) == Span(
        seconds(2026, 10, 1), seconds(2026, 10, 20, 12), seconds(2026, 11, 1)
    )


def test_a_stage_has_its_own_objectives_and_those_of_no_stage() -> None:
    trial = StagePeriod("trial", date(2026, 10, 5), NOW)
    assert trial.of(TRIAL) == (Stage(date(2026, 10, 5), 30), NOW)
    assert trial.of(STABLE) is None
    assert trial.of(BERLIN) == (Stage(date(2026, 10, 5), 30, "Europe/Berlin"), NOW)
    assert trial.words == "the stage trial, 30 days from 2026-10-05 to 2026-11-03"
    assert not span(trial, ROLLING).over


def test_the_dates_of_a_stage_are_those_of_its_objectives() -> None:
    objectives = (ROLLING, TRIAL, STABLE)
    assert stage_dates("trial", objectives) == {date(2026, 10, 5)}
    assert stage_dates("scale", objectives) == set()
