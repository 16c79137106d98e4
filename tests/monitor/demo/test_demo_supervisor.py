from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from monitor.demo.supervisor import ROOT, Command, Supervisor

SLEEPER = (sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)",
)


@asynccontextmanager
async def supervising(words: list[str]) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(words.append, pauses=(0.01,))
    try:
        yield supervisor
    finally:
        await supervisor.stop()


async def ready(log: Path, times: int = 1) -> None:
    async with asyncio.timeout(30):
        while not log.exists() or log.read_text().count("ready") < times:
            await asyncio.sleep(0.005)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_a_child_runs_until_it_is_stopped(tmp_path: Path) -> None:
    words: list[str] = []
    log = tmp_path / "log"
    async with supervising(words) as supervisor:
        supervisor.start(Command("sleeper", SLEEPER, log))
        await ready(log)
        pid = supervisor.pid("sleeper")
        assert pid is not None
        assert alive(pid)
        assert os.getsid(pid) == pid  # a Ctrl-C at our terminal does not reach it
    assert not alive(pid)
    assert supervisor.pid("sleeper") is None
    assert words == []


async def test_a_dead_child_is_started_again_with_a_word(tmp_path: Path) -> None:
    words: list[str] = []
    log = tmp_path / "log"
    async with supervising(words) as supervisor:
        supervisor.start(Command("sleeper", SLEEPER, log))
        await ready(log)
        first = supervisor.pid("sleeper")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await ready(log, times=2)
        assert supervisor.pid("sleeper") != first
        assert supervisor.restarts == {"sleeper": 1}
    assert words == [f"sleeper ended (SIGKILL); it starts again in 0.01 s, see {log}"]


async def test_a_child_that_ends_by_itself_is_told_with_its_exit_code(tmp_path: Path) -> None:
    words: list[str] = []
    async with supervising(words) as supervisor:
        supervisor.start(Command("short", (sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "log"))
        async with asyncio.timeout(30):
            while len(words) < 2:
                await asyncio.sleep(0.005)
    assert words[0].startswith("short ended (exit code 3)")


async def test_a_signal_without_a_name_is_told_by_its_number(tmp_path: Path) -> None:
    words: list[str] = []
    unnamed = signal.SIGRTMIN + 1
    async with supervising(words) as supervisor:
        kill = f"import os; os.kill(os.getpid(), {int(unnamed)})"
        supervisor.start(Command("odd", (sys.executable, "-c", kill), tmp_path / "log"))
        async with asyncio.timeout(30):
            while not words:
                await asyncio.sleep(0.005)
    assert words[0].startswith(f"odd ended (signal {int(unnamed)})")


async def test_a_child_that_hears_nothing_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with supervising([]) as supervisor:
        supervisor.start(Command("deaf", DEAF, log))
        await ready(log)
        pid = supervisor.pid("deaf")
        assert pid is not None
        await supervisor.stop(["deaf", "nobody"], grace=0.05)
        assert not alive(pid)


async def test_a_stop_in_the_middle_of_a_start_leaves_nothing(tmp_path: Path) -> None:
    async with supervising([]) as supervisor:
        for number in range(20):
            supervisor.start(Command(f"sleeper {number}", SLEEPER, tmp_path / str(number)))
            if number % 2:
                await asyncio.sleep(0)
        await asyncio.sleep(0)
    left = [child for child in psutil.Process().children() if SLEEPER[2] in child.cmdline()]
    assert left == []


def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parent = f"""
import asyncio, sys
from pathlib import Path
from monitor.demo.supervisor import Command, Supervisor

async def main():
    supervisor = Supervisor(print)
    supervisor.start(Command("deaf", {DEAF!r}, Path({str(log)!r})))
    while supervisor.pid("deaf") is None or "ready" not in Path({str(log)!r}).read_text():
        await asyncio.sleep(0.01)
    print(supervisor.pid("deaf"), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert alive(child)
        process.kill()
    deadline = time.monotonic() + 30
    while alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)
