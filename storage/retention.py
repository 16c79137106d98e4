"""Retention: what is too old is deleted, failures later than successes, hours sooner than days."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, Exists, Select, delete, exists, select

from probes.sample import Outcome
from storage.engine import writing
from storage.marks import note_deletion
from storage.tables import outages, rollups, samples, unsettled
from storage.unsettled import DAY, HOUR

BATCH = 2000
"""Rows deleted in one transaction, so that no writer waits for long."""


def purge(engine: Engine, now: datetime, successes: timedelta, failures: timedelta) -> int:
    """Delete what is older than it may get, and say how many samples that were."""
    deleted = 0
    for outcome in Outcome:
        edge = now - (successes if outcome is Outcome.UP else failures)
        with writing(engine) as connection:
            note_deletion(connection, outcome.value, edge)
        while number := _purge_batch(engine, outcome, edge):
            deleted += number
    return deleted


def _purge_batch(engine: Engine, outcome: Outcome, edge: datetime) -> int:
    oldest = (
        select(samples.c.id)
        .where(samples.c.outcome == outcome.value, samples.c.at < edge)
        .order_by(samples.c.at)
        .limit(BATCH)
        # Agents that purge one store at the same time take different rows. (SQLite has one writer anyway.)
        .with_for_update(skip_locked=True)
    )
    with writing(engine) as connection:
        return connection.execute(delete(samples).where(samples.c.id.in_(oldest))).rowcount


def purge_rollups(engine: Engine, now: datetime, hours: timedelta, days: timedelta) -> int:
    """Delete the hours whose age is beyond ``hours`` and whose day is there, and all beyond ``days``.

    Returns:
        How many rows were deleted. An hour without its day (its slices changed their length) stays as long
        as days do, and so does all of a day that is not settled.
    """
    hour_edge, day_edge = (_midnight(now - age) for age in (hours, days))
    deleted = 0
    with engine.connect() as connection:
        busy = {start - start % DAY for start in connection.scalars(select(unsettled.c.start))}
        old = {period: set(connection.scalars(_starts(period, day_edge))) for period in (HOUR, DAY)}
        covered = set(connection.scalars(_starts(HOUR, hour_edge).where(_has_day()))) - old[HOUR]
    for period, starts in old.items():
        for start in sorted(starts):
            deleted += _purge_start(engine, period, start, whole=True)
    for start in sorted(covered):
        if start - start % DAY not in busy:
            deleted += _purge_start(engine, HOUR, start, whole=False)
    edge = now - days
    with writing(engine) as connection:
        deleted += connection.execute(delete(outages).where(outages.c.last_bad < edge)).rowcount
        connection.execute(delete(unsettled).where(unsettled.c.start < day_edge))
    return deleted


def _midnight(at: datetime) -> int:
    return int(at.timestamp() // DAY) * DAY


def _starts(period: int, edge: int) -> Select[int]:
    return select(rollups.c.start).distinct().where(rollups.c.period == period, rollups.c.start < edge)


def _has_day() -> Exists:
    day = rollups.alias("day")
    return exists().where(
        day.c.series == rollups.c.series,
        day.c.period == DAY,
        day.c.start == rollups.c.start - rollups.c.start % DAY,
    )


def _purge_start(engine: Engine, period: int, start: int, *, whole: bool) -> int:
    """Delete the rows of one hour or day, in a transaction of its own, so that no writer waits for long."""
    gone = delete(rollups).where(rollups.c.period == period, rollups.c.start == start)
    if not whole:
        gone = gone.where(_has_day())
    with writing(engine) as connection:
        return connection.execute(gone).rowcount
