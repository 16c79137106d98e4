"""The judge's word on the status page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

from monitor.config.objectives import default_objectives
from monitor.judging.judged import Judged, Outlook, Ruling
from monitor.scoreboard import USUAL, Mark
from monitor.sla.verdict import Finding, Verdict
from monitor.sla.windows import Span
from monitor.web.board import Board, Facts
from monitor.web.verdicts import incident_lines, verdict_lines
from storage.incidents import IncidentRow

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
TTFB, AVAILABILITY = default_objectives()[:2]
PROMISED = [("easyshop", "sale", TTFB), ("easyshop", "sale", AVAILABILITY)]
OUTAGE = IncidentRow(
    kind="outage",
    vendor="easyshop",
    page="sale",
    subject="",
    state="worsened",
    since=NOW - timedelta(minutes=5),
    until=None,
    seen=NOW,
    reason="timeout",
    regions=("eu-west", "us-east"),
    worst_sample=None,
    severity=0.0,
    opened_by=None,
    closed_by=None,
    streak=1,
)


def verdict(**fields: object) -> Ruling:
    made = Verdict(AVAILABILITY.promise, "easyshop", "sale", Span(0, 1, 1))
    for name, value in fields.items():
        setattr(made, name, value)
    return Ruling(AVAILABILITY, made)


def test_an_incident_says_since_when_where_and_why() -> None:
    (line,) = incident_lines(Judged(Outlook(open=[OUTAGE])), NOW)
    assert (line.title, line.kind.text, line.kind.note) == ("easyshop / sale", "outage", "worsened")
    assert line.kind.mark is Mark.BAD
    assert (line.since.text, line.since.note) == ("2026-05-01 11:55 UTC", "5 min ago")
    assert (line.seen_by.text, line.seen_by.note) == ("eu-west, us-east", "timeout")


def test_an_incident_of_one_region_or_objective_names_it() -> None:
    advisory = replace(OUTAGE, kind="advisory", subject="eu-west", state="open", since=None)
    (line,) = incident_lines(Judged(Outlook(open=[advisory])), NOW)
    assert (line.kind.note, line.kind.mark, line.seen_by.text) == ("", Mark.UNKNOWN, "eu-west")
    assert line.since.note == "0 s ago"


def test_every_promise_has_a_line_whether_it_was_judged_or_not() -> None:
    ruling = verdict(
        finding=Finding.UNPROVEN,
        value=0.99995,
        lower=0.9998,
        upper=1.0,
        coverage=0.4321,
        count=5000,
        bad=1.0,
        budget_left=0.5,
        missing=["much", "more", "and more"],
    )
    judged = Judged(promised=PROMISED, rulings={ruling.key: ruling})
    first, second = verdict_lines(judged)
    assert (first.promise.text, first.verdict.text) == ("ttfb", "not judged yet")
    assert first.promise.note == "mean ≤ 300ms, 30d"
    assert first.verdict.mark is Mark.UNKNOWN
    assert (second.verdict.text, second.verdict.note) == ("unproven", "much; more")
    assert second.value.text == "99.995 %"
    assert second.value.note == "99.98 % to 100 %; 50 % of the error budget left"
    assert (second.measured.text, second.measured.note) == ("43.21 %", "5,000 looks, 1 bad")


def test_a_verdict_looks_like_what_it_says() -> None:
    marks = []
    for finding in Finding:
        ruling = verdict(finding=finding)
        (line,) = verdict_lines(Judged(promised=PROMISED[1:], rulings={ruling.key: ruling}))
        marks.append(line.verdict.mark)
    assert marks == [Mark.GOOD, Mark.BAD, Mark.UNKNOWN]


class Cells(HTMLParser):
    """The names that cells have on a narrow screen, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str | None] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self.names.append(dict(attrs).get("data-name"))

    def handle_data(self, data: str) -> None:
        self.text += data


async def page_of(judged: Judged) -> Cells:
    facts = Facts("eu-west", USUAL, {}, judged=judged)
    board = Board(lambda since: [], lambda: facts, wall=NOW.timestamp)
    try:
        cells = Cells()
        cells.feed((await board.page("1h")).decode())
        return cells
    finally:
        board.close()


async def test_the_page_shows_what_is_open_and_every_promise_on_a_phone_too() -> None:
    hostile = replace(OUTAGE, page="<script>", reason="<b>")
    cells = await page_of(Judged(Outlook(open=[hostile]), PROMISED))
    assert "Open incidents" in cells.text
    assert "easyshop / <script>" in cells.text
    assert cells.text.count("not judged yet") == 2
    assert cells.names == [
        *("Page", "Incident", "Since", "Where and why"),
        *(2 * ["Page", "Promise", "Verdict", "Figure", "Measured"]),
    ]


async def test_where_nothing_is_open_or_promised_the_page_says_nothing_of_it() -> None:
    cells = await page_of(Judged())
    assert "Open incidents" not in cells.text
    assert "each over its own window" not in cells.text
