from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from monitor.sla.windows import (
    Maintenance,
    Month,
    Rolling,
    ServiceHours,
    Span,
    Stage,
    clip,
    outside,
    slices_in,
)

WEEKDAYS = frozenset(range(5))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(text: str) -> int:
    return round(at(text).timestamp())


def test_a_rolling_window_ends_now_and_always_is_over() -> None:
    span = Rolling(3600).at(at("2026-03-01T12:00:00.9"))
    assert span == Span(seconds("2026-03-01T11:00"), seconds("2026-03-01T12:00"), seconds("2026-03-01T12:00"))
    assert span.over
    assert span.whole == 3600


def test_a_month_is_that_of_its_time_zone_and_as_long_as_its_days_are() -> None:
    """March 2026 has a day of 23 hours in Berlin."""
    span = Month("Europe/Berlin").at(at("2026-03-15T00:00"))
    assert (span.start, span.closes) == (seconds("2026-02-28T23:00"), seconds("2026-03-31T22:00"))
    assert span.whole == 31 * 86_400 - 3600
    assert not span.over


def test_at_its_first_moment_a_month_is_the_one_before() -> None:
    span = Month().at(at("2026-01-01T00:00"))
    assert (span.start, span.end) == (seconds("2025-12-01T00:00"), seconds("2026-01-01T00:00"))
    assert span.over
    assert Month().at(at("2026-12-07T00:00")).closes == seconds("2027-01-01T00:00")


def test_a_stage_begins_on_its_date_and_stays_where_it_is() -> None:
    stage = Stage(date(2026, 1, 10), 30, "Asia/Tokyo")
    begins, closes = seconds("2026-01-09T15:00"), seconds("2026-02-08T15:00")
    assert stage.at(at("2026-01-01T00:00")) == Span(begins, begins, closes)
    assert stage.at(at("2026-01-20T00:00")) == Span(begins, seconds("2026-01-20T00:00"), closes)
    assert stage.at(at("2027-01-01T00:00")) == Span(begins, closes, closes)


def test_hours_of_service_follow_the_clock_on_the_wall() -> None:
    """Berlin goes to summer time on Sunday, 29 March 2026."""
    hours = ServiceHours(WEEKDAYS, 9 * 60, 17 * 60, "Europe/Berlin")
    assert hours.within(seconds("2026-03-27T00:00"), seconds("2026-03-31T00:00")) == [
        (seconds("2026-03-27T08:00"), seconds("2026-03-27T16:00")),
        (seconds("2026-03-30T07:00"), seconds("2026-03-30T15:00")),
    ]


def test_hours_of_service_may_end_on_the_next_day_or_at_midnight() -> None:
    night = ServiceHours(frozenset({4}), 22 * 60, 2 * 60)
    assert night.within(seconds("2026-03-28T00:00"), seconds("2026-03-29T00:00")) == [
        (seconds("2026-03-28T00:00"), seconds("2026-03-28T02:00"))
    ]
    whole = ServiceHours(frozenset(range(7)), 0, 24 * 60)
    start, end = seconds("2026-03-28T05:00"), seconds("2026-04-02T00:00")
    assert whole.within(start, end) == [(start, end)]


def test_maintenance_counts_only_where_it_was_declared_before_it_began() -> None:
    start, end = at("2026-01-02T00:00"), at("2026-01-02T01:00")
    early = Maintenance(start, end, start, ("shop",), ("sale",))
    late = Maintenance(start, end, at("2026-01-02T00:01"))
    assert early.in_time
    assert not late.in_time
    assert early.concerns("shop", "sale")
    assert not early.concerns("shop", "home")
    assert not early.concerns("other", "sale")
    assert late.concerns("any", "page")
    assert early.interval == (seconds("2026-01-02T00:00"), seconds("2026-01-02T01:00"))


def test_intervals_are_clipped_joined_and_turned_round() -> None:
    held = clip([(50, 60), (0, 10), (10, 20), (15, 18), (95, 200), (300, 400)], 5, 100)
    assert held == [(5, 20), (50, 60), (95, 100)]
    assert outside(held, 0, 100) == [(0, 5), (20, 50), (60, 95)]
    assert outside([], 3, 4) == [(3, 4)]


@pytest.mark.parametrize(
    ("interval", "places"),
    [((0, 30), 0b11), ((1, 30), 0b10), ((1, 31), 0b110), ((-40, 15), 0b1), ((50, 999), 0)],
)
def test_a_slice_is_in_an_interval_that_it_begins_in(interval: tuple[int, int], places: int) -> None:
    assert slices_in([interval], 0, 15, 4) == places
