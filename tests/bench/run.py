"""The benchmark, behind ``make bench``: landwatch against its targets and against blackbox_exporter.

It prints one table, and says on what it was measured. A target that is missed is said and changes nothing in
the exit code: figures depend on the machine, and this is no test.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.extend(str(Path(__file__).resolve().parents[2] / folder) for folder in (".", "tests/fixtures"))

import accuracy
import cost
import firstscreen
import judge
import lighthouse
import scale
from authority import Authority
from blackbox import COMMAND, Blackbox, blackbox, installed
from firstscreen_set import ALL
from machine import Load, describe, tool_version
from pages import Site, site
from pinned import Cores, take_precedence
from plan import FULL, QUICK, Plan
from rich.console import Console
from table import Report


@dataclass
class Bench:
    """What every part of the benchmark needs, and what was found so far."""

    folder: Path
    cores: Cores
    plan: Plan
    authority: Authority
    pages: Site
    exporter: Blackbox | None
    report: Report
    found: dict[str, Any] = field(default_factory=dict)

    def cost(self) -> None:
        """CPU for a probe."""
        rate = self.plan.targets / self.plan.every
        self.report.section(f"Cost: {rate:.0f} fresh HTTPS probes a second on one core")
        kept = self.found["cost"] = []
        for comparison in cost.compare(self.folder, self.cores, self.pages, self.exporter, self.plan):
            self.report.cost(comparison)
            kept.append(asdict(comparison))
        self.report.section(
            f"HTTP/3: {cost.HTTP3_TARGETS / self.plan.every:.0f} fresh probes a second, without the daemon"
        )
        ours, plain = cost.over_http3(self.cores, self.pages, self.plan)
        self.report.http3(ours, plain)
        self.found["http3"] = {"probe": asdict(ours), "aioquic": asdict(plain)}
        self.report.section("For orientation, other clients at the same load")
        kept = self.found["clients"] = []
        for kind, protocol, taken in cost.orient(self.cores, self.pages, self.plan):
            self.report.client(kind, protocol, taken)
            kept.append({"client": kind, "protocol": protocol, **asdict(taken)})

    def accuracy(self) -> None:
        """The error of ``wait``."""
        self.report.section("Accuracy: the same load, the server knows each delay (5 to 80 ms)")
        self.found["accuracy"] = []
        with accuracy.knowing_server(self.folder, self.cores.others, self.authority) as server:
            for protocol in cost.PROTOCOLS:
                ours, theirs = self._errors(server, protocol)
                self.report.accuracy(ours, theirs)
                for program, errors in (("landwatch", ours), ("blackbox", theirs)):
                    if errors is not None:
                        self.found["accuracy"].append({"program": program, **errors.summary()})

    def _errors(
        self, server: accuracy.Server, protocol: str
    ) -> tuple[accuracy.Errors, accuracy.Errors | None]:
        """Of both programs, in turns."""
        ours = accuracy.Errors(protocol)
        theirs = accuracy.Errors(protocol) if self.exporter else None
        for turn in range(self.plan.accuracy_rounds):
            place = self.folder / f"accuracy-{protocol}-{turn}"
            ours.add(accuracy.landwatch_errors(place, self.cores, server, protocol, self.plan))
            if theirs is not None and self.exporter is not None:
                theirs.add(accuracy.blackbox_errors(self.exporter, server, protocol, self.plan))
        return ours, theirs

    def scale(self) -> None:
        """A thousand pages."""
        words = f"Scale: {scale.PAGES} pages every {scale.EVERY:g} s on one core, scraped every"
        self.report.section(f"{words} {scale.SCRAPE_EVERY:g} s")
        found = scale.measure(self.folder / "scale", self.cores, self.pages, self.plan)
        self.report.scale(found)
        self.found["scale"] = asdict(found)

    def browser(self) -> None:
        """A visit with a browser, and how near its first screen comes."""
        self.report.section("Browser: a visit on all cores, beside one of Lighthouse's on the same browser")
        try:
            found = lighthouse.measure(self.plan.browser_visits, self.plan.lighthouse_visits)
        except lighthouse.Skipped as skipped:
            self.report.skipped("visits with a browser", str(skipped))
            return
        self.report.browser(found)
        cases = ALL[:: self.plan.every_page]
        with lighthouse.on_all_cores():
            rows = firstscreen.measure(cases, self.plan.screen_visits)
        self.report.first_screens(len(rows), firstscreen.summary(rows))
        self.found["browser"] = {"visits": asdict(found), "first_screens": [asdict(row) for row in rows]}

    def judge(self) -> None:
        """A report over half a year, and one slice."""
        self.report.section(
            f"Judge: {judge.PAGES} pages in {judge.REGIONS} regions, a sample every {judge.EVERY} s"
        )
        kept: list[dict[str, Any]] = []
        with lighthouse.on_all_cores():
            for reading in judge.report(self.folder, self.plan.judge_rounds):
                self.report.judged(reading)
                kept.append(asdict(reading))
            took = judge.one_slice(self.plan.judge_rounds)
        self.report.slice(took)
        self.found["judge"] = {"reports": kept, "slice": took}


PARTS = {
    "cost": Bench.cost,
    "accuracy": Bench.accuracy,
    "scale": Bench.scale,
    "browser": Bench.browser,
    "judge": Bench.judge,
}


def main() -> None:
    """Measure, and print."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 170, highlight=False)
    tools = {COMMAND: tool_version(COMMAND, "--version"), "caddy": tool_version("caddy", "version")}
    on = describe(tools)
    cores = Cores.choose()
    os.sched_setaffinity(0, {cores.others})
    on["priority"] = take_precedence()
    load = Load()
    if not installed():
        console.print(f"{COMMAND} is not installed (Debian has a package of it): nothing to compare with.")
    with _bench(cores, options.plan, Report(console)) as bench:
        for name, part in PARTS.items():
            if options.only in (None, name):
                console.print(f"measuring {name} ...")
                part(bench)
    on["cores"] = f"{cores.measured} for what is measured, {cores.others} for servers and scrapers"
    on["load"] = load.words()
    console.print(bench.report.table)
    for name, value in on.items():
        console.print(f"{name}: {value}", soft_wrap=True)
    if options.json:
        options.json.write_text(json.dumps({"on": on, **bench.found}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", dest="plan", action="store_const", const=QUICK, default=FULL, help="a short run"
    )
    parser.add_argument("--only", choices=list(PARTS), help="one part of it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser.parse_args()


@contextmanager
def _bench(cores: Cores, plan: Plan, report: Report) -> Iterator[Bench]:
    """The servers, and blackbox_exporter where it is installed."""
    with tempfile.TemporaryDirectory(prefix="landwatch-bench-") as name:
        folder = Path(name)
        authority = Authority(folder)
        place = folder / "blackbox"
        exporting = blackbox(place, cores.measured, authority.ca_file) if installed() else nullcontext()
        with site(folder, authority) as pages, exporting as exporter:
            yield Bench(folder, cores, plan, authority, pages, exporter, report)


if __name__ == "__main__":
    main()
