"""A report as CSV: a row for each verdict, its columns those of JSON, and no formula in a cell."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from docspages import page as docs_page
from reporting import page_data, page_report, report

from monitor.report.plain import plain
from monitor.report.report import Report
from monitor.report.sheet import HEADINGS, sheet
from monitor.sla.verdict import Finding


def read(what: Report) -> list[dict[str, str]]:
    text = sheet(what, Finding.BREACHED).decode()
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_each_verdict_has_a_row_with_its_figures() -> None:
    what = report(page_report(page_data()), replace(page_report(page_data({"eu-west": []})), page="home"))
    found = read(what)
    assert [(row["page"], row["objective"]) for row in found] == [
        (page.page, one.objective.name) for page in what.pages for one in page.judgements
    ]
    availability = found[2]
    assert float(availability["value"]) == pytest.approx(59 / 60)
    assert availability["finding"] == "breached"
    assert availability["since"] == "2026-01-01T00:00:00Z"
    assert (availability["lower_is_better"], availability["over"]) == ("false", "true")
    assert float(availability["bad_seconds"]) == pytest.approx(60.0)
    ttfb = found[0]
    assert (ttfb["lower"], ttfb["by"], ttfb["budget_left"]) == ("", "", "")
    assert ttfb["missing"] == "; ".join(what.pages[0].judgements[0].verdict.missing)


def test_columns_are_the_fields_of_json_that_are_no_mappings_and_stand_in_the_docs() -> None:
    (verdict, *_) = plain(report(page_report(page_data())), Finding.MET)["pages"][0]["verdicts"]
    single = [name for name, value in verdict.items() if not isinstance(value, dict)]
    assert sorted(HEADINGS) == sorted(["made_at", "vendor", "page", *single])
    assert list(docs_page("docs/reports.md").under("A report as CSV", "column").by_first()) == list(HEADINGS)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    (row, *_) = read(report(replace(page_report(page_data()), vendor=name)))
    assert row["vendor"] == f"'{name}"


def test_names_keep_their_commas_quotes_and_lines() -> None:
    (row, *_) = read(report(replace(page_report(page_data()), vendor='a,"b"\nc')))
    assert row["vendor"] == 'a,"b"\nc'


def test_negative_figures_stay_figures() -> None:
    assert float(read(report(page_report(page_data())))[2]["budget_left"]) < -100
