from __future__ import annotations

from typing import Any

import pytest
from firstscreen_made import fetched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.firstscreen.capture import Area, Box, Node, Part, Shift, Task
from probes.firstscreen.reading import Reader

WALL = 1_700_000_000.0
BOX = [0.0, 0.25, 1.0, 0.5]


def reader(**facts: Any) -> Reader:
    return Reader({"origin": WALL * 1000} | facts, WALL)


def test_milliseconds_of_a_document_become_seconds_of_the_visit() -> None:
    assert reader().time(1500) == 1.5
    late = reader(origin=WALL * 1000 + 250)
    assert (late.navigation, late.time(1500)) == (0.25, 1.75)
    assert reader(origin=WALL * 1000 - 3).time(1) == 0.0


@pytest.mark.parametrize("value", [None, "1", True, float("nan"), float("inf"), 1e12, -1e9, [], {}])
def test_what_is_no_time_of_the_visit_is_none(value: object) -> None:
    assert reader().time(value) is None
    assert reader(origin=value).time(5) is None


def test_a_look_says_what_is_awaited() -> None:
    look = reader(fcp=10, load=None, grown=20, busy=30, images=0, fonts=False, aside=["u", 5]).look()
    assert (look.fcp, look.load, look.grown, look.busy) == (0.01, None, 0.02, 0.03)
    assert (look.awaiting, look.aside) == (False, {"u", ""})
    assert reader(images=2).look().awaiting
    assert reader(fonts=True).look().awaiting


def test_a_report_becomes_plain_facts() -> None:
    read = reader(
        url="http://page.test/",
        nodes=[["p", BOX, 100, [300, 200], [400], [[500, 600]], 3]],
        parts=[["img", "image", "http://page.test/a#x", None, BOX], ["img", "image", "", 700, BOX]],
        fonts=[900, 800],
        moving=[["i", BOX]],
        drawn=[["canvas", BOX]],
        shifts=[[1000, 0.5]],
        tasks=[[1000, 80]],
        marks=[["truth", 1100]],
        truncated=False,
    )
    box = Box(*BOX)
    dom = read.dom([fetched("http://page.test/a", "Image", 0.0, 0.25)])
    assert dom.nodes == (Node("p", box, 0.1, (0.2, 0.3), (0.4,), ((0.5, 0.6),), 3),)
    assert dom.parts == (
        Part("img", "image", "http://page.test/a#x", 0.25, box),
        Part("img", "image", "", 0.7, box),
    )
    assert (dom.fonts, dom.moving, dom.drawn) == ((0.8, 0.9), (Area("i", box),), (Area("canvas", box),))
    assert (dom.url, dom.truncated) == ("http://page.test/", False)
    assert read.shifts() == (Shift(1.0, 0.5),)
    assert read.tasks() == (Task(1.0, 0.08),)
    assert read.marks() == {"truth": 1.1}


def test_a_part_of_which_nobody_knows_when_it_came_is_left_out() -> None:
    redirected = fetched("http://page.test/a", "Image", 0.0, 0.25)
    redirected.redirected = True
    assert reader(parts=[["img", "image", "http://page.test/a", None, BOX]]).dom([redirected]).parts == ()


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        ["p"],
        ["p", [0, 0, 2, 1], 1, [], [], [], 0],
        ["p", [0, 0, 1], 1, [], [], [], 0],
        ["p", None, 1, [], [], [], 0],
        ["p", BOX, 1, [], [], [[1]], 0],
        ["p", BOX, 1, [], [], [["a", "b"]], 0],
        ["p", BOX, 1, [], [], [], "many"],
        ["p", BOX, 1, [], [], [], True],
    ],
)
def test_an_entry_of_another_form_is_left_out(entry: object) -> None:
    assert reader(nodes=[entry, ["q", BOX, 1, [], [], [], 0]]).dom([]).nodes == (Node("q", Box(*BOX), 0.001),)


def test_lists_and_texts_are_bounded() -> None:
    dom = reader(nodes=[["x" * 9000, BOX, 1, [], [], [], 0]] * 5000).dom([])
    assert (len(dom.nodes), len(dom.nodes[0].what)) == (2000, 2000)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)
NAMES = (
    "url",
    "fcp",
    "nodes",
    "parts",
    "fonts",
    "moving",
    "drawn",
    "shifts",
    "tasks",
    "marks",
    "truncated",
    "aside",
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("origin", *NAMES), ANYTHING)))
def test_whatever_a_page_answers_is_read(answer: dict[str, Any]) -> None:
    read = Reader({"origin": WALL * 1000} | answer, WALL)
    dom = read.dom([])
    assert all(0.0 <= time < 3600.0 for time in dom.fonts)
    assert all(0.0 <= task.at < 3600.0 and task.took >= 0.0 for task in read.tasks())
    assert isinstance(read.look().awaiting, bool)
    assert (read.shifts(), read.marks()) == (read.shifts(), read.marks())
