"""Reads the history that a scorecard needs: the days of its stage, and those of baselines."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.scorecard import ScorecardSettings
from monitor.report.report import Report
from monitor.scorecard.days import Days
from monitor.scorecard.history import History
from monitor.scorecard.making import Occasion, make_scorecard
from monitor.scorecard.scorecard import Scorecard
from storage.kpis import StoredKpi, read_kpis
from storage.store import Store


def read_scorecard(
    store: Store, report: Report, settings: ScorecardSettings, occasion: Occasion
) -> Scorecard:
    """The scorecard that belongs to a report. It blocks.

    Raises:
        StoreUnavailable: the store can't be read.
    """
    history = History.of(_rows(store, report, settings, occasion), settings.time_zone)
    return make_scorecard(report, settings, occasion, history)


def _rows(
    store: Store, report: Report, settings: ScorecardSettings, occasion: Occasion
) -> Iterator[StoredKpi]:
    days = occasion.days(settings)
    vendors = dict.fromkeys(page.vendor for page in report.pages)
    with store.reading() as connection:
        for vendor in vendors:
            yield from read_kpis(connection, vendor=vendor, since=days.first, until=days.passed)
        for told in settings.baselines:
            if told.vendor not in vendors or told.since is None or told.until is None:
                continue
            past = Days.through(told.since, told.until, occasion.now, settings.time_zone)
            for name in _made_of(settings, told.kpi):
                yield from read_kpis(
                    connection, vendor=told.vendor, kpi=name, since=past.first, until=past.passed
                )


def _made_of(settings: ScorecardSettings, name: str) -> list[str]:
    """The KPIs that one is made of, and itself."""
    kpi = settings.registry[name]
    return [name, *(part for part in (kpi.numerator, kpi.denominator) if part is not None)]
