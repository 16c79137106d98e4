"""The page about the dashboards names each panel and variable, and no other."""

from __future__ import annotations

import re

import pytest
from docspages import page, spans
from grafanapanels import Dashboard, dashboards

DOCS = page("docs/dashboards.md")
HEADINGS = {"fleet": "Fleet", "page": "Page", "sla": "SLA", "self": "The monitor itself"}


@pytest.mark.parametrize("board", dashboards(), ids=lambda board: board.name)
def test_every_panel_stands_in_the_docs_in_its_order_and_no_other(board: Dashboard) -> None:
    rows = DOCS.under(HEADINGS[board.name], "panel").rows
    assert [row[0] for row in rows] == [panel["title"] for panel in board.panels]
    assert all(row[1].endswith(".") for row in rows)


def test_every_dashboard_is_there_by_its_uid() -> None:
    rows = DOCS.under("Dashboards", "dashboard").rows
    told = {row[0]: spans(row[1]) for row in rows}
    assert told == {HEADINGS[board.name]: [board.json["uid"]] for board in dashboards()}
    assert {board.json["title"] for board in dashboards()} == {f"landwatch / {name}" for name in told}


def test_every_variable_is_told_with_where_it_is() -> None:
    told: dict[str, set[str]] = {name: set() for name in HEADINGS.values()}
    for names, where, _ in DOCS.under("How to read them", "variable").rows:
        for board in told if where == "all" else where.split(", "):
            told[board].update(spans(names))
    assert told == {HEADINGS[board.name]: set(board.variables) for board in dashboards()}


def test_the_lines_are_where_the_docs_say() -> None:
    for board in dashboards():
        told = {row[0]: row[1] for row in DOCS.under(HEADINGS[board.name], "panel").rows}
        for panel in board.panels:
            beside = re.search(r"beside ([\d.]+)( ms| s|%)?\.", told[panel["title"]])
            steps = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]][1:]
            if beside:
                scale = {" ms": 1000, "%": 100}.get(beside[2] or "", 1)
                assert steps == [float(beside[1]) / scale], panel["title"]
