"""A report of a made-up hour, as a person and as a program get it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from docspages import page as docs_page
from reporting import DOWN, OBJECTIVES, page_data, page_report, report
from rich.console import Console
from rich.text import Text
from simulator import moment_of

from monitor.config.objectives import Objective
from monitor.report.console import render
from monitor.report.happening_words import MOST
from monitor.report.happenings import happenings
from monitor.report.plain import plain
from monitor.report.report import PageReport, Report
from monitor.sla.anomaly import Anomaly
from monitor.sla.promise import Accounting
from monitor.sla.quorum import ANY
from monitor.sla.verdict import Finding
from monitor.sla.windows import Maintenance, Rolling, ServiceHours

HOUR = Rolling(3600.0).at(moment_of(3600))


def shown(what: Report, width: int = 104, **more: Any) -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(render(what, width, **more))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    return text


def words(text: str) -> str:
    return " ".join(text.split())


def document(what: Report) -> Any:
    return orjson.loads(orjson.dumps(plain(what, Finding.BREACHED), option=orjson.OPT_UTC_Z))


@pytest.mark.parametrize("width", [80, 104, 160])
def test_a_report_says_all_at_any_width(width: int) -> None:
    text = words(shown(report(page_report(page_data())), width))
    for said in (
        "0 met, 2 breached, 2 unproven",
        "easyshop/spring-sale",
        "window 2026-01-01 00:00 to 2026-01-01 01:00 UTC",
        "missing how much the figures vary",
        "mean mean of the regions 200 ms, of all samples 200 ms",
        "no part of it 10 visits failed, 0 were left out",
        "error budget -16,567 % left: 60 s bad, 57.5 s of them for certain",
        "burn rate 5m 0, 1h 167",
        "by time 98.3333 %, by regions 98.6111 %, by requests 98.6111 %",
        "outages 3 seen by single regions, 3 of them too long",
        "Outages (1); below each moment its time in Europe/Berlin",
        "Advisories: seen by too few regions for an outage (1)",
    ):
        assert said in text, said
    for said in (
        "✘ breached",
        "? unproven",
        "98.3333 %",
        "96.2268 % to 99.4287 %",
        "240 looks",
        "57.5 s",
        "73.7 s",
    ):
        assert said in text, said
    for region in ("ap-south", "eu-west", "us-east"):
        assert region in text
    assert "240, 100 %" in text


def test_the_table_of_verdicts_is_as_it_should_be() -> None:
    lines = [words(line) for line in shown(report(page_report(page_data())), 120).splitlines()]
    at = lines.index("verdict promise value bounds coverage made of")
    assert lines[at + 2 : at + 6] == [
        "? unproven ttfb: mean ≤ 300ms 200 ms - 100 % 710 samples",
        "? unproven fast: ttfb p95 ≤ 150ms 200 ms 200 ms to 200 ms 100 % 710 samples, 710 bad",
        "✘ breached availability: by time ≥ 99.99% 98.3333 % 96.2268 % to 99.4287 % 100 % 240 looks, 4 bad",
        "✘ breached routing: recovery ≤ 3s 58.5 s 57.5 s to 73.7 s 100 % 3 outages, 3 bad",
    ]


def test_regions_stand_side_by_side_each_with_its_count_and_coverage() -> None:
    text = shown(report(page_report(page_data())))
    at = text.index(" region ")
    rows = [line.split() for line in text[at:].splitlines()[2:8]]
    assert rows[4] == ["us-east", "200", "ms", "200", "ms", "99.1666", "%", "28.5", "s"]
    assert rows[5] == ["238,", "100", "%", "238,", "100", "%", "240,", "100", "%", "1,", "100", "%"]
    # What is promised of all samples together can't be held against one region.
    assert "fast (mean)" in text


def test_colours_say_the_same_as_the_words() -> None:
    console = Console(
        width=120, file=io.StringIO(), force_terminal=True, color_system="standard", highlight=False
    )
    console.print(render(report(page_report(page_data())), 120))
    assert isinstance(console.file, io.StringIO)
    coloured = console.file.getvalue()
    assert "\x1b[1;31m✘ breached" in coloured
    assert "\x1b[1;33m? unproven" in coloured
    assert Text.from_ansi(coloured).plain.rstrip() == shown(report(page_report(page_data())), 120).rstrip()


def test_json_has_every_figure_by_the_name_that_the_docs_say() -> None:
    found = document(report(page_report(page_data())))
    docs = docs_page("docs/reports.md")
    (page,) = found["pages"]
    assert list(docs.under("A report as JSON", "field").by_first()) == list(found)
    assert list(docs.under("A page of a report", "field").by_first()) == list(page)
    assert list(docs.under("A verdict of a report", "field").by_first()) == list(page["verdicts"][0])
    assert list(docs.under("An outage of a report", "field").by_first()) == list(page["outages"][0])
    assert found["findings"] == {"met": 0, "breached": 2, "unproven": 2}
    availability = page["verdicts"][2]
    assert availability["value"] == pytest.approx(59 / 60)
    assert (availability["count"], availability["bad"], availability["certain_seconds"]) == (240, 4.0, 57.5)
    assert availability["target"] == 0.9999
    assert (availability["since"], availability["until"]) == ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")
    assert availability["regions"]["us-east"] == {
        "value": pytest.approx(238 / 240),
        "coverage": 1.0,
        "count": 240,
    }
    ttfb = page["verdicts"][0]
    assert (ttfb["lower"], ttfb["upper"], ttfb["budget_left"], ttfb["by"]) == (None, None, None, None)
    assert (ttfb["failed"], ttfb["left_out"], ttfb["burn"]) == (10, 0, {})
    outage, advisory = page["outages"]
    assert outage == {
        "probe": "http",
        "scope": "page",
        "excluded": False,
        "regions": ["ap-south", "eu-west"],
        "first_bad": "2026-01-01T00:10:02Z",
        "last_bad": "2026-01-01T00:10:59.500000Z",
        "last_good": "2026-01-01T00:09:47Z",
        "first_good": "2026-01-01T00:11:00.500000Z",
        "all_good": "2026-01-01T00:11:00.700000Z",
        "inner": 57.5,
        "outer": pytest.approx(73.7),
        "recovery": 58.5,
        "resolution": 1.0,
        "blind": 0,
        "samples": 122,
        "faults": {"connect": 122},
        "opened_by": "eu-west-00000000602.000-scheduled",
        "closed_by": "ap-south-00000000660.500-burst",
        "worst": "eu-west-00000000659.500-burst",
    }
    assert (advisory["scope"], advisory["regions"]) == ("region", ["us-east"])


def test_single_visits_are_counted_in_the_singular() -> None:
    one = page_report(page_data({"eu-west": [(600, 605)]}), OBJECTIVES[:1])
    one.judgements[0].verdict.left_out = 1
    assert "1 visit failed, 1 was left out" in shown(report(one))
    one.judgements[0].verdict.count = one.judgements[0].verdict.left_out = one.judgements[
        0
    ].verdict.failed = 0
    assert "no part of it" not in shown(report(one))


def test_several_pages_have_an_overview_and_a_brief_report_is_nothing_else() -> None:
    one = page_report(page_data())
    other = replace(page_report(page_data({"eu-west": []})), page="home")
    text = words(shown(report(one, other), 160).replace("\N{NO-BREAK SPACE}", " "))
    assert "2 pages" in text
    assert "? ttfb 200 ms ? fast 200 ms ✘ availability 98.3333 % ✘ routing 58.5 s" in text
    assert "easyshop/home ? ttfb 200 ms ? fast 200 ms ? availability 100 % ? routing -" in text
    brief = shown(report(one, other), brief=True)
    assert "easyshop/home" in brief
    assert "Outages" not in brief
    assert "percentiles" not in brief


def test_a_region_that_a_promise_is_not_about_has_a_dash_there() -> None:
    near = Objective(name="near", indicator="ttfb", at_most="300ms", regions=["eu-west"])
    text = shown(report(page_report(page_data(), [OBJECTIVES[0], near])))
    row = next(line for line in text.splitlines() if line.startswith(" us-east"))
    assert row.split() == ["us-east", "200", "ms", "-"]


def test_a_page_with_nothing_promised_or_seen_says_so() -> None:
    text = shown(report(PageReport("easyshop", "about", [])))
    assert "Nothing was promised about this page in this window." in text
    assert "No outage was seen in the window." in text


def test_windows_that_differ_stand_with_each_promise() -> None:
    longer, shorter = page_report(page_data(hours=2), seconds=7200), page_report(page_data(hours=2))
    mixed = PageReport("easyshop", "sale", [longer.judgements[0], shorter.judgements[2]])
    text = words(shown(report(mixed)))
    assert "window 2026-01-01 00:00 to 2026-01-01 02:00 UTC" in text
    assert "window 2026-01-01 00:00 to 2026-01-01 01:00 UTC" in text


def test_a_window_that_goes_on_says_when_it_is_over() -> None:
    objective = Objective(name="availability", indicator="availability", at_least="99.9%", window="month")
    month = page_report(page_data(), [objective]).judgements[0]
    month.verdict.span = objective.promise.window.at(moment_of(3600))
    text = words(shown(report(PageReport("easyshop", "sale", [month]))))
    assert "2026-01-01 00:00 to 2026-01-01 01:00 UTC, over at 2026-02-01 00:00" in text


def test_unknown_time_and_notes_and_a_budget_of_nothing_are_told() -> None:
    data = page_data({"eu-west": [(600, 605)], "us-east": [], "ap-south": []})
    objective = Objective(name="availability", indicator="availability", at_least="100%")
    found = page_report(data, [objective], seconds=5400)
    text = words(shown(report(found)))
    assert "error budget 0 s bad" in text
    assert "if all of it was down, 100 % if all of it was up" in text
    assert f"note {found.judgements[0].verdict.notes[0]}" in text


def test_figures_of_a_window_that_begins_within_an_hour_say_from_when_they_are() -> None:
    data = page_data(hours=2)
    found = page_report(data)
    late = page_report(data, OBJECTIVES[:1], seconds=7200)
    late.judgements[0].verdict.span = replace(late.judgements[0].verdict.span, start=HOUR.start + 600)
    assert "those that begin in the window, from 01:00 on" in shown(report(late))
    assert "those that begin" not in shown(report(found))


def test_an_outage_that_is_excluded_or_lasts_or_was_seen_by_another_probe_says_so() -> None:
    found = page_report(page_data()).happenings[0]
    lasting = replace(found.outage, first_good=None, all_good=None, faults={})
    page = PageReport("easyshop", "sale", [], [replace(found, probe="tls", outage=lasting, excluded=True)])
    text = words(shown(report(page)))
    assert "not seen to end" in text
    assert "ap-south, eu-west (tls, excluded)" in text


def test_an_outage_over_midnight_has_both_dates_and_a_zone_its_own() -> None:
    found = page_report(page_data())
    over = found.happenings[0].outage
    after = moment_of(86_400 + 600)
    moved = replace(over, first_bad=moment_of(86_400 - 1800), first_good=after, all_good=after)
    page = replace(found, happenings=[replace(found.happenings[0], outage=moved)])
    text = words(shown(report(page)))
    assert "2026-01-01 23:30:00.000 2026-01-02 00:10:00.000" in text
    assert "2026-01-02 00:30:00 01:10:00" in text


def test_a_person_gets_no_more_lines_than_are_of_use() -> None:
    found = page_report(page_data())
    many = [replace(found.happenings[0])] * (MOST + 5)
    text = shown(report(replace(found, happenings=many)))
    assert "Outages (25)" in text
    assert "5 earlier ones are left out: --json has all of them." in text
    assert text.count("00:10:02.000") == MOST


def test_anomalies_are_told_where_they_were_looked_for_and_break_nothing() -> None:
    found = page_report(page_data({"eu-west": []}))
    odd = Anomaly(moment_of(1800), "eu-west", "ttfb", 0.8, 0.2, 12.0)
    looked = replace(report(replace(found, anomalies=[odd])), looked_for_anomalies=True)
    text = words(shown(looked))
    assert "Worse than the page usually is, which breaks no promise (1)" in text
    assert "2026-01-01 00:30 eu-west ttfb 800 ms 200 ms" in text
    (plainly,) = document(looked)["pages"][0]["anomalies"]
    assert list(docs_page("docs/reports.md").under("An anomaly of a report", "field").by_first()) == list(
        plainly
    )
    assert looked.findings[Finding.BREACHED] == 0
    none = replace(report(found), looked_for_anomalies=True)
    assert "No hour was worse than the page usually is." in shown(none)
    assert "worse" not in shown(report(found)).lower()


def test_the_quorum_that_was_agreed_on_makes_an_outage() -> None:
    data = page_data()
    assert [one.alone for one in happenings(data, HOUR, Accounting())] == [False, True]
    assert [one.alone for one in happenings(data, HOUR, Accounting(quorum=ANY))] == [False, False]


def test_an_outage_is_told_whether_it_counts_or_not() -> None:
    declared = moment_of(0) - timedelta(days=1)
    maintenance = [Maintenance(moment_of(500), moment_of(700), declared)]
    found = happenings(page_data(maintenance=maintenance), HOUR, Accounting(consecutive=20, length=60))
    assert [(one.alone, one.excluded) for one in found] == [(False, True), (True, False)]
    closed = Accounting(hours=ServiceHours(frozenset(range(7)), 12 * 60, 18 * 60))
    assert all(one.excluded for one in happenings(page_data(), HOUR, closed))


def test_availability_is_told_with_maintenance_too_where_that_is_another() -> None:
    work = Maintenance(moment_of(500), moment_of(700), moment_of(0) - timedelta(days=1))
    text = words(shown(report(page_report(page_data(maintenance=[work])))))
    assert "with maintenance counted 98.3333 %" in text
    assert "with maintenance" not in shown(report(page_report(page_data())))


def test_what_lies_outside_the_window_is_left_out() -> None:
    data = page_data(hours=2)
    later = replace(HOUR, start=HOUR.start + 3600, end=HOUR.end + 3600, closes=HOUR.closes + 3600)
    assert happenings(data, later, Accounting()) == []
    assert len(happenings(data, replace(HOUR, end=HOUR.start + 1200), Accounting())) == 1


def test_a_page_of_one_region_has_no_advisories_even_where_slices_are_gone() -> None:
    data = page_data({"us-east": DOWN["us-east"]})
    (found,) = happenings(data, HOUR, Accounting())
    assert not found.alone
    bare = replace(data, regions=[replace(data.regions[0], rows=())])
    (found,) = happenings(bare, HOUR, Accounting())
    assert not found.alone
