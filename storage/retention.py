"""Retention: what is too old is deleted, failures later than successes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select

from probes.sample import Outcome
from storage.engine import writing
from storage.tables import samples

BATCH = 2000
"""Rows deleted in one transaction, so that no writer waits for long."""


def purge(engine: Engine, now: datetime, successes: timedelta, failures: timedelta) -> int:
    """Delete what is older than it may get, and say how many samples that were."""
    deleted = 0
    for outcome in Outcome:
        edge = now - (successes if outcome is Outcome.UP else failures)
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
