"""Scorecards as a whole: verdicts and KPIs on one card, the vendors compared, and what is shown of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import orjson
import pytest
from docspages import page as docs_page
from docspages import spans
from reporting import OBJECTIVES, page_data, page_report
from rich.console import Console
from scoring import daily, day, history, settings
from simulator import moment_of

from monitor.cli.report_made import findings_of
from monitor.config.kpis import KPIS, Group
from monitor.config.objectives import Objective
from monitor.config.scorecard import THRESHOLDS, ScorecardSettings, Stage
from monitor.report.period import CalendarMonth, StagePeriod, StatePeriod
from monitor.report.report import Judgement, PageReport, Report
from monitor.scorecard.console import render_scorecard
from monitor.scorecard.history import History
from monitor.scorecard.kpi_lines import KpiLines
from monitor.scorecard.making import Occasion, make_scorecard
from monitor.scorecard.plain import plain_scorecard
from monitor.scorecard.scorecard import Card, Kind, Result, Scorecard, all_in_all
from monitor.sla.judge import judge
from monitor.sla.verdict import Finding, worst
from monitor.sla.windows import STAGES, Span

FIRST = date(2026, 10, 5)
OVER = datetime(2026, 11, 10, tzinfo=UTC)
TRIAL = Occasion("trial", OVER, FIRST)


def judged(page: str, *findings: Finding, vendor: str = "easyshop", over: bool = True) -> PageReport:
    """A page whose first promises were found to be this."""
    made = page_report(page_data())
    judgements = []
    for one, finding in zip(made.judgements, findings, strict=False):
        verdict = replace(
            one.verdict, finding=finding, missing=["too little"] * (finding is Finding.UNPROVEN)
        )
        closes = verdict.span.end + (0 if over else 86_400)
        verdict.span = Span(verdict.span.start, verdict.span.end, closes)
        judgements.append(Judgement(one.objective, verdict))
    return PageReport(vendor, page, judgements)


def report(*pages: PageReport) -> Report:
    return Report(OVER, "the stage trial", pages)


def made(
    *pages: PageReport, occasion: Occasion = TRIAL, rows: History | None = None, **written: Any
) -> Scorecard:
    return make_scorecard(report(*pages), settings(**written), occasion, rows or history())


def test_a_verdict_is_a_line_as_the_judge_found_it() -> None:
    card = made(judged("sale", Finding.MET, Finding.BREACHED, Finding.UNPROVEN)).cards[0]
    measured = card.group(Group.MEASURED)
    assert [(line.name, line.result) for line in measured] == [
        ("ttfb", Result.PASS), ("fast", Result.FAIL), ("availability", Result.NOT_ENOUGH),
    ]  # fmt: skip
    ttfb = measured[0]
    verdict = page_report(page_data()).judgements[0].verdict
    assert (ttfb.value, ttfb.target, ttfb.kind, ttfb.unit) == (
        verdict.value,
        0.3,
        Kind.OBJECTIVE,
        "seconds",
    )
    assert ttfb.words == "200 ms (sale); met on 1 of 1 page"
    assert measured[2].missing == ("too little",)
    assert measured[1].missing == ()


def test_the_verdicts_of_a_report_and_the_lines_of_its_card_never_differ() -> None:
    """Nothing is judged a second time: real verdicts, whatever they are, come out as they went in."""
    one = page_report(page_data())
    card = made(one).cards[0]
    meant = {Finding.MET: Result.PASS, Finding.BREACHED: Result.FAIL, Finding.UNPROVEN: Result.NOT_ENOUGH}
    assert [line.result for line in card.group(Group.MEASURED)] == [
        meant[each.verdict.finding] for each in one.judgements
    ]


def test_what_is_unproven_in_a_window_that_is_not_over_is_running() -> None:
    card = made(judged("sale", Finding.UNPROVEN, Finding.BREACHED, over=False)).cards[0]
    assert [line.result for line in card.group(Group.MEASURED)] == [Result.RUNNING, Result.FAIL]


def test_a_promise_about_several_pages_is_met_where_it_is_met_on_all() -> None:
    def result(*findings: Finding) -> tuple[Result | None, str]:
        pages = [judged(f"page-{number}", finding) for number, finding in enumerate(findings)]
        line = made(*pages).cards[0].lines[0]
        return line.result, line.words

    assert result(Finding.MET, Finding.MET)[0] is Result.PASS
    assert result(Finding.MET, Finding.UNPROVEN)[0] is Result.NOT_ENOUGH
    failed, words = result(Finding.MET, Finding.BREACHED, Finding.UNPROVEN)
    assert failed is Result.FAIL
    assert words == "200 ms (page-1, the worst breached one of 3 pages); met on 1 of 3 pages"
    _, words = result(Finding.UNPROVEN, Finding.UNPROVEN)
    assert words == "200 ms (page-0, the worst of 2 pages); met on 0 of 2 pages"


def test_the_worst_page_is_the_one_with_the_worst_figure() -> None:
    pages = [judged(f"page-{number}", Finding.BREACHED) for number in range(3)]
    for page, value in zip(pages, (0.4, 0.5, None), strict=True):
        page.judgements[0].verdict.value = value
    line = made(*pages).cards[0].lines[0]
    assert (line.value, line.words) == (0.5, "500 ms (page-1, the worst of 3 pages); met on 0 of 3 pages")
    pages[0].judgements[0].verdict.finding = Finding.UNPROVEN
    pages[0].judgements[0].verdict.value = 0.9  # of few samples: worse, and it proves nothing
    line = made(*pages).cards[0].lines[0]
    assert (line.value, line.words) == (
        0.5,
        "500 ms (page-1, the worst breached one of 3 pages); met on 0 of 3 pages",
    )
    nothing = judged("page", Finding.UNPROVEN)
    nothing.judgements[0].verdict.value = None
    assert made(nothing).cards[0].lines[0].words == "nothing measured (page); met on 0 of 1 page"
    availability = [judged(f"page-{number}", *[Finding.BREACHED] * 3) for number in range(2)]
    availability[1].judgements[2].verdict.value = 0.5
    assert made(*availability).cards[0].lines[2].value == 0.5


def test_an_objective_with_a_date_of_its_own_says_so() -> None:
    for since, notes in (
        (FIRST, ()),
        (date(2026, 9, 1), ("judged from 2026-09-01 on, as the objective says",)),
    ):
        staged = Objective(name="x", indicator="ttfb", at_most="1s", window="trial", since=str(since))
        one = page_report(page_data(), [staged]).judgements[0]
        one.verdict.notes.clear()
        assert made(PageReport("easyshop", "sale", [one])).cards[0].lines[0].notes == notes


def test_missing_things_are_told_with_their_page_where_there_are_several() -> None:
    line = made(judged("a", Finding.UNPROVEN), judged("b", Finding.UNPROVEN)).cards[0].lines[0]
    assert line.missing == ("a: too little", "b: too little")


def test_a_stage_may_name_its_objectives() -> None:
    written = {"trial": {"objectives": ["fast", "other"], "thresholds": []}}
    card = made(judged("sale", Finding.BREACHED, Finding.MET), **written).cards[0]
    assert [(line.name, line.result) for line in card.lines if line.judged] == [
        ("fast", Result.PASS), ("other", Result.NOT_ENOUGH),
    ]  # fmt: skip
    assert card.lines[1].missing == ("no page of this vendor is judged by it in this stage",)
    assert card.lines[1].evidence == ("landwatch report --stage trial --since 2026-10-05 --vendor easyshop",)


def test_each_verdict_leads_to_itself_and_to_its_samples() -> None:
    line = made(judged("spring sale", Finding.MET)).cards[0].lines[0]
    assert line.evidence == (
        "landwatch report --stage trial --since 2026-10-05 --vendor easyshop --page 'spring sale'",
        (
            "landwatch samples --vendor easyshop --page 'spring sale' --probe http "
            "--since 2026-01-01T00:00:00Z --until 2026-01-01T01:00:00Z"
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("results", "whole"),
    [
        ([Result.PASS, Result.FAIL, Result.NOT_ENOUGH, Result.RUNNING, None], Result.FAIL),
        ([Result.PASS, Result.NOT_ENOUGH, Result.RUNNING], Result.NOT_ENOUGH),
        ([Result.PASS, Result.RUNNING], Result.RUNNING),
        ([Result.PASS, Result.PASS, None], Result.PASS),
        ([None], Result.NOT_ENOUGH),
        ([], Result.NOT_ENOUGH),
    ],
)
def test_lines_come_to_the_worst_of_them(results: list[Result | None], whole: Result) -> None:
    line = made(judged("sale", Finding.MET)).cards[0].lines[0]
    lines = tuple(replace(line, result=result) for result in results)
    assert all_in_all(lines) is whole
    assert Card("easyshop", lines).result is whole


def test_a_vendor_of_whom_nothing_is_asked_passes_nothing() -> None:
    """What all come to is what their cards come to, not what those lines do that there are."""
    written = {"trial": {"thresholds": []}}
    pages = [judged("sale", Finding.MET), PageReport("rival", "home", [])]
    both = made(*pages, **written)
    assert [card.result for card in both.cards] == [Result.PASS, Result.NOT_ENOUGH]
    assert both.result is Result.NOT_ENOUGH
    assert worst(findings_of(replace(report(*pages), scorecard=both))) is Finding.UNPROVEN


def two_vendors() -> Scorecard:
    rows = history(
        daily("content", lambda number: 2),
        daily("content", lambda number: 0.5, vendor="rival"),
        daily("completion_rate", [0.4, 0.6] * 15, vendor="rival"),
        daily("organic_rank", lambda number: 7),
    )
    return made(
        judged("sale", Finding.MET, Finding.MET),
        judged("home", Finding.BREACHED, vendor="rival"),
        rows=rows,
    )


def test_vendors_are_compared_by_the_same_promises_a_row_for_each() -> None:
    card = two_vendors()
    assert [column.name for column in card.columns][:3] == ["ttfb", "fast", "content"]
    assert card.columns[0].target_words == "mean ≤ 300ms"
    easyshop, rival = card.comparison
    assert (easyshop.vendor, rival.vendor) == ("easyshop", "rival")
    assert [each and each.result for each in easyshop.cells[:3]] == [Result.PASS] * 3
    assert [each and each.result for each in rival.cells[:3]] == [Result.FAIL, None, Result.FAIL]
    assert rival.cells[1] is None  # it promised nothing of the kind
    assert (easyshop.result, rival.result, card.result) == (Result.NOT_ENOUGH, Result.FAIL, Result.FAIL)


def test_the_days_of_a_stage_are_those_from_its_date_on() -> None:
    card = made(judged("sale", Finding.MET))
    assert (card.first, card.last, card.running) == (FIRST, date(2026, 11, 3), False)
    assert card.over == "the stage trial, 30 days from 2026-10-05 to 2026-11-03 (UTC)"
    early = made(judged("sale", Finding.MET), occasion=replace(TRIAL, now=OVER - timedelta(days=20)))
    assert early.running
    assert early.over.endswith("(UTC), running: 16 days are over")
    assert "--until 2026-10-21T00:00:00Z" in early.cards[0].lines[0].evidence[0]  # as it was then


def test_a_state_that_lasts_is_looked_at_over_its_last_weeks() -> None:
    card = made(judged("sale", Finding.MET), occasion=Occasion("steady", OVER), steady={"days": 14})
    assert (card.first, card.last, card.running) == (date(2026, 10, 27), date(2026, 11, 9), False)
    assert card.over == "the state steady, KPIs of the 14 days to 2026-11-09 (UTC)"
    assert (
        card.cards[0]
        .lines[0]
        .evidence[0]
        .startswith("landwatch report --stage steady --until 2026-11-10T00:00:00Z --vendor")
    )


def test_a_report_of_a_stage_or_state_has_a_scorecard_and_no_other() -> None:
    assert Occasion.of(StagePeriod("trial", FIRST, OVER)) == TRIAL
    assert Occasion.of(StatePeriod("pilot", OVER)) == Occasion("pilot", OVER)
    assert Occasion.of(CalendarMonth(FIRST, OVER)) is None


def test_a_part_of_the_pages_or_regions_is_told_to_be_one() -> None:
    part = Occasion.of(StagePeriod("trial", FIRST, OVER), "sale", "eu west")
    assert part is not None
    card = made(judged("sale", Finding.MET), occasion=part)
    assert card.over.endswith("(UTC); verdicts only about the page sale; verdicts as eu west alone saw it")
    assert "--since 2026-10-05 --region 'eu west' --vendor" in card.cards[0].lines[0].evidence[0]


def test_a_state_leaves_objectives_of_stages_out() -> None:
    period = StatePeriod("pilot", OVER)
    lasting = OBJECTIVES[0]
    assert period.of(lasting) == (lasting.promise.window, OVER)
    staged = Objective(name="x", indicator="ttfb", at_most="1s", window="trial", since="2026-10-05")
    assert period.of(staged) is None


def test_the_judge_is_asked_for_nothing() -> None:
    """The finding of a line is the verdict's, even one that its figure would not carry."""
    data = page_data()
    verdict = judge(OBJECTIVES[0].promise, data, moment_of(3600))
    verdict.finding, verdict.value = Finding.BREACHED, 0.001
    page = PageReport("easyshop", "sale", [Judgement(OBJECTIVES[0], verdict)])
    assert made(page).cards[0].lines[0].result is Result.FAIL


