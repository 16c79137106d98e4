"""Scale: 1,000 pages every 15 s on one core, while /metrics is scraped every 5 s."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from agent import Agent, agent
from exposition import ASKED, Buckets, total
from pages import Site
from pinned import Cores
from plan import Plan
from pulse import Pulse

PAGES = 1000
EVERY = 15.0
SCRAPE_EVERY = 5.0


@dataclass
class Scale:
    """What was seen."""

    seconds: float = 0.0
    run: int = 0
    skipped: int = 0
    not_up: int = 0
    schedule_lag: float = 0.0
    """The edge of the bucket that holds the 99th percentile."""
    loop_lag: float = 0.0
    """The edge of the bucket that holds the longest."""
    resident: int = 0
    resident_at_most: int = 0
    cpu: float = 0.0
    """Share of the core."""
    renders: list[float] = field(default_factory=list)
    """Seconds that each scrape took."""
    stall: float = 0.0
    """The longest that /healthz took to answer while /metrics was being rendered."""
    machine_stall: float = 0.0
    """The longest that a thread of the benchmark's own on the other core was late."""
    size: int = 0
    size_gzip: int = 0


def measure(folder: Path, cores: Cores, site: Site, plan: Plan) -> Scale:
    """Watch the pages for a while."""
    urls = {f"page-{number:04}": site.url("/large.html") for number in range(PAGES)}
    options = {"ca": str(site.ca), "resolve": [site.resolve]}
    found = Scale()
    with agent(folder, cores.measured, urls, EVERY, options) as running:
        time.sleep(plan.scale_warm_up)
        before, used, began = running.scrape(), running.process.cpu, time.monotonic()
        with Pulse() as pulse:
            _scrape_for(running, plan.scale_window, found)
        found.machine_stall = pulse.longest
        found.seconds = time.monotonic() - began
        found.cpu = (running.process.cpu - used) / found.seconds
        after = running.scrape()
        found.resident = running.process.memory()
        found.resident_at_most = running.process.memory("VmHWM")
        found.size = len(after)
        found.size_gzip = len(running.get("/metrics", ASKED)[1])
    _read(found, before, after)
    return found


def _scrape_for(running: Agent, seconds: float, found: Scale) -> None:
    began = time.monotonic()
    for lap in range(1, int(seconds / SCRAPE_EVERY) + 1):
        time.sleep(max(0.0, began + lap * SCRAPE_EVERY - time.monotonic()))
        _scrape(running, found)


def _scrape(running: Agent, found: Scale) -> None:
    """Scrape once, and see meanwhile how soon the loop answers something else."""

    def scrape() -> float:
        began = time.perf_counter()
        running.scrape()
        return time.perf_counter() - began

    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    with ThreadPoolExecutor(1) as aside, closing(connection):
        scraping = aside.submit(scrape)
        while not scraping.done():
            asked = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            found.stall = max(found.stall, time.perf_counter() - asked)
            time.sleep(0.002)
        found.renders.append(scraping.result())


def _read(found: Scale, before: str, after: str) -> None:
    def grown(name: str, **labels: str) -> int:
        return int(total(after, name, **labels) - total(before, name, **labels))

    found.run = grown("landwatch_runs_total", result="run")
    found.skipped = grown("landwatch_runs_total", result="skipped")
    found.not_up = grown("landwatch_samples_total") - grown("landwatch_samples_total", outcome="up")
    found.schedule_lag = Buckets(before, after, "landwatch_schedule_lag_seconds").at_most(0.99)
    found.loop_lag = Buckets(before, after, "landwatch_loop_lag_seconds").at_most(1.0)
