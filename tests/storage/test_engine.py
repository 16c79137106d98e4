"""Which URLs name a store, and how a store says that it is not there."""

from __future__ import annotations

import socket
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from storing import START, make_sample

from storage import engine
from storage.store import Store, StoreUnavailable


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_driver_is_ours(scheme: str) -> None:
    assert engine.parse_url(f"{scheme}://db.test/x").drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("nonsense", "not the URL"),
        ("mysql://db.test/x", "not mysql"),
        ("sqlite://", "file"),
        ("sqlite:///:memory:", "file"),
    ],
)
def test_a_url_of_no_store_is_refused_at_once(url: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Store(url)


def test_what_the_url_sets_wins() -> None:
    opened = engine.open_engine(engine.parse_url("postgresql://db.test/x?connect_timeout=1"))
    _, arguments = opened.dialect.create_connect_args(opened.url)
    assert arguments["connect_timeout"] == "1"


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as bound:  # bound, but nobody listens: refused
        bound.bind(("127.0.0.1", 0))
        store = Store(f"postgresql://postgres@127.0.0.1:{bound.getsockname()[1]}/x")
        for use in (
            store.ping,
            store.migrate,
            lambda: store.add([make_sample()]),
            lambda: list(store.samples()),
            lambda: store.standing(START),
            lambda: store.purge(START, timedelta(1), timedelta(1)),
        ):
            with pytest.raises(StoreUnavailable, match="refused"):
                use()
        store.close()


def test_reading_a_file_that_is_not_there_makes_none(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no database at"):
        list(sqlite_store.samples())
    with pytest.raises(StoreUnavailable, match="no database at"):
        sqlite_store.standing(START)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "landwatch.db").write_bytes(b"certainly no database" * 100)
    store = Store(f"sqlite:///{tmp_path}/landwatch.db")
    with pytest.raises(StoreUnavailable, match="not a database"):
        store.add([make_sample()])
    store.close()


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands where the folder should be")
    store = Store(f"sqlite:///{tmp_path}/state/landwatch.db")
    with pytest.raises(StoreUnavailable, match="state"):
        store.ping()
    store.close()


def test_a_locked_file_is_unavailable_and_takes_samples_again(sqlite_store: Store, tmp_path: Path) -> None:
    sqlite_store.add([make_sample(1)])
    sqlite_store.close()
    impatient = Store(f"sqlite:///{tmp_path}/state/landwatch.db?timeout=0.05")
    other = sqlite3.connect(tmp_path / "state" / "landwatch.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable, match="locked"):
        impatient.add([make_sample(2)])
    other.execute("COMMIT")
    other.close()
    impatient.add([make_sample(2)])
    assert len(list(impatient.samples())) == 2
    impatient.close()
