"""The worker's own parts, in this process: the engine that starts browsers, and rounds of visits."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wildsite import WildSite, page, script, wild_site

from probes.browser import Options
from probes.chromium.engine import Engine
from probes.chromium.find import find
from probes.chromium.folders import own_folder
from probes.chromium.launch import Way, own_user
from probes.chromium.order import Order, order_for
from probes.chromium.processes import end
from probes.chromium.round import Rounds
from probes.failure import OwnFault
from probes.target import Target
from probes.wire.names import Names


@asynccontextmanager
async def rounds(folder: Path, **engine: Any) -> AsyncIterator[tuple[Engine, Rounds, WildSite]]:
    with own_folder(folder) as own:
        made = Engine(own, **engine)
        async with wild_site() as wild:
            try:
                yield made, Rounds(made, own, Names()), wild
            finally:
                await made.close()


def order(url: str, seconds: float = 40.0, **options: Any) -> Order:
    target = Target("v", "p", url, "here", "browser", Options.model_validate(options))
    return order_for(target, seconds, keep=False)


async def test_a_page_that_holds_too_much_is_ended(tmp_path: Path) -> None:
    async with rounds(tmp_path, memory=0) as (_, made, wild):
        wild.pages["/busy"] = script("setInterval(() => document.body.append('x'), 50)")
        asked = order(wild.url("/busy"), 10.0)
        await made.prepare(asked)
        answer = await made.make(asked)
    assert (answer["outcome"], answer["fault"]) == ("down", "content"), answer["detail"]
    assert "more memory" in answer["detail"]


async def test_a_round_ends_where_the_browser_does(tmp_path: Path) -> None:
    async with rounds(tmp_path) as (engine, made, wild):
        asked = order(wild.url("/never"), runs=3, limit="20s")
        await made.prepare(asked)

        def kill(head: str) -> None:
            assert engine.group is not None
            os.killpg(engine.group, signal.SIGKILL)

        wild.heard = kill
        answer = await made.make(asked)
        assert (answer["outcome"], answer["fault"]) == ("unknown", "internal"), answer["detail"]
        assert len(answer["browser"]["runs"]) == 1
        assert engine.restarts() == 1
        wild.heard = None
        again = order(wild.url("/"))
        await made.prepare(again)
        assert (await made.make(again))["outcome"] == "up"


async def test_a_visit_that_is_not_over_in_time_is_cut(tmp_path: Path) -> None:
    async with rounds(tmp_path) as (_, made, wild):
        steps = [{"wait_for": "#never", "within": "30s"}, {"click": "a"}]
        asked = order(wild.url("/"), 6.0, steps=steps)
        await made.prepare(asked)
        answer = await made.make(asked)
        assert answer["outcome"] == "down", answer["detail"]
        assert "step 1" in answer["detail"] or "not over in its time" in answer["detail"]
        answer = await made.make(replace(asked, seconds=0.5))
        assert (answer["outcome"], answer["fault"]) == ("unknown", "internal")
        assert "timeout is too short" in answer["detail"]


async def test_a_root_that_is_none_is_our_own_fault(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    async with rounds(tmp_path) as (_, made, _):
        with pytest.raises(OwnFault, match="cannot be used"):
            await made.prepare(order("https://127.0.0.1:1/", ca=str(file)))
        asked = order("https://127.0.0.1:1/", ca=str(_certificate()))
        await made.prepare(asked)  # that nobody is there is the browser's to tell


async def test_a_browser_that_is_told_to_be_another_is_started_anew(tmp_path: Path) -> None:
    async with rounds(tmp_path) as (engine, _, _):
        first = await engine.ready()
        assert await engine.ready() is first
        other = await engine.ready(find().path)
        assert other is not first
        assert engine.restarts() == 0


async def test_a_browser_that_died_while_it_was_idle_is_started_anew(tmp_path: Path) -> None:
    async with rounds(tmp_path) as (engine, _, _):
        first = await engine.ready()
        gone = asyncio.Event()
        first.on("disconnected", lambda _: gone.set())
        end(engine.group)
        await asyncio.wait_for(gone.wait(), 30)
        assert await engine.ready() is not first
        assert (engine.restarts(), engine.restarts()) == (1, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
async def test_where_no_sandbox_is_to_be_had_the_browser_runs_without(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o711)
    picky = tmp_path / "picky"
    picky.write_text(
        '#!/bin/sh\ncase "$*" in --version) echo It 1.2.3;; *--no-sandbox*) exec '
        f'{find().path} "$@";; *) echo "No usable sandbox!" >&2; exit 1;; esac\n'
    )
    picky.chmod(0o755)
    async with rounds(tmp_path) as (engine, _, _):
        await engine.ready(str(picky), Way(person=own_user("nobody")))
        assert engine.sandbox is False


async def test_a_challenge_is_looked_for_in_small_pages_only(tmp_path: Path) -> None:
    async with rounds(tmp_path) as (_, made, wild):
        wild.pages["/large"] = page("<h1>Hello there</h1>" + "<p>word</p>" * 10_000)
        asked = order(wild.url("/large"), user_agent="mine", cookies={"a": "b"})
        await made.prepare(asked)
        assert (await made.make(asked))["outcome"] == "up"


async def test_the_browsers_own_last_words_say_why_it_cannot_be_started(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\n[ $1 = --version ] && echo It 1.2.3 || { echo no display >&2; exit 1; }\n")
    broken.chmod(0o755)
    async with rounds(tmp_path) as (engine, _, _):
        with pytest.raises(OwnFault, match=r"^the browser can't be started: no display$"):
            await engine.ready(str(broken))
        assert engine.restarts() == 0


async def test_a_browser_that_is_gone_between_two_visits_is_our_own_fault(tmp_path: Path) -> None:
    made = Rounds(Engine(tmp_path), tmp_path, Names())
    answer = await made.make(order("http://127.0.0.1:1/", executable=str(tmp_path / "nothing"), runs=2))
    assert (answer["outcome"], answer["fault"]) == ("unknown", "internal")
    assert "no browser that can be started" in answer["detail"]
    assert [run["outcome"] for run in answer["browser"]["runs"]] == ["unknown", "unknown"]
    assert (answer["browser"]["kind"], answer["bytes"], answer["captured"]) == (None, None, None)


async def test_a_fence_that_finds_no_port_is_our_own_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ready(*_: object) -> None: ...

    async def full(*_: object) -> None:
        raise OSError(24, "Too many open files")

    engine = Engine(tmp_path)
    monkeypatch.setattr(engine, "ready", ready)
    monkeypatch.setattr("asyncio.start_server", full)
    answer = await Rounds(engine, tmp_path, Names()).make(order("http://127.0.0.1:1/"))
    assert (answer["outcome"], answer["fault"]) == ("unknown", "internal")
    assert "no port for the fence: [Errno 24] Too many open files" in answer["detail"]
    assert engine.restarts() == 0


def _certificate() -> Path:
    import certifi

    return Path(certifi.where())
