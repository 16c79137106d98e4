"""Rule 6: what of a document's changes counts."""

from __future__ import annotations

import pytest
from firstscreen_made import ALL, TOP, capture, fetched, node
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.firstscreen.capture import Box, Capture, Dom, Node, Part
from probes.firstscreen.causes import Causes
from probes.firstscreen.dom import dom_events


def shown(start: float, end: float, box: Box) -> bool:
    return True


def last(seen: Capture) -> float | None:
    events = dom_events(seen, shown)
    return events[-1].at if events else None


def document(*nodes: Node, **facts: object) -> Dom:
    return Dom("http://page.test/", nodes=nodes, **facts)  # type: ignore[arg-type]


def test_without_a_document_nothing_is_told() -> None:
    seen = capture(fcp=1.0)
    seen.dom = None
    assert dom_events(seen, shown) == []


def test_parts_fonts_and_inserts_count_whenever_they_come() -> None:
    part = Part("img", "image", "http://page.test/a.png", 2.0, TOP)
    assert last(capture(fcp=0.1)) == 0.1
    assert last(capture(fcp=0.1, dom=document(parts=(part,)))) == 2.0
    assert last(capture(fcp=0.1, dom=document(fonts=(1.5,)))) == 1.5
    assert last(capture(fcp=0.1, dom=document(node(grown=3.0)))) == 3.0


def test_a_style_counts_only_within_a_second_of_a_cause() -> None:
    assert last(capture(fcp=0.1, dom=document(node(style=(1.05,))))) == 1.05
    assert last(capture(fcp=0.1, dom=document(node(style=(1.2,))))) == 0.1
    assert last(capture(fcp=0.1, causes=[1.0], dom=document(node(style=(1.9,))))) == 1.9


def test_changes_follow_from_changes_that_count() -> None:
    steps = node(style=(0.9, 1.3, 1.7, 2.1))
    assert last(capture(fcp=0.1, dom=document(steps))) == 2.1
    others = document(node(style=(0.9,)), node(style=(1.3,)), node(style=(2.0,)))
    assert last(capture(fcp=0.1, dom=others)) == 1.3


def test_an_insert_is_a_cause() -> None:
    assert last(capture(fcp=0.1, dom=document(node(grown=3.0), node(style=(3.8,))))) == 3.8


def test_a_node_that_changed_five_times_and_still_does_never_counts() -> None:
    times = (0.2, 0.6, 1.0, 1.4, 1.8)
    restless = node(style=times, changes=5)
    assert last(capture(fcp=0.1, ended=2.5, dom=document(restless))) == 0.1
    assert last(capture(fcp=0.1, ended=9.0, dom=document(restless))) == 1.8


def test_a_node_that_grows_for_ever_never_counts() -> None:
    ticker = node(grown=4.9, text=(1.0, 2.0, 3.0, 4.0), changes=20)
    assert last(capture(fcp=0.1, ended=5.0, dom=document(ticker))) == 0.1


def test_a_text_that_is_replaced_once_counts_without_a_cause() -> None:
    assert last(capture(fcp=0.1, dom=document(node(text=(2.5,))))) == 2.5


def test_a_node_that_changes_without_a_cause_again_and_again_moves() -> None:
    slides = node(text=(1.0, 2.0, 3.0), style=(1.0, 2.0, 3.0), changes=6)
    assert last(capture(fcp=0.1, causes=[0.8], ended=3.2, dom=document(slides))) == 0.1
    caught = node(text=(0.9, 2.0, 3.0), changes=3)
    assert last(capture(fcp=0.1, causes=[0.8], ended=3.2, dom=document(caught))) == 0.9


def test_a_transition_counts_at_its_end_if_its_beginning_has_a_cause() -> None:
    assert last(capture(fcp=0.1, dom=document(node(runs=((0.8, 2.9),))))) == 2.9
    assert last(capture(fcp=0.1, dom=document(node(runs=((2.8, 3.2),))))) == 0.1


def test_while_a_document_or_an_image_in_view_comes_changes_have_a_cause() -> None:
    whole = fetched("http://page.test/", "Document", 0.0, 3.0)
    assert last(capture(fcp=0.1, requests=[whole], dom=document(node(style=(2.5,))))) == 2.5
    image = fetched("http://page.test/a.png", "Image", 0.0, 3.0)
    assert last(capture(fcp=0.1, requests=[image], dom=document(node(style=(2.5,))))) == 0.1
    part = Part("img", "image", image.url, 2.0, TOP)
    assert last(capture(fcp=0.1, requests=[image], dom=document(node(style=(2.5,)), parts=(part,)))) == 2.5
    image.ended = None
    assert last(capture(fcp=0.1, requests=[image], dom=document(node(style=(3.5,)), parts=(part,)))) == 2.0


def test_what_pictures_do_not_show_does_not_count() -> None:
    part = Part("img", "image", "http://page.test/a.png", 2.0, TOP)
    seen = capture(fcp=0.1, dom=document(node(grown=3.0, style=(3.1,)), parts=(part,)))
    events = dom_events(seen, lambda start, end, box: end == 2.0)
    assert [event.at for event in events] == [0.1, 2.0]


def test_a_cause_lies_within_its_time() -> None:
    causes = Causes([1.0], [(5.0, 6.0)])
    assert [causes.before(at, 0.5) for at in (0.85, 0.95, 1.5, 1.6)] == [False, True, True, False]
    assert [causes.before(at, 0.5) for at in (4.8, 4.95, 5.7, 6.5, 6.6)] == [False, True, True, True, False]


TIMES = st.lists(st.floats(0, 6), max_size=8).map(lambda times: tuple(sorted(times)))
NODES = st.builds(
    Node,
    what=st.just("p"),
    box=st.just(ALL),
    grown=st.none() | st.floats(0, 6),
    text=TIMES,
    style=TIMES,
    changes=st.integers(0, 30),
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(NODES, max_size=6), st.lists(st.floats(0, 6), max_size=5), st.floats(0, 2))
def test_what_counts_is_in_order_and_was_seen(nodes: list[Node], causes: list[float], fcp: float) -> None:
    seen = capture(fcp=fcp, causes=sorted(causes), ended=7.0, dom=document(*nodes))
    events = dom_events(seen, shown)
    told = {fcp, *(time for one in nodes for time in (one.grown, *one.text, *one.style))}
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert {event.at for event in events} <= told
    assert fcp in {event.at for event in events}


@pytest.mark.parametrize("pause", [0.7, 1.0, 1.3, 2.5, 3.0])
def test_a_carousel_of_any_pace_does_not_hide_when_a_picture_came(pause: float) -> None:
    times = tuple(round(pause * number, 3) for number in range(1, 6) if pause * number < 3.9)
    slides = node("div", text=times, style=times, changes=2 * len(times))
    part = Part("img", "image", "http://page.test/a.png", 1.8, TOP)
    seen = capture(fcp=0.1, causes=[1.8], ended=3.9, dom=document(slides, parts=(part,)))
    found = last(seen)
    assert found is not None
    assert found == (
        1.8 if pause != 2.5 else 2.5
    )  # seen once, soon after a cause: it may have followed from it
