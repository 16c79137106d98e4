"""Makes the README's pictures out of real output, while `landwatch demo` runs.

    python docs/pictures.py state

They are what `landwatch check` and the live table print, exported by rich; a filmstrip that the demo's
browser left; and a report as a browser shows it. Let the demo run for a few minutes before.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import async_playwright
from rich.console import Console
from rich.text import Text

from monitor.cli.waterfall import Targets, render
from monitor.config import load
from monitor.health import open_health
from monitor.live import live_table
from monitor.runner import Runner
from probes.chromium.find import find
from probes.http import open_probe
from probes.target import Target
from storage.store import Store

HERE = Path(__file__).parent / "images"
REGION = "eu-west"


async def picture_of_check(state: Path) -> None:
    """One visit to the swift vendor's redirecting page, as `landwatch check` draws it."""
    config = load(state / "demo" / f"{REGION}.yaml")
    target = next(watch.target for watch in config.watches() if watch.target.page == "tiktok-ad")
    async with open_health() as health, open_probe() as probe:
        runner = Runner({"http": probe}, health)
        await runner.run(target)  # the first one of a process loads what the others have
        sample = await runner.run(target)
    console = _console(112)
    console.print(Text.assemble(("$ ", "dim"), f"landwatch check {_short(target)}"))
    console.print(render(sample, Targets(ttfb=0.3)))
    _save(console, "check.svg", "landwatch check")


def picture_of_live_table(state: Path) -> None:
    """The live table of the demo."""
    now = datetime.now(UTC)
    with closing(Store(f"sqlite:///{state / 'landwatch.db'}")) as store:
        rows = store.standing(now - timedelta(minutes=15))
    console = _console(146)
    console.print(live_table(rows, now, window="last 15 min"))
    _save(console, "live.svg", "landwatch demo")


def picture_of_filmstrip(state: Path) -> None:
    """The newest filmstrip of the slow vendor's page."""
    strips = (state / "demo" / REGION / "browser").glob("*/*-slow-landing-*/filmstrip.png")
    shutil.copyfile(max(strips), HERE / "filmstrip.png")


async def picture_of_report(state: Path) -> None:
    """The top of a report over the last hour."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        await asyncio.to_thread(_report, state, page)
        async with async_playwright() as driver:
            browser = await driver.chromium.launch(executable_path=find().path, args=["--no-sandbox"])
            shown = await browser.new_page(viewport={"width": 1060, "height": 1020})
            await shown.goto(page.as_uri())
            await shown.screenshot(path=HERE / "report.png")
            await browser.close()


def _report(state: Path, page: Path) -> None:
    command = [sys.executable, "-m", "monitor.cli.main", "report", "--window", "1h", "--html", str(page)]
    command += ["--config", str(state / "demo" / f"{REGION}.yaml")]
    subprocess.run(command, check=False)  # noqa: S603  # it says by its exit code that promises were broken


def _short(target: Target) -> str:
    return re.sub(r"\?.*", "?...", target.url)


def _console(width: int) -> Console:
    return Console(record=True, width=width, force_terminal=True, color_system="truecolor", file=None)


def _save(console: Console, name: str, title: str) -> None:
    HERE.mkdir(exist_ok=True)
    # A fixed id, so that a new picture differs from the old one only in what it shows.
    console.save_svg(str(HERE / name), title=title, unique_id=name.partition(".")[0])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    asyncio.run(picture_of_check(folder))
    picture_of_live_table(folder)
    picture_of_filmstrip(folder)
    asyncio.run(picture_of_report(folder))
