"""The spool: what the store has not taken yet waits on local disk, in order, and survives kill -9.

One SQLite file, one JSON document for each sample. It opens its file when it is first used, so that a full
or missing disk shows where a sample is kept, not where the daemon starts. A file that is damaged is moved
aside, for somebody to look at, and a new one is begun.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from probes.sample import Sample
from storage.encoding import sample_json
from storage.engine import make_private
from storage.failure import SpoolUnavailable

__all__ = ["Spool", "SpoolUnavailable"]

_SETTINGS = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA journal_size_limit = 16777216;
"""
# AUTOINCREMENT: the number of a sample that has left is never given to another.
_TABLES = """
CREATE TABLE IF NOT EXISTS waiting (
    seq INTEGER CONSTRAINT pk_waiting PRIMARY KEY AUTOINCREMENT, sample BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    seq INTEGER CONSTRAINT pk_refused PRIMARY KEY, sample BLOB NOT NULL, reason TEXT NOT NULL
);
"""
_FREE_PAGES = 1024
"""Unused pages (of 4 KiB) that an empty spool keeps; what is beyond them goes back to the disk."""
_BUSY_TIMEOUT = 5.0
_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)
"""Errors that say nothing against the open file."""

_log = structlog.get_logger("landwatch.spool")


class Spool:
    """A queue of samples in the file ``path``. May be used from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self._checked = False
        self._waiting = 0
        self._refused = 0

    def __len__(self) -> int:
        """How many samples wait, as far as the file was read."""
        return self._waiting

    @property
    def refused(self) -> int:
        """How many samples lie aside in the file, because no store takes them."""
        return self._refused

    def append(self, samples: Sequence[Sample]) -> None:
        """Put samples at the end. When this returns, they are on the disk.

        Raises:
            SpoolUnavailable: the disk did not take them; none of them is in the spool.
        """
        rows = [(sample_json(sample),) for sample in samples]
        with self._transaction() as connection:
            connection.executemany("INSERT INTO waiting (sample) VALUES (?)", rows)
        with self._lock:
            self._waiting += len(rows)

    def head(self, number: int) -> list[tuple[int, Sample]]:
        """The ``number`` samples that have waited longest, each with its place in the queue.

        A row that holds no sample (another version's, say) is put aside on the way.
        """
        while True:
            with self._transaction() as connection:
                rows = connection.execute(
                    "SELECT seq, sample FROM waiting ORDER BY seq LIMIT ?", (number,)
                ).fetchall()
            found = []
            for seq, text in rows:
                try:
                    found.append((seq, Sample.from_json(text)))
                except ValueError as error:
                    self.refuse(seq, str(error))
            if found or not rows:
                return found

    def remove(self, upto: int) -> None:
        """Forget the samples up to and including the place ``upto``: the store has them."""
        with self._transaction() as connection:
            gone = connection.execute("DELETE FROM waiting WHERE seq <= ?", (upto,)).rowcount
        with self._lock:
            self._waiting -= gone
        if not self._waiting:
            self._shrink()

    def refuse(self, seq: int, reason: str) -> None:
        """Lay one sample aside, in the same file, so that those behind it can go on."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO refused SELECT seq, sample, ? FROM waiting WHERE seq = ?",
                (reason, seq),
            )
            gone = connection.execute("DELETE FROM waiting WHERE seq = ?", (seq,)).rowcount
        with self._lock:
            self._waiting -= gone
            self._refused += gone
        _log.error("sample_refused", seq=seq, reason=reason, file=str(self.path))

    def close(self) -> None:
        """Close the file. What is used afterwards opens it again."""
        with self._lock:
            self._close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._file() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # some errors have ended it already
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._open or self._connect()
            except (sqlite3.Error, OSError) as error:
                self._recover(error)
                raise SpoolUnavailable(f"{self.path}: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = self._open_file()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._move_aside(error)
            connection = self._open_file()
        self._open = connection
        self._waiting = connection.execute("SELECT count(*) FROM waiting").fetchone()[0]
        self._refused = connection.execute("SELECT count(*) FROM refused").fetchone()[0]
        return connection

    def _open_file(self) -> sqlite3.Connection:
        make_private(self.path)
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            if not self._checked:  # before anything is written to it
                verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if verdict != "ok":
                    raise _Damaged(verdict)
                self._checked = True
            connection.executescript(_SETTINGS + _TABLES)
        except BaseException:
            connection.close()
            raise
        return connection

    def _recover(self, error: Exception) -> None:
        """Leave the file in a state from which the next call can start."""
        if _is_damage(error):
            self._move_aside(error)
        elif _code(error) not in _PASSING:
            self._close()

    def _move_aside(self, error: Exception) -> None:
        self._close()
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{suffix}").rename(f"{aside}{suffix}")
        self._waiting = self._refused = 0
        _log.error("spool_damaged", reason=str(error), moved_to=str(aside))

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _shrink(self) -> None:
        """Give back to the disk what a long wait took from it."""
        with suppress(SpoolUnavailable), self._file() as connection:
            if connection.execute("PRAGMA freelist_count").fetchone()[0] > _FREE_PAGES:
                connection.executescript("PRAGMA incremental_vacuum")  # execute() would free a single page


class _Damaged(sqlite3.DatabaseError):
    """The file is a database, but not a sound one."""


def _code(error: Exception) -> int:
    """SQLite's primary result code, or -1."""
    return getattr(error, "sqlite_errorcode", -1) & 0xFF if isinstance(error, sqlite3.Error) else -1


def _is_damage(error: Exception) -> bool:
    return isinstance(error, _Damaged) or _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
