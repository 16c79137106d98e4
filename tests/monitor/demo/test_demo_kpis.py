"""The demo's KPIs: a file that can be imported, and a scorecard that shows each result."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from scoring import SOURCE

from monitor.config import Config, parse
from monitor.demo.agents import agent_config
from monitor.demo.kpis import DAYS, KPIS, STAGE, kpi_file
from monitor.demo.layout import Layout, lay_out
from monitor.demo.opening import invitation
from monitor.demo.preparation import prepare
from monitor.report.report import PageReport, Report
from monitor.scorecard.csv_file import Expected, KpiFile, read_kpi_file
from monitor.scorecard.history import History
from monitor.scorecard.making import Occasion, make_scorecard
from monitor.scorecard.notation import Notation
from monitor.scorecard.scorecard import Result
from storage.kpis import StoredKpi

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def made(tmp_path: Path) -> Layout:
    layout = replace(lay_out(tmp_path, NOON.timestamp(), 0), started=NOON.timestamp())
    layout.folder.mkdir(parents=True, exist_ok=True)
    return layout


def read(config: Config) -> KpiFile:
    vendors = [vendor.name for vendor in config.vendors]
    expected = Expected(vendors, config.scorecard.registry, NOON.date(), Notation(currency="EUR"))
    return read_kpi_file(kpi_file(NOON.timestamp()).encode(), expected)


def test_the_file_is_right_for_the_agents_configs_and_makes_a_card_with_each_result(tmp_path: Path) -> None:
    layout = made(tmp_path)
    config = parse(agent_config(layout, layout.regions[0]), reveal=False)
    found = read(config)
    history = History.of(StoredKpi(value, SOURCE) for value in found.values)
    pages = [PageReport(vendor.name, "landing", []) for vendor in config.vendors]
    occasion = Occasion(STAGE, NOON)
    card = make_scorecard(Report(NOON, "", pages), config.scorecard, occasion, history)
    results = {one.vendor: [line.result for line in one.lines if line.judged] for one in card.cards}
    assert results == {
        "swift": [Result.PASS] * 4,
        "slow": [Result.PASS, Result.FAIL, Result.FAIL, Result.FAIL],
        "shaky": [Result.FAIL, Result.NOT_ENOUGH, Result.NOT_ENOUGH, Result.NOT_ENOUGH],
    }
    assert (card.first, card.running) == (date(2026, 10, 25), False)
    assert len({value.day for value in found.values}) == DAYS


def test_the_file_lies_ready_and_the_opening_says_what_to_do_with_it(tmp_path: Path) -> None:
    layout = made(tmp_path)
    prepare(layout)
    assert layout.path(KPIS).read_text() == kpi_file(NOON.timestamp())
    words = invitation(layout)
    config = f"--config {layout.path('eu-west.yaml')}"
    assert f"landwatch kpi import {layout.path(KPIS)} {config}\n" in words
    assert f"landwatch report --stage {STAGE} {config}\n" in words
