"""The whole demo, with its real processes."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from monitor.demo.agents import PAGES
from monitor.demo.layout import Layout, lay_out
from monitor.demo.record import read
from monitor.demo.show import Scene, show
from monitor.demo.supervisor import ROOT, Supervisor
from monitor.demo.trouble import DemoTrouble
from probes.sample import Outcome
from storage.store import Store

PATIENCE = 90.0
PORT = ("--port", "0")  # any that is free


@contextmanager
def demo(state: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """``landwatch demo`` in a process of its own, killed at the end if it is still there."""
    command = [
        sys.executable,
        "-m",
        "monitor.cli.main",
        "demo",
        "--state",
        str(state),
        *PORT,
        "--no-browser",
        *options,
    ]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What the process prints, up to the line with ``words``."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if words in line:
            return seen
    raise AssertionError(seen)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def gone(processes: list[psutil.Process]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while living(processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not living(processes)


async def test_the_summary_agrees_with_the_store_and_with_the_vendors_record(tmp_path: Path) -> None:
    out = io.StringIO()
    playing = asyncio.create_task(
        show(tmp_path, 0, None, Console(file=out, width=140, force_terminal=True), browse=False)
    )
    while "ago" not in out.getvalue():  # the live table shows a sample
        assert not playing.done()
        await asyncio.sleep(0.05)
    await asyncio.sleep(2.5)  # each page is due once more
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(playing, PATIENCE)
    assert living(psutil.Process().children(recursive=True)) == []

    text = out.getvalue()
    assert "Pages against their targets, last 15 min" in text
    numbers = re.search(r"Runs due ([\d,]+): run ([\d,]+), skipped ([\d,]+)", text)
    assert numbers is not None
    due, run, skipped = (int(number.replace(",", "")) for number in numbers.groups())
    assert due == run + skipped
    assert run >= 12  # each of four pages from each of three regions

    layout = Layout.load(tmp_path / "demo" / "layout.json")
    store = Store(layout.store_url)
    up = [sample for sample in store.samples() if sample.outcome is Outcome.UP]
    store.close()
    assert {(one.vendor, one.page, one.region) for one in up} == {
        (vendor, page, region.name)
        for vendor, pages in PAGES.items()
        for page in pages
        for region in layout.regions
    }
    served = [line for line in read(layout.record) if line["event"] == "served"]
    for vendor in PAGES:
        for region in layout.regions:
            pages = sum(
                line["count"]
                for line in served
                if (line["vendor"], line["region"]) == (vendor, region.name) and line["path"] != "/go"
            )
            assert pages >= sum(1 for one in up if (one.vendor, one.region) == (vendor, region.name)) > 0


def test_a_dead_agent_is_started_again_and_nothing_is_left_when_the_demo_is_killed(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        read_until(process, "Ctrl-C")
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 5
        (agent,) = [one for one in children if any("us-east.yaml" in word for word in one.cmdline())]
        agent.kill()
        read_until(process, "us-east ended (SIGKILL); it starts again")
        while len(living(again := psutil.Process(process.pid).children(recursive=True))) < 5:
            time.sleep(0.02)
        process.kill()
        process.wait()
        assert gone(children + again)
    with demo(tmp_path, "--for", "1s") as process:  # the same folder once more
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
    assert [line["event"] for line in read(tmp_path / "demo" / "record.jsonl")].count("start") == 2


async def test_without_a_terminal_there_is_a_line_now_and_then(tmp_path: Path) -> None:
    out = io.StringIO()
    layout = lay_out(tmp_path, time.time(), port=0)
    scene = Scene(layout, Console(file=out, width=140), asyncio.Event())
    await scene.play(seconds=0.2, lines=0.01)  # there is no store yet, which is no reason to stop
    scene.close()
    assert "no sample yet" in out.getvalue()


async def test_a_restart_is_remembered_in_the_summary(tmp_path: Path) -> None:
    out = io.StringIO()
    scene = Scene(lay_out(tmp_path, time.time(), port=0), Console(file=out, width=140), asyncio.Event())
    supervisor = Supervisor(print)
    supervisor.restarts.update({"us-east": 1, "stage": 3})
    await scene.sum_up(supervisor)
    scene.close()
    assert "us-east was started again once: its runs count from the last start." in out.getvalue()
    assert "stage was started again 3 times" in out.getvalue()


def test_what_stands_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with demo(tmp_path / "file" / "state") as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "landwatch demo: the state folder can't be written to" in output


def test_a_duration_without_a_unit_is_wrong_usage(tmp_path: Path) -> None:
    with demo(tmp_path, "--for", "60") as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "60s" in output


async def test_the_end_may_be_asked_for_while_everything_starts(tmp_path: Path) -> None:
    playing = asyncio.create_task(show(tmp_path, 0, None, Console(file=io.StringIO())))
    while not (tmp_path / "demo" / "caddy.log").exists():
        await asyncio.sleep(0.001)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(DemoTrouble, match="before everything had started"):
        await asyncio.wait_for(playing, PATIENCE)
    assert living(psutil.Process().children(recursive=True)) == []
