"""The engine: how each database is opened, and how its errors are told apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from storage.encoding import json_text
from storage.failure import SampleRefused, StoreUnavailable

BUSY_TIMEOUT = 2.0
"""Seconds to wait for another writer of a SQLite store; what waits longer goes to the spool."""

_POSTGRESQL_CONNECT = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # ms: a network that swallows packets is noticed, not waited for
    "application_name": "landwatch",
}


def parse_url(url: str) -> URL:
    """The URL of a store, with the driver that we use for its database.

    Raises:
        ValueError: it is no URL of a database that landwatch can keep samples in.
    """
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise ValueError(f"not the URL of a database: {error}") from error
    name = parsed.get_backend_name()
    if name in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if name != "sqlite":
        raise ValueError(f"a store is sqlite:///PATH or postgresql://..., not {name}")
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("a SQLite store needs a file: sqlite:///PATH")
    return parsed


def open_engine(url: URL, *, durable: bool = True) -> Engine:
    """An engine for a URL from :func:`parse_url`. It connects when it is first used.

    What a SQLite store that is not ``durable`` took may be lost with the machine, not with the process.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, durable)
    return create_engine(
        url,
        json_serializer=json_text,
        json_deserializer=orjson.loads,
        pool_pre_ping=True,
        # What the URL sets by itself wins.
        connect_args={key: value for key, value in _POSTGRESQL_CONNECT.items() if key not in url.query},
    )


def make_private(path: Path) -> None:
    """Make an empty file that only its owner reads, and its folder, where they do not exist yet."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _open_sqlite(url: URL, durable: bool) -> Engine:
    engine = create_engine(
        url,
        json_serializer=json_text,
        json_deserializer=orjson.loads,
        connect_args={} if "timeout" in url.query else {"timeout": BUSY_TIMEOUT},
    )

    @event.listens_for(engine, "do_connect")
    def create(_dialect: Any, _record: Any, arguments: list[Any], _keywords: dict[str, Any]) -> None:
        make_private(Path(arguments[0]))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA journal_mode = WAL")
        # The sample's only copy: what was committed must outlive a loss of power.
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA journal_size_limit = 67108864")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns into a write is refused at once when another one writes.
        writes = connection.get_execution_options().get("landwatch_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; it is committed when the block ends."""
    with engine.execution_options(landwatch_writes=True).begin() as connection:
        yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of SQLAlchemy and its drivers into ours."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        ours = SampleRefused if _is_refusal(error) else StoreUnavailable
        raise ours(_words(error)) from error


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, ProgrammingError):
        # The driver's own word that it can't send a value; the server's (no table, no right) has a code.
        return getattr(error.orig, "sqlstate", None) is None
    return isinstance(error, DataError | IntegrityError)


def _words(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).strip() or type(cause).__name__