def show(card: Scorecard, width: int, *, brief: bool = False) -> str:
    out = StringIO()
    Console(file=out, width=width, highlight=False).print(render_scorecard(card, width, brief=brief))
    return out.getvalue()


def test_a_person_sees_results_groups_side_by_side_and_where_they_come_from() -> None:
    text = show(two_vendors(), 140)
    words = " ".join(text.split())
    assert "Scorecard: the stage trial, 30 days from 2026-10-05 to 2026-11-03 (UTC) ✘ fail" in words
    assert "✔ pass content ≥ 30 60 30 of 30 60, and ≥ 30 was asked" in words
    assert re.search(r"Short term +Long term", text)
    assert re.search(r"completion rate .* organic rank +7 +30 of 30", text)
    assert "from kpis.csv (SHA-256 0123456789ab)" in words
    assert "evidence landwatch kpi show --vendor easyshop --kpi content" in words
    assert words.count("import completions and starts, or") == 1  # told once, not twice
    assert "easyshop ✔ 200 ms ✔ 200 ms ✔ 60" in words.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("width", [40, 60, 80, 104, 140, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for brief in (True, False):
        text = show(two_vendors(), width, brief=brief)
        assert max(map(len, text.splitlines())) <= width


def test_brief_is_the_comparison_alone() -> None:
    text = show(two_vendors(), 140, brief=True)
    assert "evidence" not in text
    assert "rival" in text
    alone = made(judged("sale", Finding.MET))
    assert "in all" not in show(alone, 140)
    assert "in all" in show(alone, 140, brief=True)


SCORECARD = docs_page("docs/scorecard.md")


def test_json_has_every_field_by_the_name_that_the_docs_say() -> None:
    found = json.loads(orjson.dumps(plain_scorecard(two_vendors())))
    (card, _) = found["vendors"]
    assert list(SCORECARD.under("A scorecard as JSON", "field").by_first()) == list(found)
    assert list(SCORECARD.under("A card", "field").by_first()) == list(card)
    for line in card["lines"]:
        assert list(SCORECARD.under("A line", "field").by_first()) == list(line)
    assert card["results"] == {"pass": 3, "fail": 0, "not enough data": 2, "running": 0}
    assert (found["first"], found["result"]) == ("2026-10-05", "fail")
    assert [line["result"] for line in card["lines"]][-1] is None
    assert (
        set(card["results"]) == SCORECARD.under("The scorecard of an acceptance", "result").by_first().keys()
    )


def made_of(name: str) -> str:
    one = KPIS[name]
    if one.numerator is not None:
        return f"`{one.numerator}` by `{one.denominator}`"
    return {"sum": "the sum of its days", "mean": "the mean of its days", "last": "its last value"}[
        one.combine
    ]


def test_every_kpi_stands_in_the_docs_and_no_other() -> None:
    rows = SCORECARD.under("KPIs", "KPI").by_first()
    assert {name: row[1:] for name, row in rows.items()} == {
        name: [one.unit, one.better, made_of(name), one.group] for name, one in KPIS.items()
    }


def test_the_default_thresholds_are_those_in_the_docs() -> None:
    rows = SCORECARD.under("Stages", "stage").by_first()
    assert rows.keys() == THRESHOLDS.keys()
    for stage, row in rows.items():
        found = KpiLines(
            settings(), stage, Occasion(stage, OVER, FIRST).days(settings()), history(), "a", OVER
        )
        asked = [f"`{line.name}` {line.target_words}" for line in found.lines() if line.judged]
        assert row[2] == ", ".join(asked).replace("a month` ≥ +10 %", "a month` ≥ +10 %")
        held = settings().stage(stage)
        days = STAGES[stage] if isinstance(held, Stage) else held.days
        assert str(days) in row[1]


def test_the_names_of_stages_are_those_of_the_command() -> None:
    from monitor.cli.report_period import StageName

    assert {stage.value for stage in StageName} == THRESHOLDS.keys()
    assert spans(SCORECARD.under("Stages", "stage").rows[0][0]) == ["trial"]
    assert ScorecardSettings().thresholds("trial") == list(THRESHOLDS["trial"])
    assert day(0) == FIRST
