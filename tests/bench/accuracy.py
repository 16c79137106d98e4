"""Accuracy: how far ``wait`` is off, against a server that knows how long it made each request wait.

landwatch's samples are read from its store, all that were up, tainted ones included; a page is visited once
at a time, so that a sample is paired with the request for its path that came while it ran. For
blackbox_exporter it is ``probe_http_duration_seconds{phase="processing"}``; each of its requests has a path
of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from agent import agent
from authority import Authority
from blackbox import Blackbox
from exposition import total
from pages import NAME
from pinned import Cores, Pinned, pinned, python
from plan import Plan

from probes.sample import Outcome, Sample
from storage.filters import SampleFilter
from storage.store import Store

_TOLERANCE = 0.002
"""Seconds by which a sample's start may be written down later than it was."""


@dataclass(frozen=True)
class Truth:
    """One request: when it came (wall time), and the moments round the hand-over of its answer."""

    arrived: float
    before: float
    after: float

    @property
    def wait(self) -> float:
        """Seconds that it was made to wait."""
        return self.before - self.arrived


@dataclass
class Errors:
    """How far the figures of one program by one protocol were off, in seconds."""

    protocol: str
    off: list[float] = field(default_factory=list)
    """What was said, less the truth."""
    doubt: list[float] = field(default_factory=list)
    """How long the server took to hand the answers over: the truth is not better than that."""
    lost: int = 0
    """Figures without a truth, and probes that failed."""
    tainted: int = 0
    loop_clock: int = 0

    def hold(self, said: float, truth: Truth) -> None:
        """Hold a figure against the truth."""
        self.off.append(said - truth.wait)
        self.doubt.append(truth.after - truth.before)

    def at(self, share: float) -> float:
        """The absolute error that ``share`` of the figures do not exceed."""
        return _at([abs(error) for error in self.off], share)

    def add(self, other: Errors) -> None:
        """Take in another window."""
        self.off += other.off
        self.doubt += other.doubt
        self.lost += other.lost
        self.tainted += other.tainted
        self.loop_clock += other.loop_clock

    def summary(self) -> dict[str, Any]:
        """The figures, in seconds."""
        shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "longest": 1.0}
        return {
            "protocol": self.protocol,
            "samples": len(self.off),
            "lost": self.lost,
            "tainted": self.tainted,
            "timed_by_the_loop": self.loop_clock,
            "error": {name: self.at(share) for name, share in shares.items()},
            "bias": statistics.median(self.off),
            "truth_in_doubt_by": {name: _at(self.doubt, share) for name, share in shares.items()},
        }


def _at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@dataclass(frozen=True)
class Server:
    """The server that knows."""

    port: int
    ca: Path
    process: Pinned

    def record(self) -> dict[str, list[Truth]]:
        """What each path waited since the last record, in the order of arrival."""
        process = self.process.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        found: dict[str, list[Truth]] = defaultdict(list)
        for path, *moments in json.loads(process.stdout.readline()):
            found[path].append(Truth(*moments))
        for truths in found.values():
            truths.sort(key=lambda truth: truth.arrived)
        return found


@contextlib.contextmanager
def knowing_server(folder: Path, core: int, authority: Authority) -> Iterator[Server]:
    """Run it on ``core``, before the others there: its answers are to leave when it says they do."""
    leaf = authority.leaf(NAME)
    command = python(str(Path(__file__).with_name("knowndelay.py")), str(leaf.certificate), str(leaf.key))
    with pinned(command, core, folder / "knowndelay.log", ask_first=False, nice=-5) as process:
        assert process.process.stdout is not None
        port = process.process.stdout.readline()
        process.check()
        yield Server(int(port), authority.ca_file, process)


def landwatch_errors(folder: Path, cores: Cores, server: Server, protocol: str, plan: Plan) -> Errors:
    """One window of landwatch."""
    server.record()
    address = f"https://{NAME}:{server.port}/"
    urls = {f"page-{number:03}": f"{address}page-{number:03}" for number in range(plan.targets)}
    options = {
        "ca": str(server.ca),
        "resolve": [f"{NAME}:{server.port}:127.0.0.1"],
        "protocol": protocol,
    }
    with agent(folder, cores.measured, urls, plan.every, options) as running:
        time.sleep(plan.warm_up)
        since = time.time()
        ends = since + plan.accuracy_window
        while time.time() < ends:
            time.sleep(plan.every)
            running.scrape()
        until = time.time()
        store_url = running.store_url
    truths = server.record()
    found = Errors(protocol)
    with contextlib.closing(Store(store_url)) as store:
        for sample in store.samples(SampleFilter()):
            if since <= sample.at.timestamp() < until:
                _hold_against(found, sample, truths.get(f"/{sample.page}", []))
    return found


def _hold_against(found: Errors, sample: Sample, truths: list[Truth]) -> None:
    start = sample.at.timestamp() - _TOLERANCE
    place = bisect_left(truths, start, key=lambda truth: truth.arrived)
    wait = sample.hops[0].wait if sample.hops else None
    late = place == len(truths) or truths[place].arrived > start + (sample.duration or 0.0) + 2 * _TOLERANCE
    if sample.outcome is not Outcome.UP or wait is None or late:
        found.lost += 1
        return
    found.hold(wait, truths[place])
    found.tainted += bool(sample.tainted)
    found.loop_clock += sample.clock.value == "loop"


def blackbox_errors(exporter: Blackbox, server: Server, protocol: str, plan: Plan) -> Errors:
    """One window of blackbox_exporter."""
    server.record()
    numbers = count()
    answers: dict[str, str] = {}

    def drive(seconds: float) -> None:
        asyncio.run(
            exporter.drive(
                protocol,
                lambda _: f"https://127.0.0.1:{server.port}/{next(numbers)}",
                answers.__setitem__,
                targets=plan.targets,
                every=plan.every,
                seconds=seconds,
            )
        )

    drive(plan.warm_up)
    answers.clear()
    drive(plan.accuracy_window)
    truths = server.record()
    found = Errors(protocol)
    for address, answer in answers.items():
        truth = truths.get("/" + address.rpartition("/")[2])
        if "\nprobe_success 1" not in answer or not truth:
            found.lost += 1
            continue
        said = total(answer, "probe_http_duration_seconds", phase="processing")
        found.hold(said, truth[0])
    return found
