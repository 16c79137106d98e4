"""kill -9 at any moment leaves books that the next process makes right."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import dyingbooks
from bookkeeping import (
    MIDNIGHT,
    PAGE,
    REGION,
    rolled_up,
    settled,
    stored,
    stored_outages,
    true_outages,
    watches,
)

from monitor.judging.bookkeeper import Bookkeeper
from monitor.judging.every import Paces
from monitor.judging.recompute import plan_of, recompute
from monitor.sla.slices import DAY
from monitor.sla.windows import moment
from storage.store import Store

KILLS = 12
ROOT = Path(__file__).parents[3]


def test_after_kills_at_any_moment_the_books_say_what_the_samples_say(store: Store, store_url: str) -> None:
    store.migrate()
    seed = random.randrange(1_000_000)  # other moments in each run; shown when the test fails
    subprocess.run(
        [sys.executable, dyingbooks.__file__, store_url, str(KILLS), str(seed)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'fixtures'}"},
        check=True,
    )
    samples = list(store.samples())
    every = {PAGE: dyingbooks.EVERY}
    end = MIDNIGHT + 2 * DAY
    settled(Bookkeeper(store, REGION, watches(every), wall=lambda: float(end)), end)
    found = stored(store)
    assert found == rolled_up(samples, every), f"seed {seed}"
    assert stored_outages(store) == true_outages(samples, dyingbooks.EVERY), f"seed {seed}"
    recompute(store, Paces.of(watches(every)), plan_of(store, moment(end + DAY), None, None))
    assert stored(store) == found, f"seed {seed}"
