"""Rules 7 and 8: what of the pictures counts, and what all comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from firstscreen_made import ALL, BOTTOM, TOP, capture, fetched, frames, node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.firstscreen.capture import Area, Box, Dom, Ended, Part, Shift, Task
from probes.firstscreen.result import compute

BASE = (0.0, [])
PAINTED = (0.1, [(TOP, "navy")])
BOTH = [(TOP, "navy"), (BOTTOM, "red")]


def test_the_first_screen_is_the_later_of_what_document_and_pictures_say() -> None:
    part = Part("img", "image", "http://page.test/a.png", 0.9, BOTTOM)
    seen = capture(frames(BASE, PAINTED, (0.95, BOTH)), dom=Dom("", parts=(part,)), causes=[0.9], fcp=0.1)
    found = compute(seen)
    assert (found.first_screen, found.dom, found.visual) == (0.95, 0.9, 0.95)
    assert (found.masked, found.incomplete, found.last_element) == (0.0, False, "img")
    sooner = replace(seen, dom=Dom("", parts=(replace(part, ended=1.0),)), causes=[1.0])
    assert compute(sooner).first_screen == 1.0
    assert compute(sooner).last_element == "img"


def test_a_change_without_a_cause_is_left_out_and_said_to_be() -> None:
    found = compute(capture(frames(BASE, PAINTED, (3.0, BOTH)), fcp=0.1))
    assert (found.first_screen, found.visual) == (0.1, 0.1)
    assert found.masked == pytest.approx(0.5)


def test_a_canvas_needs_no_cause() -> None:
    dom = Dom("", drawn=(Area("canvas#c", BOTTOM),))
    found = compute(capture(frames(BASE, PAINTED, (3.0, BOTH)), fcp=0.1, dom=dom))
    assert (found.first_screen, found.last_element) == (3.0, "canvas#c")


def test_where_an_animation_runs_nothing_counts() -> None:
    dom = Dom("", moving=(Area("i.spinner", BOTTOM),))
    seen = capture(frames(BASE, PAINTED, (0.5, BOTH)), fcp=0.1, dom=dom)
    assert compute(seen).visual == 0.1
    assert compute(replace(seen, dom=Dom(""))).visual == 0.5


def test_a_tile_that_changes_without_a_cause_counts_only_right_after_one() -> None:
    slides = [(TOP, "navy")], [(TOP, "navy"), (BOTTOM, "red")], [(TOP, "navy"), (BOTTOM, "green")]
    late = capture(frames(BASE, (0.1, slides[0]), (1.3, slides[1]), (2.6, slides[2])), causes=[1.8], fcp=0.1)
    assert compute(late).visual == 0.1
    assert compute(replace(late, causes=[2.5])).visual == 2.6
    assert compute(replace(late, causes=[0.9, 1.8])).visual == 2.6


def test_a_speck_is_not_seen() -> None:
    speck = Box(0.5, 0.5, 0.51, 0.505)
    found = compute(capture(frames(BASE, PAINTED, (0.5, [(TOP, "navy"), (speck, "#ccc")])), fcp=0.1))
    assert found.visual == 0.1


def test_what_moves_to_the_end_is_left_out_and_what_came_to_rest_counts() -> None:
    colours = ["red", "green", "blue", "black", "orange", "purple", "teal", "gray"]
    moving = [(0.3 + number / 10, [(TOP, "navy"), (BOTTOM, colour)]) for number, colour in enumerate(colours)]
    seen = capture(frames(BASE, PAINTED, *moving), fcp=0.1, ended=1.1)
    assert compute(seen).visual == 0.1
    assert compute(seen).masked == pytest.approx(0.5)
    assert compute(replace(seen, ended=4.0)).visual == moving[-1][0]


def test_pixels_that_a_transition_changes_follow_from_its_cause_to_its_end() -> None:
    shades = [
        (number / 2, [(TOP, "navy"), (BOTTOM, colour)])
        for number, colour in ((1, "#ccc"), (3, "#888"), (5, "#000"))
    ]
    dom = Dom("", nodes=(node("div", BOTTOM, runs=((0.4, 2.5),), changes=1),))
    found = compute(capture(frames(BASE, PAINTED, *shades), fcp=0.1, dom=dom))
    assert (found.dom, found.visual) == (2.5, 2.5)


def test_the_document_alone_is_believed_where_there_are_no_pictures() -> None:
    seen = capture(fcp=0.1, dom=Dom("", nodes=(node("p.lead", grown=0.7),)))
    found = compute(seen)
    assert (found.first_screen, found.dom, found.last_element) == (0.7, 0.7, "p.lead")
    assert (found.visual, found.masked, found.speed_index) == (None, None, None)
    still = compute(replace(seen, frames=frames(BASE)))
    assert (still.first_screen, still.visual, still.speed_index) == (0.7, None, None)


def test_the_pictures_alone_are_believed_where_the_page_never_answers() -> None:
    seen = capture(frames(BASE, PAINTED), causes=[0.05], ended_by=Ended.LIMIT)
    seen.dom = None
    found = compute(seen)
    assert (found.first_screen, found.dom, found.visual) == (0.1, None, 0.1)
    assert (found.fcp, found.lcp, found.cls, found.tbt) == (None, None, None, None)
    assert found.incomplete
    assert found.last_element is None


def test_a_page_that_shows_nothing_has_no_first_screen() -> None:
    found = compute(capture(frames(BASE), dom=Dom("", nodes=())))
    assert found.first_screen is None
    assert found.figures() == {"cls": 0.0}


def test_figures_are_those_that_were_seen() -> None:
    seen = capture(
        frames(BASE, PAINTED), fcp=0.1, lcp=0.2, shifts=(Shift(1.0, 0.2),), tasks=(Task(0.5, 0.25),)
    )
    figures = compute(seen).figures()
    assert figures == {
        "first_screen": 0.1,
        "fcp": 0.1,
        "lcp": 0.2,
        "speed_index": pytest.approx(0.1),
        "cls": pytest.approx(0.2),
        "tbt": pytest.approx(0.2),
    }


def test_the_element_that_came_last_is_one_where_the_pictures_changed() -> None:
    above, below = node("h1", TOP, grown=0.55), node("footer", BOTTOM, grown=0.5)
    seen = capture(frames(BASE, PAINTED, (0.6, BOTH)), fcp=0.1, dom=Dom("", nodes=(above, below)))
    assert compute(seen).last_element == "footer"
    old = capture(frames(BASE, PAINTED, (2.4, BOTH)), fcp=0.1, causes=[2.3], dom=Dom("", nodes=(below,)))
    assert compute(old).last_element is None


@pytest.mark.parametrize(
    "facts", [{"ended_by": Ended.LIMIT}, {"truncated": True}, {"dom": Dom("", truncated=True)}]
)
def test_a_visit_of_which_not_all_was_seen_is_incomplete(facts: dict[str, object]) -> None:
    assert not compute(capture()).incomplete
    assert compute(capture(**facts)).incomplete  # type: ignore[arg-type]


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0.01, 6), st.sampled_from(("red", "navy", "white"))), max_size=8))
def test_the_first_screen_is_a_moment_that_was_seen(painted: list[tuple[float, str]]) -> None:
    painted.sort()
    seen = capture(
        frames(BASE, *((at, [(BOTTOM, colour)]) for at, colour in painted)),
        fcp=0.2,
        ended=8.0,
        requests=[fetched("http://page.test/", "Document", 0.0, 1.0)],
    )
    found = compute(seen)
    assert found.first_screen in {0.2, *(at for at, _ in painted)}
    assert found.dom == 0.2
    assert found.visual is None or found.visual <= found.first_screen
    assert found.speed_index is None or found.speed_index <= found.first_screen + 1e-9
    assert compute(seen) == found


def test_the_whole_viewport_may_move() -> None:
    dom = Dom("", moving=(Area("body", ALL),))
    found = compute(capture(frames(BASE, PAINTED), fcp=0.1, dom=dom))
    assert (found.first_screen, found.visual, found.masked, found.speed_index) == (0.1, None, 1.0, None)
