"""Anomalies of a page: its hours, read from the store, held against its own past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType

from monitor.judging.rows import rollup_of
from monitor.sla.anomaly import HISTORY, Anomaly, anomalies
from monitor.sla.rollups import Rollup
from monitor.sla.slices import HOUR
from monitor.sla.windows import Span
from storage.rollups import read_rollups
from storage.series import series_of_page
from storage.store import Store

LOOKED_AT: Mapping[str, str] = MappingProxyType({"http": "ttfb", "browser": "first_screen"})
"""The figure of each kind of probe in which a page is held against itself."""


def read_anomalies(
    store: Store, vendor: str, page: str, spans: Mapping[str, Span], region: str | None = None
) -> list[Anomaly]:
    """The hours of each probe's window in which the page was worse than it usually is, in order of time.

    It blocks, and raises ``StoreUnavailable``.
    """
    found: list[Anomaly] = []
    with store.reading() as connection:
        numbers = {
            number: one
            for one, number in series_of_page(connection, vendor, page).items()
            if region in (None, one.region) and one.probe in LOOKED_AT and one.probe in spans
        }
        for probe, indicator in LOOKED_AT.items():
            mine = [number for number, one in numbers.items() if one.probe == probe]
            if not mine:
                continue
            span = spans[probe]
            held: dict[int, list[Rollup]] = defaultdict(list)
            for row in read_rollups(connection, mine, HOUR, span.start - HISTORY, span.end):
                held[row.series].append(rollup_of(row, (indicator.encode(),)))
            for number, rows in held.items():
                found += anomalies(numbers[number].region, indicator, rows, span.start)
    return sorted(found, key=lambda one: (one.start, one.indicator, one.region))
