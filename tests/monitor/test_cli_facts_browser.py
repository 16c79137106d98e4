"""What a person is told of a visit with a browser: every line, and none that the sample does not carry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.cli.facts import all as every
from monitor.cli.facts.browser import GOOD, facts
from probes.sample import Attempt, Outcome, Sample

URL = "https://www.example.com/"
RUN = {"outcome": "up", "fault": None, "detail": None, "vitals": {"first_screen": 1.5}}
SEEN: dict[str, Any] = {
    "kind": "headless-shell",
    "version": "140.0.1",
    "sandbox": True,
    "profile": "mobile",
    "network": "none",
    "shaped": None,
    "cpu": 1.0,
    "insecure": False,
    "runs": [RUN],
    "chosen": 0,
    "spread": None,
    "incomplete": False,
    "dom": None,
    "visual": None,
    "masked": 0.0,
    "last_element": None,
    "final_url": URL,
    "requests": {},
    "bytes": {},
    "third_party": {"requests": 0, "bytes": 0},
    "failed": [],
    "console": [],
    "console_count": 0,
    "steps": [],
    "files": {},
}
PLAIN = [("browser", "headless-shell 140.0.1, profile mobile, network none")]
GONE: dict[str, Any] = SEEN | dict.fromkeys(
    ("kind", "version", "incomplete", "masked", "final_url", "requests", "bytes", "third_party", "failed")
)
"""What there is of a visit in which no browser could be had."""


def sample(vitals: dict[str, float] | None = None, **seen: Any) -> Sample:
    return Sample(
        id="1",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        vendor="v",
        page="p",
        url=URL,
        region="here",
        probe="browser",
        attempt=Attempt.SCHEDULED,
        outcome=Outcome.UP,
        vitals=vitals or {},
        evidence={"browser": SEEN | seen},
    )


def told(vitals: dict[str, float] | None = None, **seen: Any) -> list[tuple[str, str]]:
    return list(facts(sample(vitals, **seen)))


def test_a_sample_of_another_kind_says_nothing_here() -> None:
    assert list(facts(replace(sample(), evidence={}))) == []


def test_what_was_not_seen_has_no_line() -> None:
    assert told() == PLAIN
    assert list(facts(replace(sample(), evidence={"browser": GONE}))) == [("browser", "none")]


def test_its_lines_are_among_those_of_all_evidence() -> None:
    assert set(PLAIN) <= set(every.facts(sample()))


@pytest.mark.parametrize(
    ("name", "figure", "line"),
    [
        ("fcp", 1.8, ("first content", "1800 ms, good (good is at most 1800 ms)")),
        ("fcp", 1.9, ("first content", "1900 ms, over (good is at most 1800 ms)")),
        ("lcp", 2.6, ("largest content", "2600 ms, over (good is at most 2500 ms)")),
        ("speed_index", 3.4, ("speed index", "3400 ms, good (good is at most 3400 ms)")),
        ("tbt", 0.0, ("blocked", "0.00 ms, good (good is at most 200 ms)")),
        ("cls", 0.1, ("layout shift", "0.100, good (good is at most 0.1)")),
        ("cls", 0.101, ("layout shift", "0.101, over (good is at most 0.1)")),
    ],
)
def test_a_figure_is_held_against_what_is_good(name: str, figure: float, line: tuple[str, str]) -> None:
    assert told({name: figure}) == [line, *PLAIN]


def test_the_figures_come_in_one_order() -> None:
    lines = told(dict.fromkeys(reversed(GOOD), 0.0) | {"first_screen": 1.0})
    names = ["first content", "largest content", "speed index", "blocked", "layout shift", "browser"]
    assert [name for name, _ in lines] == names


def test_what_the_first_screen_was_made_of_is_told() -> None:
    last = "img.hero\x1b[31m"
    assert told(last_element=last, dom=0.25, visual=1.5, masked=0.126) == [
        ("came last", "img.hero\N{REPLACEMENT CHARACTER}[31m"),
        ("made of", "document 250 ms, pictures 1500 ms"),
        ("left out", "13% of the view, because it moves"),
        *PLAIN,
    ]
    assert told(visual=1.5)[0] == ("made of", "document -, pictures 1500 ms")
    assert told(dom=0.25)[0] == ("made of", "document 250 ms, pictures -")


def test_a_page_that_was_cut_says_so() -> None:
    (name, words), *rest = told(incomplete=True)
    assert (name, rest) == ("incomplete", PLAIN)
    assert "no figure is final" in words


def test_what_makes_the_browser_unlike_a_visitors_is_told() -> None:
    (line,) = told(network="3g", cpu=4.0, sandbox=False, insecure=True)
    words = ["network 3g", "processor 4 times slower", "without its sandbox", "any certificate taken"]
    assert line == ("browser", ", ".join(["headless-shell 140.0.1", "profile mobile", *words]))


def test_each_visit_of_a_round_is_told() -> None:
    failed = RUN | {"outcome": "down", "vitals": {}}
    slower = RUN | {"vitals": {"first_screen": 1.75}}
    assert told(runs=[RUN, slower, failed], spread=0.25)[-1] == (
        "visits",
        "3, first screen 1500 ms, 1750 ms, -: 250 ms apart",
    )
    assert told(runs=[RUN, failed])[-1] == ("visits", "2, first screen 1500 ms, -")


def test_what_was_fetched_is_told_by_kind() -> None:
    fetched = {
        "requests": {"image": 2, "document": 1, "other": 1},
        "bytes": {"image": 123_456, "document": 7},
    }
    words = "2 image 123,456 B, 1 document 7 B, 1 other 0 B"
    assert told(**fetched)[-1] == ("fetched", words)
    others = told(**fetched, third_party={"requests": 3, "bytes": 9})
    assert others[-1] == ("fetched", f"{words}; 3 of them from others")


def test_where_the_page_led_is_told() -> None:
    assert told(final_url="https://www.example.com/\u202eother")[-1] == (
        "ended at",
        "https://www.example.com/\N{REPLACEMENT CHARACTER}other",
    )


def test_each_step_has_a_line() -> None:
    steps = [
        {"name": "send\n", "duration": 0.5, "error": None},
        {"name": "wait_for #thanks", "duration": 2.0, "error": "not done within 2 s"},
        {"name": "click a", "duration": None, "error": None},
    ]
    assert told(steps=steps)[-3:] == [
        ("step 1", "send\N{REPLACEMENT CHARACTER}, 500 ms"),
        ("step 2", "wait_for #thanks, 2000 ms: not done within 2 s"),
        ("step 3", "click a, not begun"),
    ]


def test_some_of_what_went_wrong_is_told_and_how_much_more_there_was() -> None:
    failed = [{"url": f"{URL}{n}\x07", "kind": "image", "error": "net::ERR_FAILED"} for n in range(7)]
    console = [f"oh no {n}\x07" for n in range(20)]
    lines = told(failed=failed, console=console, console_count=23)[1:]
    mark = "\N{REPLACEMENT CHARACTER}"
    assert lines[:5] == [("failed", f"image {URL}{n}{mark}: net::ERR_FAILED") for n in range(5)]
    assert lines[5:10] == [("console", f"oh no {n}{mark}") for n in range(5)]
    assert lines[10:] == [("", "and 18 more in the console")]
    assert told(console=["oh no"], console_count=1)[1:] == [("console", "oh no")]
