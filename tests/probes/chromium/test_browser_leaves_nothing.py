"""Nothing is left of visits: no process, no folder, no descriptor; not even after a kill."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from browsing import browsers, browsing, processes
from wildsite import wild_site

from probes.chromium.folders import PREFIX, own_folder, sweep
from probes.chromium.pool import Pool
from probes.sample import Outcome

VISITS = 7


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made in this test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def test_visits_leave_nothing_behind(temporary: Path) -> None:
    pool = Pool(1, visits=3, slow=math.inf)  # so that workers are replaced on the way
    async with wild_site() as wild, browsing(pool) as browse:
        await browse(wild.url("/"))
        before = descriptors()
        for number in range(VISITS):
            sample = await browse(wild.url("/spin" if number == 4 else "/"), limit="2s")
            assert (sample.outcome is Outcome.UP) is (number != 4), sample.detail
        assert descriptors() <= before + 3
        assert len(processes("probes.chromium.worker")) == 1
        assert len([one for one in browsers() if "--remote-debugging-pipe" in one.cmdline()]) <= 2
        assert len(list(temporary.glob(f"{PREFIX}*"))) == 1
        assert pool.restarts == 1  # the page that never answered; workers that are due are none
    assert browsers() == []
    assert processes("run-driver") == []
    assert list(temporary.glob(f"{PREFIX}*")) == []


_ALONE = """
import asyncio, sys
sys.path[:0] = sys.argv[1:3]
from browsing import browsers, browsing
async def main():
    async with browsing() as browse:
        await browse(sys.argv[3])
        print(*{one.pid for one in browsers()}, flush=True)
        await browse(sys.argv[3] + "never")
asyncio.run(main())
"""


async def test_a_daemon_that_is_killed_takes_its_browser_with_it(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    async with wild_site() as wild:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _ALONE, str(root), str(root / "tests" / "fixtures"), wild.url("/")),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        assert process.stdout is not None
        pids = [int(pid) for pid in (await process.stdout.readline()).split()]
        assert len(pids) >= 2
        started = [psutil.Process(pid) for pid in pids]
        await asyncio.sleep(0.5)
        process.kill()
        await process.wait()
        _, alive = await asyncio.to_thread(psutil.wait_procs, started, timeout=20)
        assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
    assert list(tmp_path.glob(f"{PREFIX}*"))  # nobody could remove it
    with own_folder(tmp_path) as folder:
        assert list(tmp_path.glob(f"{PREFIX}*")) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_in_use_is_not_swept(tmp_path: Path) -> None:
    with own_folder(tmp_path) as folder:
        (folder / "file").touch()
        sweep(tmp_path)
        assert (folder / "file").exists()
    (tmp_path / f"{PREFIX}no-lock").mkdir()
    sweep(tmp_path)
    assert (tmp_path / f"{PREFIX}no-lock").exists()  # perhaps one that is just being made


async def test_runs_wait_for_their_turn_outside_of_their_sample(temporary: Path) -> None:
    async with wild_site() as wild, browsing(Pool(1, slow=math.inf, queue=1)) as browse:
        await browse(wild.url("/"))
        began = time.monotonic()
        first = asyncio.create_task(browse(wild.url("/half"), limit="3s"))
        await asyncio.sleep(0.2)
        second = asyncio.create_task(browse(wild.url("/")))
        await asyncio.sleep(0.2)
        third = await browse(wild.url("/"))
        assert third.outcome is Outcome.UNKNOWN
        assert "1 runs wait for the browser already" in (third.detail or "")
        assert (await first).outcome is Outcome.DOWN
        sample = await second
        assert (sample.outcome, sample.detail) == (Outcome.UP, None)
        assert (sample.duration or 0) < time.monotonic() - began - 2


async def test_a_run_that_gets_no_turn_in_time_is_our_own_fault(temporary: Path) -> None:
    async with wild_site() as wild, browsing(Pool(1, slow=math.inf)) as browse:
        await browse(wild.url("/"))
        first = asyncio.create_task(browse(wild.url("/never"), limit="4s"))
        await asyncio.sleep(0.2)
        sample = await browse(wild.url("/"), timeout=1.0)
        assert sample.outcome is Outcome.UNKNOWN
        assert "no turn for the browser within 1 s" in (sample.detail or "")
        await first


async def test_a_browser_that_is_none_is_our_own_fault_and_said_once(
    temporary: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mute = temporary / "mute"
    mute.write_text("#!/bin/sh\n")
    mute.chmod(0o755)
    async with wild_site() as wild, browsing(Pool(1, slow=math.inf)) as browse:
        for _ in range(2):
            sample = await browse(wild.url("/"), executable=str(mute))
            assert sample.outcome is Outcome.UNKNOWN
            assert "apt-get install chromium-headless-shell" in (sample.detail or "")
        assert len([one for one in caplog.records if "cannot visit" in one.message]) == 1
        sample = await browse(wild.url("/"), executable=sys.executable)
        assert (sample.outcome, (sample.detail or "")[:28]) == (
            Outcome.UNKNOWN,
            "the browser can't be started",
        )
        assert (await browse(wild.url("/"))).outcome is Outcome.UP
        sample = await browse(wild.url("/"), user="no-such-user-here")
        assert sample.outcome is Outcome.UNKNOWN


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_as_root_the_browser_runs_as_another_user_and_inside_its_sandbox(temporary: Path) -> None:
    for folder in (temporary, *temporary.parents[:-2]):
        folder.chmod(0o711)  # pytest's folders are for their owner alone
    async with wild_site() as wild, browsing(Pool(1, slow=math.inf)) as browse:
        sample = await browse(wild.url("/"), user="nobody")
        assert (sample.outcome, sample.detail) == (Outcome.UP, None)
        running = [one for one in browsers() if "--remote-debugging-pipe" in one.cmdline()]
        assert {one.username() for one in running} == {"nobody"}
        locked = not any("--no-sandbox" in one.cmdline() for one in running)
        assert sample.evidence["browser"]["sandbox"] is locked
