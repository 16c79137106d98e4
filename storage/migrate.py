"""Brings a database to the tables of today, from within the package: no alembic.ini, no command to run."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.failure import StoreUnavailable
from storage.migrations import NEWEST

# Alembic's `op` and `context` are of the process, not of the caller.
_one_at_a_time = threading.Lock()

_ADVISORY_KEY = 0x6C616E64  # any number that no other program on the same database uses: "land"


def migrate(connection: Connection) -> None:
    """Run the steps that are missing, in the connection's transaction.

    Agents that start together on one store wait for each other: on SQLite by the transaction itself, which
    is immediate, on PostgreSQL by a lock that ends with it.

    Raises:
        StoreUnavailable: the database was made by a newer landwatch.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
    if _stands_at(connection) == NEWEST:
        return
    # Half a second of imports, for once in a database's life.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        with _one_at_a_time:
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable(f"the tables are not of this version of landwatch: {error}") from error


def is_behind(connection: Connection) -> bool:
    """Whether the tables are there, and are those of an older landwatch."""
    return (_stands_at(connection) or NEWEST) < NEWEST


def _stands_at(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
