"""The store: every sample, in SQLite or PostgreSQL.

One class serves both; what differs between them is in engine.py and tables.py. It is used from threads,
never from the event loop, and may be used from several at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, select, text

from probes.sample import Sample
from storage.engine import open_engine, parse_url, translated, writing
from storage.failure import SampleRefused, StoreUnavailable
from storage.filters import EVERY_SAMPLE, SampleFilter
from storage.migrate import is_behind, migrate
from storage.retention import purge, purge_rollups
from storage.rows import insert_statement, to_row, to_sample
from storage.standing import Standing, standing
from storage.tables import samples
from storage.unsettled import hours_of, unsettle

__all__ = ["SampleRefused", "Store", "StoreUnavailable"]

STREAMED = 500
"""Rows that are held at once while samples are read."""


class Store:
    """The samples of one database: ``sqlite:///PATH`` or ``postgresql://...``.

    Making one does no I/O: it connects when it is first used, and a method that can't have what it needs
    raises :class:`StoreUnavailable`.

    Args:
        url: where it is.
        durable: whether what was added must outlive a loss of power; a temporary SQLite store need not.

    Raises:
        ValueError: ``url`` names no database that samples can be kept in.
    """

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self._url = parse_url(url)
        self._engine = open_engine(self._url, durable=durable)
        self._postgresql = self._engine.dialect.name == "postgresql"
        self._insert = insert_statement(self._postgresql)
        self._migrating = threading.Lock()
        self._migrated = False

    @property
    def local(self) -> bool:
        """Whether it is a file on this machine: what it took is as safe as in a spool."""
        return not self._postgresql

    def migrate(self) -> None:
        """Bring the tables to what this version needs; where they are so already, only look.

        The first write does the same, so that a store that was away at the start needs no second call.
        """
        with self._migrating:
            if self._migrated:
                return
            with translated(), writing(self._engine) as connection:
                migrate(connection)
            self._migrated = True

    def add(self, batch: Sequence[Sample]) -> None:
        """Keep the samples, all or none, in one transaction. One that is there already is left as it is.

        Raises:
            StoreUnavailable: not now.
            SampleRefused: at least one of them never; offered one by one, the others are taken.
        """
        if not batch:
            return
        try:
            rows = [to_row(sample, self._postgresql) for sample in batch]
        except (AttributeError, TypeError, ValueError) as error:
            raise SampleRefused(f"not a sample: {error}") from error
        try:
            with self.writing() as connection:
                connection.exec_driver_sql(self._insert, rows)
                unsettle(connection, hours_of(batch))
        except (OverflowError, TypeError, ValueError) as error:  # the driver's, about a value
            raise SampleRefused(str(error)) from error

    def samples(self, wanted: SampleFilter = EVERY_SAMPLE) -> Iterator[Sample]:
        """The samples that match, oldest first, streamed: few of them are in memory at once."""
        with self.reading() as connection:
            connection.execution_options(yield_per=STREAMED)
            with closing(connection.execute(_query(wanted))) as rows:
                for row in rows:
                    yield to_sample(row)

    def standing(self, since: datetime) -> list[Standing]:
        """How each series has done since then."""
        with self.reading() as connection:
            return standing(connection, since)

    def purge(self, now: datetime, successes: timedelta, failures: timedelta) -> int:
        """Delete samples that were up and are older than ``successes``, and others older than ``failures``.

        Returns:
            How many were deleted.
        """
        self.migrate()
        with translated():
            return purge(self._engine, now, successes, failures)

    def purge_rollups(self, now: datetime, hours: timedelta, days: timedelta) -> int:
        """Delete the rollups of hours older than ``hours``, where their day is there, and all of ``days``.

        Returns:
            How many were deleted, with outages as old.
        """
        self.migrate()
        with translated():
            return purge_rollups(self._engine, now, hours, days)

    def ping(self) -> None:
        """Return when the database answers.

        Raises:
            StoreUnavailable: it does not.
        """
        with translated(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give back all connections. What is used afterwards connects again."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes, on the tables of today; it is committed when the block ends."""
        if not self._migrated:
            self.migrate()
        with translated(), writing(self._engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read by. No empty database is made where somebody mistyped a path, and no table."""
        with translated():
            if self.local and not Path(self._url.database or "").exists():
                raise StoreUnavailable(f"no database at {self._url.database}")
            with self._engine.connect() as connection:
                if not self._migrated and is_behind(connection):
                    raise StoreUnavailable(
                        "its tables are those of an older landwatch; `landwatch run` brings them up to date"
                    )
                yield connection


def _query(wanted: SampleFilter) -> Select[*tuple[Any, ...]]:
    query = select(samples).order_by(samples.c.at, samples.c.id)
    if wanted.since is not None:
        query = query.where(samples.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(samples.c.at < wanted.until)
    if wanted.outcome is not None:
        query = query.where(samples.c.outcome == wanted.outcome.value)
    for name in ("vendor", "page", "region", "probe", "variant"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(samples.c[name] == value)
    return query
