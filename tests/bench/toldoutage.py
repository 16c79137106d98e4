"""How soon an outage is told, and its end: the way that tests/monitor/test_alert_delivered.py goes, timed.

Two agents, Prometheus and Alertmanager run as ``deploy/`` has them. By itself, on a quiet machine:
``python tests/bench/toldoutage.py [--rounds 10]``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.extend(str(Path(__file__).resolve().parents[2] / folder) for folder in (".", "tests/fixtures"))

from alerting import Delivery, delivery
from rich.console import Console

AT_MOST = 20.0
"""Seconds from the sample that confirms an outage to the message: a slice, and 5 s."""
PAUSE = 20.0
"""Seconds between two outages at least: a random part is added, so that they begin anywhere in a slice."""


async def outage(run: Delivery) -> tuple[float, float]:
    """Seconds from the confirming sample to the message, and from the page's return to the next one."""
    began = time.time()
    run.up = False
    fired = await run.post("LandwatchPageDown", "firing", began)
    told = fired.at - run.confirmed_at(began)
    mended = time.time()
    run.up = True
    cleared = await run.post("LandwatchPageDown", "resolved", mended)
    return told, cleared.at - run.recovered_at(mended)


async def measure(rounds: int) -> int:
    """Measure, print, and say whether every message came in time (0) or not (1)."""
    console = Console(highlight=False)
    told = []
    with tempfile.TemporaryDirectory(prefix="landwatch-alerting-") as folder:
        async with delivery(Path(folder)) as run:
            for number in range(rounds):
                await asyncio.sleep(PAUSE + random.random() * 15)
                fired, cleared = await outage(run)
                told.append(fired)
                words = f"told {fired:.1f} s after the confirming sample, over {cleared:.1f} s after"
                console.print(f"{number + 1}: {words}")
    console.print(f"median {statistics.median(told):.1f} s, longest {max(told):.1f} s, at most {AT_MOST:g} s")
    return int(max(told) > AT_MOST)


if __name__ == "__main__":
    words = argparse.ArgumentParser(description="How soon an outage is told.")
    words.add_argument("--rounds", type=int, default=10)
    sys.exit(asyncio.run(measure(words.parse_args().rounds)))
