"""The tail: samples of the newest hours that no stored rollup holds yet.

An agent writes what changed once a minute. All samples of a series that are newer than the newest one in its
rollup are not in it, because the runs of a series follow each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from sqlalchemy import Connection

from monitor.judging.every import Cut
from monitor.sla.rollups import Rollup
from monitor.sla.slices import HOUR
from monitor.sla.windows import moment
from probes.sample import Sample
from storage.looks import looks, series_of
from storage.rollups import RollupRow
from storage.series import Series
from storage.tables import to_microseconds
from storage.unsettled import Stretch

SLACK = timedelta(minutes=3)
"""How much older than the newest sample in any rollup of an hour one may be that is in none: runs take time,
and what ended is written a minute later."""

Known = Mapping[tuple[Series, int], RollupRow]
"""The rows of hours, by series and start."""


def tail_of(
    connection: Connection,
    stretch: Stretch,
    known: Known,
    pages: Collection[str],
    cut_of: Callable[[Series], Cut],
) -> dict[Series, Rollup]:
    """What samples of an hour of a region say that are in no row of ``known``, by series."""
    rows = [row for (one, at), row in known.items() if one.region == stretch.region and at == stretch.start]
    since = moment(stretch.start)
    if rows:
        since = max(since, moment(max(row.newest for row in rows) / 1e6) - SLACK)
    fresh: dict[Series, list[Sample]] = defaultdict(list)
    for sample in looks(connection, since, moment(stretch.start + HOUR), region=stretch.region, pages=pages):
        series = series_of(sample)
        row = known.get((series, stretch.start))
        if row is None or to_microseconds(sample.at) > row.newest:
            fresh[series].append(sample)
    found = {}
    for series, samples in fresh.items():
        row = known.get((series, stretch.start))
        cut = Cut.of_row(row) if row is not None else cut_of(series)
        found[series] = cut.rollup(samples, stretch.start)
    return found
