from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from bundling import SHORT, bundle_of, config_in, half_a_day, keep_books

from monitor.config import Config
from storage.store import Store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, once of each kind."""
    with closing(Store(store_url, durable=False)) as made:
        yield made


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(f"sqlite:///{tmp_path}/live.db", durable=False)) as made:
        yield made


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_in(tmp_path / "state")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of three hours, made once: tests copy it."""
    folder = tmp_path_factory.mktemp("evidence")
    config = config_in(folder / "state")
    with closing(Store(f"sqlite:///{folder}/live.db", durable=False)) as store:
        store.add(half_a_day(SHORT))
        keep_books(store, config, SHORT)
        bundle_of(store, config, folder / "bundle", now=SHORT)
    return folder


@pytest.fixture
def bundle(made_once: Path, tmp_path: Path) -> Path:
    """A copy of it, to tamper with."""
    return Path(shutil.copytree(made_once / "bundle", tmp_path / "bundle"))
