"""The first screen of pages whose truth is known: how far what is measured is off, and what a visit costs.

By itself: ``python tests/bench/firstscreen.py [--visits 5] [--at-once 2] [PAGE...]``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

if __name__ == "__main__":
    sys.path.extend(str(Path(__file__).resolve().parents[2] / folder) for folder in (".", "tests/fixtures"))

import psutil
from firstscreen_set import ALL, TUNED, VARIANTS
from firstscreen_site import Case, Site, site
from firstscreen_visit import browser, opened
from playwright.async_api import Browser

from probes.firstscreen.collect import collect
from probes.firstscreen.result import compute

MEDIAN, P90, WORST, WALL = 0.040, 0.090, 0.250, 2.5
"""What must hold, in seconds: errors over a set, and how long a visit lasts beyond the truth."""


@dataclass
class Row:
    """The visits to one page, in seconds. What a visit did not see is left out."""

    name: str
    truths: list[float] = field(default_factory=list)
    first_screens: list[float] = field(default_factory=list)
    doms: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """How long visits lasted beyond the truth."""
    cpus: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)
    blind: int = 0
    """Visits without a first screen."""
    incomplete: int = 0

    @property
    def error(self) -> float:
        """The median error."""
        return statistics.median(self.errors) if self.errors else float("nan")


class Spent:
    """CPU of this process and all below it, processes that ended meanwhile included up to their last look."""

    def __init__(self) -> None:
        self._before = self._times()
        self.seconds = 0.0

    def look(self) -> None:
        """Add what was spent since the last look."""
        after = self._times()
        self.seconds += sum(spent - self._before.get(key, 0.0) for key, spent in after.items())
        self._before = after

    @staticmethod
    def _times() -> dict[tuple[int, float], float]:
        own = psutil.Process()
        found = {}
        for process in (own, *own.children(recursive=True)):
            try:
                times = process.cpu_times()
                found[process.pid, process.create_time()] = times.user + times.system
            except psutil.Error:
                continue
        return found


async def _visit_all(names: Sequence[str], visits: int) -> list[Row]:
    cases = {case.name: case for case in ALL}
    rows = {name: Row(name) for name in names}
    async with site(ALL) as served, browser() as used:
        for number in range(-1, visits):
            for name in names if number >= 0 else names[:1]:  # the first visit of all only warms up
                await _visit(rows[name] if number >= 0 else Row(name), cases[name], served, used)
    return list(rows.values())


async def _visit(row: Row, case: Case, served: Site, used: Browser) -> None:
    spent, began = Spent(), monotonic()
    async with opened(used) as (page, session):
        capture = await collect(page, session, served.url(case), hide=case.hide)
        found = compute(capture)
        wall = monotonic() - began
        spent.look()
    spent.look()
    truth = served.truth(case, capture.marks)
    row.truths.append(truth)
    row.cpus.append(spent.seconds)
    row.walls.append(wall)
    row.late.append(wall - truth)
    row.incomplete += found.incomplete
    if found.dom is not None:
        row.doms.append(found.dom)
    if found.first_screen is None:
        row.blind += 1
    else:
        row.first_screens.append(found.first_screen)
        row.errors.append(found.first_screen - truth)


def _work(names: Sequence[str], visits: int) -> list[Row]:
    return asyncio.run(_visit_all(names, visits))


def measure(cases: Iterable[Case], visits: int = 5, at_once: int = 2) -> list[Row]:
    """Visit each page so often, so many pages at a time, each in a process and browser of its own."""
    names = [case.name for case in cases]
    shares = [names[start::at_once] for start in range(at_once)]
    with ProcessPoolExecutor(at_once) as pool:
        done = pool.map(_work, shares, [visits] * at_once)
        rows = {row.name: row for part in done for row in part}
    return [rows[name] for name in names]


def table(rows: Iterable[Row]) -> str:
    """A line for each page: medians in milliseconds, CPU and wall in seconds."""
    heads = ("truth", "first screen", "dom", "error", "worst", "CPU", "wall", "beyond")
    lines = [f"{'page':24}" + "".join(f"{head:>14}" for head in heads)]
    for row in rows:
        middle = [_median(row.truths), _median(row.first_screens), _median(row.doms), row.error]
        worst = max(row.errors, key=abs, default=float("nan"))
        figures = "".join(f"{value * 1e3:14.0f}" for value in [*middle, worst])
        costs = "".join(f"{_median(values):14.2f}" for values in (row.cpus, row.walls, row.late))
        notes = f"  {row.blind} blind" * bool(row.blind) + f"  {row.incomplete} incomplete" * bool(
            row.incomplete
        )
        lines.append(f"{row.name:24}{figures}{costs}{notes}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Summary:
    """Errors over a set of pages, each page by its median, in seconds."""

    median: float
    p90: float
    worst: float
    cpu: float
    late: float
    """The longest median of how long visits to a page lasted beyond its truth."""

    @property
    def holds(self) -> bool:
        """Whether what must hold does."""
        return self.median <= MEDIAN and self.p90 <= P90 and self.worst <= WORST and self.late <= WALL

    def __str__(self) -> str:
        return (
            f"median {self.median * 1e3:.0f} ms (<= {MEDIAN * 1e3:.0f}), p90 {self.p90 * 1e3:.0f} (<= "
            f"{P90 * 1e3:.0f}), worst {self.worst * 1e3:.0f} (<= {WORST * 1e3:.0f}), "
            f"CPU {self.cpu:.2f} s a visit, at most {self.late:.2f} s beyond the truth (<= {WALL})"
        )


def summary(rows: Sequence[Row]) -> Summary:
    """What the rows come to."""
    errors = sorted(abs(row.error) for row in rows)
    return Summary(
        median=statistics.median(errors),
        p90=errors[min(len(errors) - 1, round(0.9 * len(errors)))],
        worst=errors[-1],
        cpu=statistics.median(_median(row.cpus) for row in rows),
        late=max(_median(row.late) for row in rows),
    )


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def main() -> None:
    """Measure, and print the table."""
    words = argparse.ArgumentParser(description="First screens of pages whose truth is known.")
    words.add_argument("pages", nargs="*", metavar="PAGE")
    words.add_argument("--visits", type=int, default=5)
    words.add_argument("--at-once", type=int, default=2)
    asked = words.parse_args()
    chosen = [case for case in ALL if not asked.pages or case.name in asked.pages]
    rows = measure(chosen, asked.visits, asked.at_once)
    say = sys.stdout.write
    say(f"{table(rows)}\n")
    tuned = {case.name for case in TUNED}
    for name, part in (
        (f"tuned on ({len(TUNED)} pages)", [row for row in rows if row.name in tuned]),
        (f"variants ({len(VARIANTS)} pages)", [row for row in rows if row.name not in tuned]),
        ("all", rows),
    ):
        if part:
            say(f"{name}: {summary(part)}\n")
    say(f"{asked.visits} visits a page, {asked.at_once} at once, load {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    main()
