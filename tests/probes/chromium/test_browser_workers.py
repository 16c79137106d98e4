"""Workers that are programs of the test's own: what the pool makes of their answers, and of none."""

from __future__ import annotations

import asyncio
import math
import shlex
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from browsing import browsing

from probes import browser
from probes.chromium.order import Order, order_for
from probes.chromium.pool import Pool
from probes.chromium.process import WorkerGone, WorkerProcess
from probes.failure import OwnFault
from probes.sample import Clock, Outcome
from probes.target import Target
from probes.trace import Trace

AMPLE = 60.0
ANSWER = {"failed": None, "pace": 1.0, "group": None, "sandbox": True, "restarts": 0, "outcome": "up"}
Program = Callable[[str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes workers that run a script of the shell, whatever they are told to run."""

    def become(script: str) -> None:
        path = tmp_path / "worker"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))

    return become


def says(**facts: Any) -> str:
    """A script that answers every line with these facts."""
    return f"while read -r line; do echo {shlex.quote(orjson.dumps(ANSWER | facts).decode())}; done"


def target(**options: Any) -> Target:
    chosen = browser.Options.model_validate(options)
    return Target("v", "p", "http://127.0.0.1:1/", "here", "browser", chosen, AMPLE)


def order(**options: Any) -> Order:
    return order_for(target(**options), 10.0, keep=False)


@asynccontextmanager
async def pool(**options: Any) -> AsyncIterator[Pool]:
    made = Pool(1, **options)
    try:
        yield made
    finally:
        await made.close()


async def visit(made: Pool, seconds: float = AMPLE) -> dict[str, Any]:
    async with made.turn(order(), AMPLE) as turn:
        return await turn.visit(order(), seconds)


async def test_a_worker_is_used_again_until_it_is_due(program: Program) -> None:
    program(f'echo x >> "$0.started"\n{says()}')
    started = Path(f"{sys.executable}.started")
    async with pool(visits=2) as made:
        for workers in (1, 1, 2, 2, 3):
            assert (await visit(made))["outcome"] == "up"
            assert started.read_text().count("x") == workers
        assert made.restarts == 0


async def test_what_is_for_the_pool_is_not_handed_on(program: Program) -> None:
    program(says(restarts=2))
    async with pool() as made:
        answer = await visit(made)
        assert answer.keys() & {"pace", "restarts", "group"} == set()
        assert answer["starved"] is False
        assert made.restarts == 4  # two found when it was prepared, two when it visited


@pytest.mark.parametrize(("paces", "starved"), [((1, 1), False), ((1, 1.9), False), ((1, 2.1), True)])
async def test_work_that_takes_much_longer_than_ever_says_that_the_machine_starves(
    program: Program, paces: tuple[float, float], starved: bool
) -> None:
    lines = [shlex.quote(orjson.dumps(ANSWER | {"pace": pace}).decode()) for pace in paces]
    program("\n".join(f"read -r line; echo {line}" for line in lines) + "\nread -r line")
    async with pool(slow=2.0) as made:
        assert (await visit(made))["starved"] is starved


PARTS = {"fault": None, "detail": None, "hops": [], "first_byte": 0.25, "bytes": 7, "vitals": {"cls": 0.5}}


@pytest.mark.parametrize(("slow", "tainted"), [(0.0, ["cpu"]), (2.0, [])])
async def test_a_machine_that_starves_taints_the_sample(
    program: Program, slow: float, tainted: list[str]
) -> None:
    program(says(**PARTS, browser={"kind": "mine"}, captured=None))
    async with browsing(Pool(1, slow=slow)) as browse:
        sample = await browse("http://127.0.0.1:1/")
    assert (sample.outcome, sample.tainted) == (Outcome.UP, tainted)
    assert (sample.bytes, sample.vitals) == (7, {"cls": 0.5})
    assert sample.evidence["browser"] == {"kind": "mine"}


async def test_the_probe_makes_turns_of_its_own_and_counts_what_failed_it(program: Program) -> None:
    program(says(**PARTS, browser={"kind": "mine"}, captured=None, restarts=1))
    async with browser.open_probe() as probe:
        assert probe.restarts == 0
        trace = Trace(100.0, timeout=math.inf)
        await probe.measure(target(), trace)
        assert (trace.first_byte, trace.bytes, trace.clock) == (100.25, 7, Clock.BROWSER)
        assert probe.restarts == 2


async def test_a_worker_that_ends_says_its_last_words(program: Program) -> None:
    program("echo some words >&2; echo no module named probes >&2; exit 3")
    async with pool() as made:
        with pytest.raises(WorkerGone, match=r"^the browser's worker ended: no module named probes$"):
            await visit(made)
        assert made.restarts == 1


async def test_a_worker_that_says_nothing_is_told_so(program: Program) -> None:
    program("exit 0")
    async with pool() as made:
        with pytest.raises(WorkerGone, match="ended: it said nothing"):
            await visit(made)


async def test_an_answer_that_is_none_is_no_answer(program: Program) -> None:
    program("read -r line; echo '{\"failed\": '; read -r line")
    async with pool() as made:
        with pytest.raises(WorkerGone):
            await visit(made)
        assert made.restarts == 1


async def test_a_worker_that_hangs_is_killed_with_what_it_started(program: Program) -> None:
    line = shlex.quote(orjson.dumps(ANSWER).decode())
    program(f'read -r line; sleep 1000 & echo $! > "$0.child"; echo {line}; wait')
    async with pool() as made:
        with pytest.raises(WorkerGone, match=r"no answer within 0\.5 s and was killed"):
            await visit(made, 0.5)
        child = int(Path(f"{sys.executable}.child").read_text())
        async with asyncio.timeout(20):
            while runs(child):
                await asyncio.sleep(0.02)
        assert made.restarts == 1


async def test_a_worker_that_cannot_be_started_is_our_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    async with pool() as made:
        with pytest.raises(OwnFault, match="can't be started"):
            await visit(made)


async def test_a_browser_that_cannot_be_had_is_asked_for_again_and_said_once(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    program(says(failed="there is none"))
    async with pool() as made:
        for _ in range(2):
            with pytest.raises(OwnFault, match="there is none"):
                await visit(made)
    assert len([one for one in caplog.records if "there is none" in one.getMessage()]) == 1


async def test_a_note_of_the_browsers_group_that_is_none_is_passed_over(program: Program) -> None:
    program(says())
    worker = await WorkerProcess.start()
    profile = worker.folder / "browser-1"
    profile.mkdir()
    (profile / "browser.pid").write_text("")
    worker.kill()
    assert not worker.running
    await worker.close()
    assert not worker.folder.exists()


@asynccontextmanager
async def real_worker() -> AsyncIterator[WorkerProcess]:
    worker = await WorkerProcess.start()
    try:
        yield worker
    finally:
        await worker.close(patience=AMPLE)


async def test_a_real_worker_answers_each_line_and_ends_with_its_input() -> None:
    async with real_worker() as worker:
        for _ in range(2):
            asked = {"prepare": asdict(order(executable="/nonexistent/browser"))}
            answer = await worker.ask(asked, AMPLE)
            assert "/nonexistent/browser is no browser that can be started" in answer.pop("failed")
            assert answer.pop("pace") > 0
            assert answer == {"sandbox": True, "restarts": 0}
        answer = await worker.ask({"visit": asked["prepare"]}, AMPLE)
        assert (answer["outcome"], answer["fault"], answer["restarts"]) == ("unknown", "internal", 0)
        assert worker.running
    assert not worker.folder.exists()


@pytest.mark.parametrize(("asked", "words"), [({"fly": 1}, "'visit'"), ({"visit": {}}, "missing .* 'url'")])
async def test_a_real_worker_that_is_asked_nonsense_ends_and_says_why(
    asked: dict[str, Any], words: str
) -> None:
    async with real_worker() as worker:
        with pytest.raises(WorkerGone, match=f"ended: .*{words}"):
            await worker.ask(asked, AMPLE)
        assert not worker.running


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
