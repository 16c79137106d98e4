"""What tests of every floor share. Each fixture imports what it needs, so that the others stay light."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from authority import Authority
    from delayserver import DelayServer
    from enduring import Endure
    from prober import Prober
    from storing import PostgresServer
    from visiting import Visit

    from storage.store import Store


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that a probe can be told to trust."""
    from authority import Authority

    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    """An open http probe. A visit takes the url, the timeout, and the options, and gives the sample."""
    from visiting import visitor

    async with visitor() as opened:
        yield opened


@pytest.fixture
async def endure(visit: Visit) -> Endure:
    """A visit that is held to its deadline. It takes the url and the options, and gives the sample."""
    from enduring import Endure

    return Endure(visit)


@pytest.fixture(scope="session")
def delays(authority: Authority) -> Iterator[DelayServer]:
    """A server on https://localhost that knows how long it made each request wait."""
    from delayserver import delay_server

    leaf = authority.leaf("localhost")
    with delay_server(leaf.certificate, leaf.key) as server:
        yield server


@pytest.fixture(scope="session")
def h3_delays(authority: Authority) -> Iterator[DelayServer]:
    """The same over HTTP/3."""
    from h3_delays import h3_delay_server

    leaf = authority.leaf("localhost")
    with h3_delay_server(leaf.certificate, leaf.key) as server:
        yield server


@pytest.fixture(scope="session")
def prober() -> Iterator[Prober]:
    """A process of its own that visits what it is told and counts what that took."""
    from prober import prober

    with prober() as process:
        yield process


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    from storing import postgres_server

    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: the same test, once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/landwatch.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.make_database()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, once of each kind."""
    from storage.store import Store

    made = Store(store_url)
    yield made
    made.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a file."""
    from storage.store import Store

    made = Store(f"sqlite:///{tmp_path}/state/landwatch.db")
    yield made
    made.close()
