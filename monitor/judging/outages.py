"""Keeps the outages of a series in the store: made from its samples, replaced a stretch at a time."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.judging.trace import Before, trace
from storage.looks import good_before, measurements
from storage.marks import WHOLE, mark
from storage.outages import OutageRow, outage_at, replace_outages
from storage.series import Series
from storage.store import Store
from storage.tables import EPOCH

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Beginning:
    """From where on samples are read."""

    since: datetime
    before: Before
    after: datetime
    """Outages that began after it are replaced."""


def remake_outages(
    store: Store,
    series: Series,
    number: int,
    every: float,
    start: datetime,
    end: datetime | None = None,
    *,
    quick: bool = False,
) -> bool:
    """Make all outages of a series anew that overlap a stretch of time, from its samples.

    With ``quick``, one that goes on is carried on from where it was, which is right unless samples came late.

    Returns:
        Whether the newest one has not been seen to end.
    """
    with store.reading() as connection:
        begin = _beginning(connection, series, number, start, quick)
        with closing(measurements(connection, series, begin.since)) as samples:  # type: ignore[type-var]  # a generator
            found, stop = trace(samples, number, every, begin.before, end)
    if found == [begin.before.begun]:
        return True
    with store.writing() as connection:
        replace_outages(connection, number, begin.after, stop, found)
    return bool(found) and found[-1].first_good is None


def _beginning(
    connection: Connection, series: Series, number: int, start: datetime, quick: bool
) -> _Beginning:
    """The last good sample before a stretch, and before the outage that lasts into it.

    Where samples from there on were deleted already, nothing would tell that the page had been well in
    between: an outage that was kept is carried on then, and nothing is made of what is left.
    """
    kept = _lasting(connection, number, start)
    if quick and kept is not None and kept.first_good is None:
        return _carried_on(kept)
    good = good_before(connection, series, kept.first_bad if kept else start)
    whole = mark(connection, WHOLE)
    if whole is None or (good is not None and good >= whole):
        since = good or EPOCH
        return _Beginning(since, Before(good), since)
    if kept is None or kept.last_bad < whole:
        return _Beginning(whole, Before(), whole - _MOMENT)
    if kept.first_good is None:
        return _carried_on(kept)
    return _Beginning(kept.first_good, Before(kept.first_good), kept.first_good)


def _lasting(connection: Connection, number: int, start: datetime) -> OutageRow | None:
    """The outage in the store that began before a moment and was not over by then."""
    kept = outage_at(connection, number, start)
    if kept is None or (kept.first_good is not None and kept.first_good < start):
        return None
    return kept


def _carried_on(kept: OutageRow) -> _Beginning:
    return _Beginning(kept.last_bad + _MOMENT, Before(begun=kept), kept.first_bad - _MOMENT)
