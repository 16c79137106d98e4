"""Cost: CPU for a fresh HTTPS probe, everything included, of landwatch and of blackbox_exporter in turns.

landwatch is a whole daemon: schedule, probe, SQLite, metrics. Its metrics are scraped as often as a page is
visited, as they would be in earnest. blackbox_exporter is asked for one probe at a time over connections that
are kept alive, and answers with its metrics; what Prometheus spends on storing them is not counted. Both meet
the same pages on the same server at the same moments of their windows.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from agent import Agent, agent
from blackbox import Blackbox
from exposition import total
from pages import PAGES, Site
from pinned import Cores, environment, python
from plan import Plan

PROTOCOLS = {"h1": "HTTP/1.1", "h2": "HTTP/2"}
HTTP3_TARGETS = 50
CLIENTS = {
    "probe": "landwatch's probe without the daemon",
    "bare": "bare asyncio TLS client",
    "httpx": "plain httpx client",
}


@dataclass(frozen=True)
class Cost:
    """What one window took."""

    probes: int
    cpu: float
    failed: int = 0

    @property
    def each(self) -> float:
        """Seconds of CPU for a probe."""
        return self.cpu / self.probes


@dataclass
class Comparison:
    """The windows of one page and protocol, in the order in which they were taken."""

    protocol: str
    page: str
    landwatch: list[Cost]
    blackbox: list[Cost]

    @property
    def ratios(self) -> list[float]:
        """Landwatch against blackbox_exporter, each window against the one after it."""
        return [ours.each / theirs.each for ours, theirs in zip(self.landwatch, self.blackbox, strict=False)]


def compare(
    folder: Path, cores: Cores, site: Site, exporter: Blackbox | None, plan: Plan
) -> Iterator[Comparison]:
    """Measure every page by every protocol."""
    for page, path in PAGES.items():
        for protocol in PROTOCOLS:
            found = Comparison(protocol, page, [], [])
            for turn in range(plan.rounds):
                place = folder / f"{protocol}-{path.strip('/')}-{turn}"
                found.landwatch.append(_landwatch(place, cores, site, path, protocol, plan))
                if exporter is not None:
                    found.blackbox.append(_blackbox(exporter, site, path, protocol, plan))
            yield found


def orient(cores: Cores, site: Site, plan: Plan) -> Iterator[tuple[str, str, Cost]]:
    """The other clients: which, by which protocol, and what they took."""
    for kind in CLIENTS:
        for protocol in PROTOCOLS if kind != "bare" else ["h1"]:
            yield kind, protocol, _client(kind, cores, site, protocol, plan)


def over_http3(cores: Cores, site: Site, plan: Plan) -> tuple[Cost, Cost]:
    """Landwatch's probe and a plain aioquic client, at a load that the latter can bear."""
    light = replace(plan, targets=HTTP3_TARGETS)
    return _client("probe", cores, site, "h3", light), _client("aioquic", cores, site, "h3", light)


def median(costs: list[Cost]) -> float:
    """Seconds of CPU for a probe, in the middle window."""
    return statistics.median(cost.each for cost in costs)


def _landwatch(folder: Path, cores: Cores, site: Site, path: str, protocol: str, plan: Plan) -> Cost:
    urls = {f"page-{number:03}": site.url(path) for number in range(plan.targets)}
    options = {"ca": str(site.ca), "resolve": [site.resolve], "protocol": protocol}
    with agent(folder, cores.measured, urls, plan.every, options) as running:
        _scrape_for(running, plan.warm_up, plan.every)
        before, used = running.scrape(), running.process.cpu
        _scrape_for(running, plan.window, plan.every)
        after, used = running.scrape(), running.process.cpu - used
    name = "landwatch_samples_total"
    up = total(after, name, outcome="up") - total(before, name, outcome="up")
    return Cost(int(up), used, int(total(after, name) - total(before, name) - up))


def _scrape_for(running: Agent, seconds: float, every: float) -> None:
    """Let ``seconds`` pass, and scrape as Prometheus would."""
    began = time.monotonic()
    laps = max(1, round(seconds / every))
    for lap in range(1, laps + 1):
        time.sleep(max(0.0, began + lap * seconds / laps - time.monotonic()))
        if lap < laps:
            running.scrape()


def _blackbox(exporter: Blackbox, site: Site, path: str, protocol: str, plan: Plan) -> Cost:
    answers: list[str] = []
    address = f"https://127.0.0.1:{site.port}{path}"

    def drive(seconds: float) -> None:
        asyncio.run(
            exporter.drive(
                protocol,
                lambda _: address,
                lambda _, answer: answers.append(answer),
                targets=plan.targets,
                every=plan.every,
                seconds=seconds,
            )
        )

    drive(plan.warm_up)
    answers.clear()
    used = exporter.process.cpu
    drive(plan.window)
    used = exporter.process.cpu - used
    version = {"h1": "1.1", "h2": "2"}[protocol]
    up = sum("\nprobe_success 1" in text and f"\nprobe_http_version {version}\n" in text for text in answers)
    return Cost(up, used, len(answers) - up)


def _client(kind: str, cores: Cores, site: Site, protocol: str, plan: Plan) -> Cost:
    script = Path(__file__).with_name("clients.py")
    load = [str(plan.targets), str(plan.every), str(plan.window)]
    command = python(str(script), kind, site.url("/small.html"), str(site.ca), protocol, *load)
    taskset = ["taskset", "--cpu-list", str(cores.measured)]
    done = subprocess.run(
        [*taskset, *command], env=environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    said = json.loads(done.stdout)
    return Cost(said["visits"], said["cpu"])
