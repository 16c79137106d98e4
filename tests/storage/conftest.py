from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "state" / "spool.db")
    yield spool
    spool.close()
