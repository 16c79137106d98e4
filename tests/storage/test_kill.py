"""kill -9 at any moment loses no sample that was promised to be kept, and damages nothing."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import killing

from storage.recorder import Recorder
from storage.spool import Spool
from storage.store import Store

KILLS = 60
ROOT = Path(__file__).parents[2]


def kill_again_and_again(store_url: str, spool: Path) -> dict[str, Any]:
    seed = random.randrange(1_000_000)  # other moments in each run; shown when the test fails
    done = subprocess.run(
        [sys.executable, killing.__file__, store_url, spool, str(KILLS), str(seed)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'fixtures'}"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    outcome: dict[str, Any] = json.loads(done.stdout)
    assert len(outcome["promised"]) > KILLS, f"seed {seed}"
    assert outcome["verdicts"] == ["ok"], f"seed {seed}"
    return outcome


def ids_in(spool: Spool) -> list[str]:
    return [sample.id for _, sample in spool.head(1_000_000)]


def test_what_the_spool_took_is_still_there(spool: Spool) -> None:
    promised = kill_again_and_again("-", spool.path)["promised"]
    found = ids_in(spool)
    assert set(promised) <= set(found)
    assert len(found) == len(set(found))
    assert len(spool) == len(found)


def test_what_the_recorder_kept_is_still_there(store: Store, store_url: str, spool: Spool) -> None:
    store.migrate()
    promised = kill_again_and_again(store_url, spool.path)["promised"]
    assert set(promised) <= {sample.id for sample in store.samples()} | set(ids_in(spool))
    Recorder(store, spool).close(60)  # the next process brings the rest to the store
    assert ids_in(spool) == []
    stored = [sample.id for sample in store.samples()]
    assert set(promised) <= set(stored)
    assert len(stored) == len(set(stored))
    assert list(spool.path.parent.glob("*damaged*")) == []
