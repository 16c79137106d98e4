"""A report as HTML: all that it holds stands in the document, as it is, and nothing of it can do anything."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from charting import ORIGIN, boxes, course, document, drawn, drawn_page, history, levels, rows, strip, words
from reporting import OBJECTIVES, page_data, page_report
from simulator import moment_of

from monitor.config.objectives import Objective
from monitor.report.happening_words import MOST
from monitor.report.history import MOST_CELLS, Cell, Course, Point, Strip
from monitor.report.html.comparison import comparisons
from monitor.report.html.render import render_html
from monitor.report.html.strip_chart import State, state_of, strip_chart
from monitor.report.html.summary import MOST_BROKEN, broken_words, summary
from monitor.report.report import Judgement, PageReport, Report
from monitor.report.words import covered, figure, finding_words, made_of
from monitor.scorecard.scorecard import Card, Group, Kind, Line, Result, Scorecard
from monitor.sla.anomaly import Anomaly
from monitor.sla.slices import DAY
from monitor.sla.verdict import Finding
from monitor.sla.windows import Maintenance, Span

HOUR = 3600


def only(found: list[Any]) -> Any:
    assert len(found) == 1
    return found[0]


def test_every_verdict_stands_in_the_document_as_it_is() -> None:
    what = drawn(drawn_page(), replace(drawn_page(page_data({"eu-west": []})), page="home"))
    found = document(what)
    articles = found.findall(".//article")
    assert [words(one.find("h2")) for one in articles] == ["easyshop/spring-sale", "easyshop/home"]
    for page, article in zip(what.pages, articles, strict=True):
        lines = article.findall("table[@class='verdicts cards']/tbody")
        assert len(lines) == len(page.judgements)
        for one, line in zip(page.judgements, lines, strict=True):
            told, more = line.findall("tr")
            cells = [words(cell) for cell in told]
            assert cells[0] == finding_words(one.verdict.finding)
            assert cells[1].startswith(one.objective.name)
            assert cells[2].startswith(figure(one.objective, one.verdict.value))
            assert cells[3:] == [covered(one.verdict.coverage), made_of(one.verdict)]
            for missing in one.verdict.missing:
                assert missing in words(more)
    assert "-16,567 % left: 60 s bad, 57.5 s of them for certain" in words(articles[0])
    assert "96.2268 % to 99.4287 % (95 % sure)" in words(articles[0])
    assert "2026-01-01 00:00 to 2026-01-01 01:00 UTC" in words(articles[0])


def test_it_says_what_made_it_and_of_what() -> None:
    text = words(document(drawn()).find(".//header"))
    for said in (
        "every promise over 1h",
        "2026-01-01 01:00 UTC",
        "landwatch 1.2.3",
        "landwatch.yaml 0123456789ab",
    ):
        assert said in text


def test_the_top_says_what_was_broken_and_for_how_long() -> None:
    top = document(drawn()).find(".//section")
    text = words(top)
    assert "Of 4 promises, 2 were broken and 2 were not proven." in text
    assert "2 ✘ breached 2 ? unproven 0 ✔ met" in text
    assert (
        "easyshop/spring-sale availability: 98.3333 %, where at least 99.99% was promised; "
        "bad for 60 s, 167 times as long as that allows." in text
    )
    assert (
        "easyshop/spring-sale routing: up to 58.5 s, where at most 3s was promised; "
        "3 outages lasted longer, each as one region saw it." in text
    )
    assert [one.get("href") for one in top.findall(".//li/a")] == ["#page-1", "#page-1"]


def test_colours_are_not_the_only_carriers() -> None:
    found = document(drawn(drawn_page(), drawn_page()))
    for finding in Finding:
        glyph = finding_words(finding).split()[0]
        for one in found.iterfind(f".//b[@class='verdict {finding.value}']"):
            assert words(one).startswith(glyph)
    assert words(found.find(".//table[@class='overview cards']/tbody/tr/td[2]")).startswith(
        "? ttfb 200 ms ? fast"
    )
    for table in found.iterfind(".//table"):
        assert table.findall("thead/tr/th[@scope='col']")
    for svg in found.iterfind(".//svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("aria-label")
    for drawing in found.iterfind(".//figure"):
        assert words(drawing.find("figcaption"))


HOSTILE = "\"><script>alert(1)</script><b x='{{ 7 * 7 }}'>"


def test_names_can_do_nothing() -> None:
    odd = Objective.model_construct(**{**dict(OBJECTIVES[2]), "name": HOSTILE})
    data = page_data({f"{HOSTILE}-1": [(600, 660)], f"{HOSTILE}-2": [(600, 660)]})
    page = replace(drawn_page(data, [odd]), vendor=HOSTILE, page=HOSTILE)
    bad = Anomaly(moment_of(1800), HOSTILE, "ttfb", 0.8, 0.2, 12.0)
    what = replace(drawn(replace(page, anomalies=[bad]), page), over=HOSTILE, looked_for_anomalies=True)
    card = Scorecard(
        made_at=what.made_at, stage=HOSTILE, first=date(2026, 1, 1), last=date(2026, 1, 2), running=True,
        over=HOSTILE, cards=(Card(HOSTILE, (line(name=HOSTILE, words=HOSTILE, sources=(HOSTILE,)),)),),
    )  # fmt: skip
    what = replace(what, scorecard=card)
    written = render_html(what, replace(ORIGIN, config=HOSTILE, version=HOSTILE))
    assert "<script" not in written
    assert "49" not in re.findall(r"x=.{20}", written)
    found = document(what)
    assert not found.findall(".//script")
    assert not found.findall(".//b[@x]")
    assert words(found.find(".//article/h2")) == f"{HOSTILE}/{HOSTILE}"
    assert HOSTILE in words(found.find(".//table[@class='chart']/tbody"))


def test_nothing_is_fetched_or_run() -> None:
    written = render_html(drawn(), ORIGIN)
    found = document(drawn())
    style = only(found.findall(".//style")).text_content()
    policy = found.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{allowed}'"]
    assert "url(" not in style
    assert "@import" not in style
    assert {one.get("href")[:1] for one in found.iterfind(".//a")} == {"#"}
    assert [one.get("href") for one in found.iterfind(".//link")] == ["data:,"]
    for name in ("script", "img", "iframe", "object", "embed", "form"):
        assert f"<{name}" not in written
    assert " style=" not in written
    assert not re.search(r"\son\w+=", written)


def plot(found: Any, row: int, kind: str) -> dict[str, str]:
    """The paths in one row of the first chart of a kind, by their class."""
    figures = [one for one in found.iterfind(".//figure") if one.findall(f".//td/svg[@class='{kind}']")]
    svg = figures[0].findall(f".//tbody/tr/td/svg[@class='{kind}']")[row]
    return {path.get("class"): path.get("d") for path in svg.iterfind("path")}


def test_bars_stand_where_the_page_was_bad() -> None:
    found = document(drawn())
    every, _, _, alone = (plot(found, row, "strip") for row in range(4))
    assert boxes(every["worse"]) == {20: 24.0, 21: 24.0}
    assert set(boxes(every["good"])) == set(range(120)) - {20, 21}
    assert set(boxes(alone["worse"])) == {80}
    table = only(
        [one for one in found.iterfind(".//figure") if one.find(".//svg[@class='strip']") is not None]
    )
    told = rows(table.find("table"))
    assert [line[0] for line in told] == ["all regions", "ap-south", "eu-west", "us-east"]
    assert told[0][2:] == ["98.3333 %", "60 s", "100 %"]
    assert told[3][2:] == ["99.1666 %", "30 s", "100 %"]
    assert "bad for 1 % of the measured time or more" in words(table)
    assert "not measured" not in words(table)


def test_lines_stand_where_something_was_measured_at_its_height() -> None:
    data = page_data({"eu-west": [(HOUR, 2 * HOUR)], "us-east": []}, hours=3)
    page = drawn_page(data, [OBJECTIVES[0]], 3 * HOUR)
    found = document(drawn(page))
    together, near, far = (plot(found, row, "course") for row in range(3))
    # Every visit of that hour failed, so it has no figure, and no 0 either.
    assert levels(near["line"]).keys() == {0, 2}
    assert levels(together["line"]).keys() == levels(far["line"]).keys() == {0, 1, 2}
    assert set(levels(far["line"]).values()) == {50.0}
    assert far["target"] == "M0 25h3.0"
    assert "over" not in far
    text = words(found.find(".//figure"))
    assert "every row reaches from 0 to 400 ms" in text
    assert rows(found.find(".//figure/table"))[1][2:] == ["200 ms", "200 ms", "480"]


def test_what_is_over_the_target_is_drawn_once_more() -> None:
    fast = Objective(name="fast", indicator="ttfb", at_most="150ms")
    page = drawn_page(page_data(hours=2), [fast], 2 * HOUR)
    paths = plot(document(drawn(page)), 0, "course")
    assert paths["over"] == paths["line"]
    assert "above that in 2 of the 2 hours that were measured" in broken_words(page.judgements[0])


def test_the_figures_of_a_chart_are_those_of_the_table() -> None:
    page = drawn_page()
    found = document(drawn(page))
    charts = {words(one.find("figcaption/b")): rows(one.find("table")) for one in found.iterfind(".//figure")}
    regions = {line[0]: line[1:] for line in rows(found.find(".//table[@class='regions']"))}
    for name, column in (("ttfb over time", 0), ("availability over time", 2)):
        for line in charts[name][1:]:
            assert regions[line[0]][column].startswith(line[2])
    assert charts["ttfb over time"][0][2] == figure(OBJECTIVES[0], page.judgements[0].verdict.value)


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        (Cell(3600, 0, 0, 0), State.GOOD),
        (Cell(3599, 1, 0, 0), State.BAD),
        (Cell(1800, 1800, 0, 0), State.WORSE),
        (Cell(0, 15, 3585, 0), State.WORSE),
        (Cell(1800, 0, 1800, 0), State.SPARSE),
        (Cell(1800, 0, 0, 1800), State.GOOD),
        (Cell(0, 0, 3600, 0), State.UNKNOWN),
        (Cell(0, 0, 0, 3600), State.EXCLUDED),
    ],
)
def test_a_piece_of_time_is_what_it_was(cell: Cell, state: State) -> None:
    assert state_of(cell, 0.99) is state


def test_maintenance_and_gaps_are_drawn_as_what_they_are() -> None:
    work = Maintenance(moment_of(600), moment_of(900), moment_of(0) - timedelta(days=1))
    page = drawn_page(page_data({"eu-west": []}, [work]), OBJECTIVES[2:3], 2 * HOUR)
    paths = plot(document(drawn(page)), 0, "strip")
    assert set(boxes(paths["excluded"])) == set(range(10, 15))
    assert set(boxes(paths["unknown"])) >= set(range(61, 120))
    assert not set(boxes(paths["good"])) & set(range(61, 120))


@pytest.mark.parametrize(
    ("more", "said", "first"),
    [
        ({"by": "regions"}, "gives each region the same weight", "ap-south"),
        ({"by": "requests"}, "counts visits; this is time", "ap-south"),
        ({}, "the higher the worse", "all regions"),
    ],
)
def test_a_strip_says_how_it_is_counted(more: dict[str, Any], said: str, first: str) -> None:
    objective = Objective(name="availability", indicator="availability", at_least="99%", **more)
    chart = document(drawn(drawn_page(page_data(), [objective]))).find(".//figure")
    assert said in words(chart.find("figcaption"))
    assert rows(chart.find("table"))[0][0] == first


def test_a_page_of_one_region_has_one_row_unless_it_is_judged_otherwise() -> None:
    data = page_data({"eu-west": [(600, 660)]})
    plain = drawn_page(data, OBJECTIVES[2:3])
    runs = Objective(name="runs", indicator="availability", at_least="99%", preset="five-minute-outages")
    agreed = drawn_page(data, [runs])
    for page, names in ((plain, ["eu-west"]), (agreed, ["all regions", "eu-west"])):
        one = page.judgements[0]
        assert isinstance(one.history, Strip)
        assert [row.name for row in strip_chart(one, one.history).rows] == names


def test_a_region_that_is_gone_from_the_verdict_has_no_figure() -> None:
    data = page_data()
    one = drawn_page(data, OBJECTIVES[2:3]).judgements[0]
    del one.verdict.regions["us-east"]
    row = strip_chart(one, strip(one, data)).rows[-1]
    assert (row.name, row.value, row.covered) == ("us-east", "-", "0 %")


def test_outages_and_advisories_stand_with_their_lengths() -> None:
    outage, advisory = document(drawn()).findall(".//table[@class='happenings cards']")
    assert words(outage.find("caption")) == "Outages (1); below each moment its time in Europe/Berlin"
    assert rows(outage) == [
        ["2026-01-01 00:10:02.000 01:10:02", "00:11:00.500 01:11:00", "57.5 s", "73.7 s",
         "ap-south, eu-west: connect 122"],
    ]  # fmt: skip
    assert words(advisory.find("caption")).startswith("Advisories: seen by too few regions for an outage (1)")


def test_an_outage_that_lasts_says_so_and_many_are_cut() -> None:
    page = drawn_page()
    one = page.happenings[0]
    lasting = replace(one, outage=replace(one.outage, first_good=None, all_good=None))
    found = document(drawn(replace(page, happenings=[lasting] * (MOST + 5))))
    table = found.find(".//table[@class='happenings cards']")
    assert len(rows(table)) == MOST
    assert rows(table)[0][1] == "not seen to end"
    assert "5 earlier ones are left out: --json has all of them." in words(found)


def test_anomalies_are_told_where_they_were_looked_for() -> None:
    odd = Anomaly(moment_of(1800), "eu-west", "ttfb", 0.8, 0.2, 12.0)
    page = replace(drawn_page(), anomalies=[odd] * (MOST + 1))
    found = document(replace(drawn(page), looked_for_anomalies=True))
    table = found.find(".//table[@class='anomalies cards']")
    assert rows(table)[0] == ["2026-01-01 00:30", "eu-west", "ttfb", "800 ms", "200 ms"]
    assert "1 earlier ones are left out" in words(found)
    assert "No hour was worse" in words(document(replace(drawn(), looked_for_anomalies=True)))
    assert "worse than the page" not in words(document(drawn()))


def test_a_page_without_promises_and_a_report_without_pages_say_so() -> None:
    text = words(document(drawn(PageReport("easyshop", "about", []))))
    assert "Nothing was promised about these pages in this time." in text
    assert "Nothing was promised about this page in this window." in text
    assert "No outage was seen in the window." in text
    assert "The report is about no page." in words(document(Report(datetime.now(UTC), "1h", [])))


def test_windows_that_differ_stand_with_each_promise() -> None:
    longer, shorter = page_report(page_data(hours=2), seconds=7200), page_report(page_data(hours=2))
    mixed = PageReport("easyshop", "sale", [longer.judgements[0], shorter.judgements[2]])
    told = document(drawn(mixed)).findall(".//dl/div[dt='window']/dd")
    assert [words(one) for one in told] == [
        "2026-01-01 00:00 to 2026-01-01 02:00 UTC",
        "2026-01-01 00:00 to 2026-01-01 01:00 UTC",
    ]


def judged(objective: Objective, seconds: float = HOUR, **data: Any) -> Judgement:
    held = page_data(**data)
    one = page_report(held, [objective], seconds).judgements[0]
    return replace(one, history=history(one, held))


@pytest.mark.parametrize(
    ("findings", "headline"),
    [
        ([Finding.MET], "The promise was kept."),
        ([Finding.MET] * 3, "All 3 promises were kept."),
        ([Finding.BREACHED], "Of 1 promise, 1 was broken."),
        ([Finding.MET, Finding.UNPROVEN], "Of 2 promises, 1 was not proven and 1 was kept."),
        ([*Finding], "Of 3 promises, 1 was broken, 1 was not proven and 1 was kept."),
    ],
)
def test_the_headline_counts_what_was_found(findings: list[Finding], headline: str) -> None:
    one = judged(OBJECTIVES[2])
    each = [replace(one, verdict=replace(one.verdict, finding=finding)) for finding in findings]
    found = summary(drawn(PageReport("easyshop", "sale", each)))
    assert found.headline == headline
    assert sum(count.percent for count in found.counts) == pytest.approx(100)


def test_more_broken_promises_than_anybody_reads_are_counted() -> None:
    one = judged(OBJECTIVES[2])
    found = document(drawn(PageReport("easyshop", "sale", [one] * (MOST_BROKEN + 2))))
    lines = found.findall(".//ul[@class='broken']/li")
    assert len(lines) == MOST_BROKEN + 1
    assert words(lines[-1]) == "and 2 more, which stand with their pages."


def test_broken_promises_are_told_in_what_is_known_of_them() -> None:
    available = judged(OBJECTIVES[2])
    available.verdict.budget_left = None
    assert broken_words(available).endswith("promised; bad for 60 s")
    available.verdict.bad_seconds = None
    assert broken_words(available) == "98.3333 %, where at least 99.99% was promised"
    assert broken_words(judged(OBJECTIVES[1])) == "p95 200 ms, where at most 150ms was promised"
    routing = judged(OBJECTIVES[3], down={"eu-west": [(600, 660)]})
    assert broken_words(routing).endswith("1 outage lasted longer, each as one region saw it")


def test_vendors_are_compared_promise_by_promise() -> None:
    good = replace(drawn_page(page_data({"eu-west": []})), vendor="pagepilot")
    what = drawn(drawn_page(), replace(drawn_page(page_data({"eu-west": [(600, 630)]})), page="home"), good)
    found = {one.name: one for one in comparisons(what)}
    shop, pilot = found["availability"].lines
    assert (shop.vendor, pilot.vendor) == ("easyshop", "pagepilot")
    assert shop.counts == {Finding.BREACHED: 2}
    assert shop.worst is not None
    assert shop.best is not None
    assert (shop.worst.page, shop.worst.value, shop.worst.met) == ("spring-sale", "98.3333 %", False)
    assert (shop.best.page, shop.best.value) == ("home", "99.1666 %")
    assert pilot.worst is not None
    assert (pilot.worst.value, pilot.worst.met, pilot.best) == ("100 %", True, None)
    assert found["routing"].lines[1].worst is None
    assert found["availability"].promised == "by time ≥ 99.99%"
    table = rows(document(what).find(".//table[@class='compared cards']"))
    assert table[4] == [
        "availability by time ≥ 99.99%", "easyshop", "✘ 2 breached",
        "98.3333 % spring-sale", "99.1666 % home", "100 %",
    ]  # fmt: skip
    assert table[7] == ["pagepilot", "? 1 unproven", "-", "-", "100 %"]


def test_percentiles_far_beyond_the_target_do_not_flatten_the_rest() -> None:
    data = page_data({"eu-west": []}, hours=2)
    (row, _) = data.regions[0].rows
    slow = row.figures["ttfb"]
    for _ in range(30):
        slow.add(20.0)
    slow.total = round(0.2 * slow.count * 1e9)  # the mean stays what it was
    objective = Objective(name="ttfb", indicator="ttfb", aggregate="p50", at_most="300ms")
    one = page_report(data, [objective], 2 * HOUR).judgements[0]
    drawing = document(drawn(PageReport("easyshop", "sale", [replace(one, history=course(one, data))])))
    assert "reaches from 0 to 1 s" in words(drawing.find(".//figcaption"))
    assert "Of 2 95th percentiles, 1 reach beyond the top." in words(drawing.find(".//figcaption"))


def test_shares_and_plain_numbers_have_scales_of_their_own() -> None:
    data = page_data({"eu-west": []}, hours=2)
    for row in data.regions[0].rows:
        row.figures["http3"] = row.figures["cls"] = row.figures["tls_grade"] = row.figures["ttfb"]
    shares = Objective(name="h3", indicator="http3", at_least="90%", probe="http")
    shift = Objective(name="shift", indicator="cls", at_most=0.1, probe="http")
    grade = Objective(name="grade", indicator="tls_grade", at_least="A", probe="http")
    found = document(drawn(drawn_page(data, [shares, shift, grade], 2 * HOUR)))
    captions = [words(one) for one in found.iterfind(".//figcaption")]
    assert len(captions) == 2
    assert "from 0 to 100 %" in captions[0]
    assert "from 0 to 0.25." in captions[1]


def line(**more: Any) -> Line:
    usual: dict[str, Any] = {
        "name": "content", "kind": Kind.KPI, "group": Group.SHORT_TERM, "unit": "number",
        "target": 30.0, "target_words": "≥ 30", "value": 31.0, "value_words": "31",
        "result": Result.PASS, "words": "31 of 30",
    }  # fmt: skip
    return Line(**usual | more)


def test_a_scorecard_stands_with_its_groups_side_by_side() -> None:
    brand = line(
        name="brand_searches", words="too little", days=3, of=30, group=Group.LONG_TERM,
            result=Result.NOT_ENOUGH, value=None, value_words="-",
        missing=("3 of 30 days have a value",), notes=("as imported",), evidence=("landwatch kpi show",),
        sources=("kpis.csv abcdef",),
    )  # fmt: skip
    shown = line(name="clicks", result=None, target=None, target_words="")
    card = Scorecard(
        made_at=datetime(2026, 1, 31, tzinfo=UTC), stage="trial", running=True, over="30 days",
        first=date(2026, 1, 1), last=date(2026, 1, 30),
        cards=(Card("easyshop", (line(), brand, shown)), Card("pagepilot", (line(),))),
    )  # fmt: skip
    found = document(replace(drawn(), scorecard=card))
    section = found.find(".//section[@class='scorecard']")
    assert words(found.find(".//p[@class='headline']")).endswith("The scorecard comes to not enough data.")
    assert "Acceptance: the stage trial" in words(section.find("h2"))
    assert "? not enough data 30 days; it is not over" in words(section)
    asked = section.find(".//table[@class='asked cards']")
    assert rows(asked) == [
        ["✔ pass", "content ≥ 30", "31", "-", "31 of 30"],
        ["? not enough data", "brand searches ≥ 30", "-", "3 of 30",
         "too little 3 of 30 days have a value as imported kpis.csv abcdef landwatch kpi show"],
    ]  # fmt: skip
    short, long = section.findall(".//div[@class='groups']")[0].findall("div/table")
    assert rows(short) == [["content", "31", "", "✔ pass"], ["clicks", "31", "", "-"]]
    assert rows(long) == [["brand searches", "-", "3 of 30", "? not enough data"]]
    table = rows(section.find(".//table[@class='acceptance']"))
    assert table == [
        ["content ≥ 30", "✔ pass, 31", "✔ pass, 31"],
        ["brand searches ≥ 30", "? not enough data, -", "-"],
        ["clicks", "31", "-"],
        ["In all", "? not enough data", "✔ pass"],
    ]
    assert document(drawn()).find(".//section[@class='scorecard']") is None


def test_a_command_can_be_taken_over_as_it_is() -> None:
    """No line breaks between a figure and its unit in words, but a name has the space that it has."""
    command = "landwatch report --page 'the last 24 h <b>'"
    card = Scorecard(
        made_at=datetime(2026, 1, 31, tzinfo=UTC), stage="trial", running=False, over="30 days",
        first=date(2026, 1, 1), last=date(2026, 1, 30),
        cards=(Card("easyshop", (line(evidence=(command,)),)),),
    )  # fmt: skip
    found = document(replace(drawn(), scorecard=card))
    assert only(found.findall(".//section[@class='scorecard']//code")).text_content() == command


def test_a_hundred_pages_in_seven_regions_make_a_file_that_opens() -> None:
    """Whatever the window is: it is cut into no more than so many pieces."""
    chance = random.Random(1)
    regions = [f"region-{number}" for number in range(7)]
    page = drawn_page(page_data({name: [(600, 660)] for name in regions}), [OBJECTIVES[0], OBJECTIVES[2]])
    span = Span(0, MOST_CELLS * DAY, MOST_CELLS * DAY)

    def cells() -> list[Cell]:
        bad = [chance.choice([0.0, 0.0, 0.0, 30.0]) for _ in range(MOST_CELLS)]
        return [Cell(DAY - one, one, 0.0, 0.0) for one in bad]

    def points() -> list[Point]:
        figures = [chance.uniform(0.1, 0.4) for _ in range(MOST_CELLS)]
        return [Point(number * DAY, 5760, one, 2 * one) for number, one in enumerate(figures)]

    whole = Point(0, 5760, 0.2, 0.4)
    histories = {
        "availability": Strip(span, 0, DAY, cells(), {name: cells() for name in regions}),
        "ttfb": Course(
            span, 0, DAY, points(), {name: points() for name in regions}, dict.fromkeys(regions, whole)
        ),
    }
    judgements = [replace(one, history=histories.get(one.objective.indicator)) for one in page.judgements]
    full = replace(page, judgements=judgements, happenings=list(page.happenings) * MOST)
    few, more = (len(render_html(drawn(*[full] * count), ORIGIN)) for count in (2, 4))
    assert 100 * (more - few) / 2 < 6_000_000
