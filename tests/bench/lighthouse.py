"""A visit with a browser: CPU and wall of landwatch's, and of Lighthouse's on the same pages and browser.

Lighthouse is a program that begins and ends with its visit, and landwatch's browser goes on running, so a
visit of landwatch's is what all its processes used from one visit's begin to the next one's: the probe's,
the worker's, the driver's and the browser's, those that ended included. The pages' server runs in the same
process and is in that figure too. Of Lighthouse it is the whole of its processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic

if __name__ == "__main__":
    sys.path.extend(str(Path(__file__).resolve().parents[2] / folder) for folder in (".", "tests/fixtures"))

from browsing import Browsing, browsing
from firstscreen_set import ALL
from firstscreen_site import Case, Site, site
from pinned import python
from tree import spent

from probes.chromium.find import Missing, find

PAGES = ("hero-0.9", "late-text-1.0", "spa-0.4")
_INSTALLING, _VISITING = 240.0, 120.0
_SETTLING = 0.5


class Skipped(Exception):
    """Why something can't be measured here."""


@dataclass
class Compared:
    """The visits to one page, in seconds."""

    page: str
    cpu: list[float] = field(default_factory=list)
    beyond: list[float] = field(default_factory=list)
    """How long landwatch's visits lasted beyond the truth."""
    wall: list[float] = field(default_factory=list)
    failed: int = 0
    their_cpu: list[float] = field(default_factory=list)
    their_wall: list[float] = field(default_factory=list)
    their_failed: int = 0

    @property
    def ratio(self) -> float | None:
        """CPU of a visit against Lighthouse's."""
        if not self.cpu or not self.their_cpu:
            return None
        return statistics.median(self.cpu) / statistics.median(self.their_cpu)


@dataclass
class Visits:
    """What was found, and of which browser and Lighthouse."""

    browser: str
    lighthouse: str
    """Its version, or why there is none."""
    pages: list[Compared]


def measure(visits: int, theirs: int) -> Visits:
    """Visit each page so often with both, on all cores.

    Raises:
        Skipped: there is no browser here.
    """
    try:
        found = find()
    except Missing as missing:
        raise Skipped(str(missing)) from missing
    command: list[str] = []
    try:
        command, version = _install()
    except Skipped as skipped:
        version = f"skipped: {skipped}"
    script = [str(Path(__file__)), str(visits), str(theirs), found.path, *command]
    with on_all_cores():
        done = subprocess.run(python(*script), stdout=subprocess.PIPE, text=True, check=True)
    pages = [Compared(**page) for page in json.loads(done.stdout)]
    return Visits(f"{found.kind} {found.version}", version, pages)


@contextmanager
def on_all_cores() -> Iterator[None]:
    """Let what is started meanwhile use every core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _install() -> tuple[list[str], str]:
    """How Lighthouse is run, and its version; installed into a cache folder of the bench's own once.

    Raises:
        Skipped: it can't be had.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise Skipped("npm is not installed")
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "landwatch-bench" / "lighthouse"
    )
    package = cache / "node_modules" / "lighthouse"
    if not (package / "cli" / "index.js").exists():
        cache.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(cache), "lighthouse"]
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=_INSTALLING)
        except (OSError, subprocess.SubprocessError) as error:
            raise Skipped(f"npm can't install lighthouse: {error}") from error
    version: str = json.loads((package / "package.json").read_text())["version"]
    return [node, str(package / "cli" / "index.js")], version


async def _compare(visits: int, theirs: int, browser: str, command: Sequence[str]) -> list[Compared]:
    cases = {case.name: case for case in ALL if case.name in PAGES}
    rows = [Compared(name) for name in PAGES]
    async with site(cases.values()) as served, browsing() as browse:
        await browse(served.url(cases[PAGES[0]]))  # starts the browser
        await asyncio.sleep(_SETTLING)
        for turn in range(max(visits, theirs)):
            for row in rows:
                case = cases[row.page]
                if turn < visits:
                    await _ours(row, case, served, browse)
                if turn < theirs and command:
                    await _theirs(row, served.url(case), browser, command)
    return rows


async def _ours(row: Compared, case: Case, served: Site, browse: Browsing) -> None:
    before, began = spent(), monotonic()
    sample = await browse(served.url(case))
    wall = monotonic() - began
    truth = served.truth(case, {})
    await asyncio.sleep(_SETTLING)  # the last of the visit's processes end
    used = spent() - before
    if sample.outcome != "up":
        row.failed += 1
        return
    row.cpu.append(used)
    row.wall.append(wall)
    row.beyond.append(wall - truth)


async def _theirs(row: Compared, url: str, browser: str, command: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="landwatch-bench-") as folder:
        result = Path(folder) / "result.json"
        asked = [
            *(url, "--quiet", "--only-categories=performance", "--output=json", f"--output-path={result}"),
            "--chrome-flags=--headless=new" + (" --no-sandbox" if os.geteuid() == 0 else ""),
        ]
        script = python(str(Path(__file__).with_name("tree.py")), str(_VISITING), *command, *asked)
        process = await asyncio.create_subprocess_exec(
            *script,
            env={**os.environ, "CHROME_PATH": browser, "TMPDIR": folder},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        said, _ = await process.communicate()
        took = json.loads(said)
        good = took["code"] == 0 and "runtimeError" not in json.loads(result.read_text())
    if not good:
        row.their_failed += 1
        return
    row.their_cpu.append(took["cpu"])
    row.their_wall.append(took["wall"])


def main() -> None:
    """Compare, and print what was found: ``VISITS THEIRS BROWSER COMMAND...``."""
    visits, theirs, browser, *command = sys.argv[1:]
    rows = asyncio.run(_compare(int(visits), int(theirs), browser, command))
    sys.stdout.write(json.dumps([asdict(row) for row in rows]) + "\n")


if __name__ == "__main__":
    main()
