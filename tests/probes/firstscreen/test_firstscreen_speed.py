from __future__ import annotations

import pytest
from firstscreen_made import ALL, BOTTOM, HEIGHT, TOP, WIDTH, capture, frames
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.firstscreen.capture import Area, Dom, Shift, Task
from probes.firstscreen.frames import steps
from probes.firstscreen.speed import index_of, speed_index
from probes.firstscreen.stability import blocking_time, layout_shift
from probes.firstscreen.tiles import Grid

GRID = Grid(WIDTH, HEIGHT)
LEVELS = st.lists(st.integers(0, 1000), min_size=12, max_size=12)


def index(shown: list[tuple[float, list[tuple[object, str]]]], first_screen: float, **facts: object) -> float:
    seen = capture(frames(*shown), **facts)
    found = speed_index(seen, GRID, steps(seen.frames, GRID), first_screen)
    assert found is not None
    return found


def test_a_page_that_comes_at_once_has_the_time_at_which_it_came() -> None:
    assert index([(0.0, []), (1.5, [(ALL, "black")])], 1.5) == pytest.approx(1.5)


def test_a_page_that_comes_by_halves_has_the_mean_of_both_times() -> None:
    halves = [(0.0, []), (1.0, [(TOP, "black")]), (2.0, [(TOP, "black"), (BOTTOM, "black")])]
    assert index(halves, 2.0) == pytest.approx(1.5, abs=0.01)


def test_what_changes_after_the_first_screen_is_left_out() -> None:
    shown = [(0.0, []), (1.0, [(TOP, "black")]), (3.0, [(TOP, "black"), (BOTTOM, "navy")])]
    assert index(shown, 1.0) == pytest.approx(1.0)


def test_animations_are_left_out() -> None:
    shown = [(0.0, []), (1.0, [(TOP, "black")]), (2.0, [(TOP, "black"), (BOTTOM, "red")])]
    moving = Dom("", moving=(Area("i", BOTTOM),))
    assert index(shown, 2.0, dom=moving) == pytest.approx(1.0)


def test_where_nothing_changed_there_is_no_index() -> None:
    assert index_of([]) is None
    assert index_of([(0.0, [3, 4]), (1.0, [3, 4])]) is None


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0, 20), LEVELS), min_size=2, max_size=10))
def test_the_index_lies_between_the_first_change_and_the_last(shown: list[tuple[float, list[int]]]) -> None:
    shown.sort(key=lambda one: one[0])
    found = index_of(shown)
    if found is None:
        assert shown[0][1] == shown[-1][1]
    else:
        assert shown[0][0] - 1e-9 <= found <= shown[-1][0] + 1e-9


def shifts(*pairs: tuple[float, float]) -> list[Shift]:
    return [Shift(at, score) for at, score in pairs]


@pytest.mark.parametrize(
    ("found", "score"),
    [
        ([], 0.0),
        (shifts((1.0, 0.1)), 0.1),
        (shifts((1.0, 0.1), (1.9, 0.2)), 0.3),
        (shifts((1.0, 0.1), (2.0, 0.2)), 0.2),  # a gap of a second ends a window
        (shifts((0.0, 0.1), (0.9, 0.1), (1.8, 0.1), (2.7, 0.1), (3.6, 0.1), (4.5, 0.1), (5.0, 0.3)), 0.6),
        (shifts((3.0, 0.5), (0.0, 0.1), (0.5, 0.1)), 0.5),  # in whatever order they are told
    ],
)
def test_layout_shift_is_the_largest_session_window(found: list[Shift], score: float) -> None:
    assert layout_shift(found) == pytest.approx(score)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 2)), max_size=30))
def test_layout_shift_lies_between_the_largest_shift_and_the_sum(pairs: list[tuple[float, float]]) -> None:
    scores = [score for _, score in pairs]
    found = layout_shift(shifts(*pairs))
    assert max(scores, default=0.0) - 1e-9 <= found <= sum(scores) + 1e-9


@pytest.mark.parametrize(
    ("task", "blocked"),
    [
        (Task(2.0, 0.05), 0.0),
        (Task(2.0, 0.2), 0.15),
        (Task(0.9, 0.2), 0.05),  # what lies before first contentful paint is no blocking
        (Task(0.5, 0.52), 0.0),
        (Task(4.9, 0.3), 0.05),  # nor what lies after the end
        (Task(6.0, 0.3), 0.0),
    ],
)
def test_blocking_is_what_exceeds_fifty_milliseconds_between_paint_and_end(
    task: Task, blocked: float
) -> None:
    assert blocking_time([task], 1.0, 5.0) == pytest.approx(blocked)


def test_blocking_times_add_up() -> None:
    assert blocking_time([Task(1.0, 0.15), Task(2.0, 0.25)], 0.0, 9.0) == pytest.approx(0.3)
