"""What a scorecard reads from both databases: its stage's days, and those of baselines."""

from __future__ import annotations

from datetime import UTC, datetime

from scoring import SOURCE, daily, day, settings

from monitor.report.report import PageReport, Report
from monitor.scorecard.making import Occasion
from monitor.scorecard.reading import read_scorecard
from monitor.scorecard.scorecard import Result
from storage.kpis import write_kpis
from storage.store import Store


def test_a_scorecard_is_made_of_what_was_imported(store: Store) -> None:
    rows = [
        *daily("content", lambda number: 1),
        *daily("conversions", lambda number: 30 if number >= 0 else 20, range(-60, 90)),
        *daily("visits", lambda number: 1000, range(-60, 90)),
        *daily("content", lambda number: 9, vendor="rival"),
        *daily("retired", lambda number: 1),  # a KPI that the config does not know any more
    ]
    with store.writing() as connection:
        write_kpis(connection, [row.value for row in rows], SOURCE)
    now = datetime(2027, 2, 1, tzinfo=UTC)
    report = Report(now, "", [PageReport("easyshop", "sale", [])])
    told = settings(
        baselines=[
            {"vendor": "easyshop", "kpi": "conversion_rate", "from": day(-60), "until": day(-1)},
            {"vendor": "easyshop", "kpi": "cpa", "value": 10},
            {"vendor": "rival", "kpi": "content", "from": day(-60), "until": day(-1)},
        ]
    )
    trial = read_scorecard(store, report, told, Occasion("trial", now, day(0)))
    (card,) = trial.cards
    lines = {line.name: line for line in card.lines}
    assert (lines["content"].value, lines["content"].result) == (30, Result.PASS)
    assert lines["content"].sources == ("kpis.csv (SHA-256 0123456789ab)",)
    stable = read_scorecard(store, report, told, Occasion("stable", now, day(0))).cards[0]
    (rate,) = (line for line in stable.lines if line.name == "conversion_rate against the baseline")
    assert (rate.result, rate.value_words, rate.days) == (Result.PASS, "+50 %", 90)
