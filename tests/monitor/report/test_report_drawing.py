"""The geometry of charts: what is drawn is what was measured, where it was, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from charting import boxes, levels
from hypothesis import given
from hypothesis import strategies as st

from monitor.report.history import MOST_CELLS, Course, Point, origin_of, step_of
from monitor.report.html.axis import MOST_TICKS, frame, ticks
from monitor.report.html.drawing import HEIGHT, bars, ground, places, scale, staircase
from monitor.report.html.strip_chart import HEIGHTS, State
from monitor.sla.slices import DAY, HOUR
from monitor.sla.windows import Span

figures = st.floats(0.0, 1e6, allow_nan=False)
some_places = st.dictionaries(st.integers(0, 400), figures, min_size=1).map(lambda held: sorted(held.items()))


@given(some_places, st.floats(1e-3, 1e6))
def test_a_line_passes_each_figure_at_its_height_and_nothing_else(
    found: list[tuple[int, float]], top: float
) -> None:
    drawn = levels(staircase(found, top))
    assert drawn.keys() == dict(found).keys()
    for at, figure in found:
        assert drawn[at] == pytest.approx(HEIGHT - min(figure / top, 1.0) * HEIGHT, abs=0.5001)


@given(some_places, st.floats(1e-3, 1e6))
def test_a_line_crosses_no_gap(found: list[tuple[int, float]], top: float) -> None:
    gaps = sum(late[0] != early[0] + 1 for early, late in pairwise(found))
    assert staircase(found, top).count("M") == gaps + 1
    assert ground(found, top).count("z") == gaps + 1


@given(some_places, st.floats(1e-3, 1e6))
def test_the_ground_reaches_as_high_as_the_line(found: list[tuple[int, float]], top: float) -> None:
    assert levels(ground(found, top)) == levels(staircase(found, top))


def test_nothing_measured_is_nothing_drawn() -> None:
    assert staircase([], 1.0) == ground([], 1.0) == ""


@given(st.lists(st.sampled_from(list(State)), max_size=300))
def test_every_piece_has_one_bar_of_its_kind(states: list[State]) -> None:
    paths = bars(states, HEIGHTS)
    found: dict[int, State] = {}
    for state, path in paths.items():
        for at, height in boxes(path).items():
            assert at not in found
            assert height == HEIGHTS[state]
            found[at] = state
    assert [found[at] for at in range(len(states))] == states


def test_states_can_be_told_apart_without_colour() -> None:
    assert len(set(HEIGHTS.values())) == len(State)


@given(st.floats(1e-9, 1e9))
def test_a_scale_holds_what_it_should_and_not_much_more(wanted: float) -> None:
    assert wanted * (1 - 1e-9) <= scale(wanted) <= wanted * 1.5


def test_a_scale_of_nothing_is_one() -> None:
    assert scale(0.0) == 1.0


def test_points_stand_where_their_time_is() -> None:
    course = Course(Span(HOUR, 9 * HOUR, 9 * HOUR), 0, HOUR, [])
    points = [Point(2 * HOUR, 1, 0.5, None), Point(7 * HOUR, 1, 0.25, 0.75)]
    assert places(points, course) == [(2, 0.5), (7, 0.25)]
    assert places(points, course, high=True) == [(7, 0.75)]


spans = st.builds(
    lambda start, length: Span(start, start + length, start + length),
    st.integers(1_500_000_000, 2_000_000_000),
    st.integers(1, 3 * 365 * DAY),
)


@given(spans, st.sampled_from([15, 60, 900, HOUR, DAY]))
def test_a_window_is_cut_into_a_bounded_number_of_pieces(span: Span, least: int) -> None:
    step = step_of(span, least)
    assert step >= least
    assert step % least == 0
    assert (span.end - span.start) / step <= MOST_CELLS
    assert span.start - min(step, DAY) < origin_of(span, step) <= span.start


def test_a_window_of_centuries_has_the_longest_pieces() -> None:
    assert step_of(Span(0, 400 * 365 * DAY, 400 * 365 * DAY), 15) == 364 * DAY


@given(spans)
def test_an_axis_has_a_few_round_moments_in_order(span: Span) -> None:
    found = ticks(span.start, span.end)
    assert len(found) <= MOST_TICKS
    assert [one.at for one in found] == sorted({one.at for one in found})
    for one in found:
        assert span.start <= one.at < span.end
        assert one.place == pytest.approx((one.at - span.start) / (span.end - span.start) * 100, abs=0.01)
        assert one.at % 60 == 0
    if span.end - span.start > 5 * HOUR:
        assert found


def at(*when: int) -> int:
    return round(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (at(2026, 1, 1), at(2026, 1, 1, 1), ["1 Jan", "00:15", "00:30", "00:45"]),
        (at(2026, 1, 1, 7), at(2026, 1, 2, 7), ["12:00", "18:00", "2 Jan", "06:00"]),
        (at(2026, 1, 1), at(2026, 1, 31), ["1 Jan", "8 Jan", "15 Jan", "22 Jan", "29 Jan"]),
        (at(2026, 1, 10), at(2026, 7, 1), ["1 Feb", "1 Mar", "1 Apr", "1 May", "1 Jun"]),
        (at(2025, 11, 10), at(2026, 2, 10), ["1 Dec 2025", "1 Jan 2026", "1 Feb 2026"]),
        (at(2020, 1, 1), at(2026, 1, 1), ["1 Jan 2020", "1 Jan 2022", "1 Jan 2024"]),
    ],
)
def test_an_axis_says_what_a_person_would(start: int, end: int, words: list[str]) -> None:
    assert [one.words for one in ticks(start, end)] == words


@given(spans, st.sampled_from([15, 60, 900, HOUR, DAY]))
def test_a_chart_shows_its_window_and_no_more(span: Span, least: int) -> None:
    step = step_of(span, least)
    start = origin_of(span, step)
    left, width = frame(span, start, step)
    assert start + left * step == pytest.approx(span.start, abs=step / 1000)
    assert start + (left + width) * step == pytest.approx(span.end, abs=step / 500)
    assert 0 <= left < max(1, DAY / step)


def test_an_axis_of_a_thousand_years_has_no_ticks() -> None:
    assert ticks(at(1000, 1, 1), at(2026, 1, 1)) == []
