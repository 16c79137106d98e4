"""``landwatch drill`` as a user calls it, against a server that is switched off and on."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import typer
from docspages import page
from drilling import judged, look, steady
from rich.console import Console, Group, RenderableType
from scripted import Scripted, answering, head, refused_port, response, serve

from monitor.cli.drill_scene import Lines, Scene
from monitor.cli.drill_words import began, over, state, summary, summary_plain
from monitor.cli.verdict_exit import EXIT_CODES, worst
from monitor.drill import Drill
from monitor.drill_outage import Where
from monitor.drill_watch import MOST, Watcher
from monitor.sla.verdict import Finding
from probes.sample import Sample


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor.cli.main", "drill", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip


async def run(*arguments: str) -> tuple[int, str, str]:
    process = await start(*arguments)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


class Switch:
    """A page that can be switched off: then it answers 503."""

    def __init__(self) -> None:
        self.broken = False
        self.switched: list[datetime] = []

    async def script(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(response(status="503 Down") if self.broken else response())

    def turn(self) -> None:
        self.broken = not self.broken
        self.switched.append(datetime.now(UTC))


async def until(server: Scripted, more: int) -> None:
    """Wait until so many more visits have come."""
    enough = server.connections + more
    while server.connections < enough:
        await asyncio.sleep(0.02)


async def test_an_outage_is_told_as_it_happens_and_summed_up_at_ctrl_c() -> None:
    switch = Switch()
    async with serve(switch.script) as server:
        rhythm = ["--every", "100ms", "--timeout", "30s"]
        process = await start(server.url(), "--json", *rhythm, "--at-most", "10m")
        assert process.stdout is not None
        await until(server, 5)
        switch.turn()
        await until(server, 10)
        switch.turn()
        await until(server, 5)
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    events = [json.loads(line) for line in out.splitlines()]
    kinds = [one["event"] for one in events]
    assert err == b""
    assert kinds[-1] == "summary"
    result = events[-1]["summary"]
    visits = [Sample.from_json(json.dumps(one["sample"])) for one in events if one["event"] == "visit"]
    assert {visit.attempt.value for visit in visits} == {"burst"}
    assert len(visits) == result["run"] == sum(result["counts"].values())
    assert result["due"] == result["run"] + result["skipped"]
    # A busy machine may taint visits in the midst of it, and then there is less to see, but never more.
    overs = [one["outage"] for one in events if one["event"] == "over"]
    assert len(overs) == kinds.count("began") == result["outages"]
    truth = (switch.switched[1] - switch.switched[0]).total_seconds()
    for outage in overs:
        assert outage["inner"] <= truth + 0.001
        assert outage["first_good"] > outage["last_bad"] >= outage["first_bad"]
    assert process.returncode == {"met": 0, "unproven": 3}[result["finding"]]


async def test_a_page_that_stays_down_longer_than_promised_is_a_breach() -> None:
    url = f"http://127.0.0.1:{refused_port()}/"
    code, out, err = await run(url, "--for", "3s", "--every", "100ms", "--at-most", "100ms")
    assert (code, err) == (1, "")
    assert "DOWN since " in out
    assert "connect: 127.0.0.1" in out
    assert "STILL DOWN outage 1: at least " in out
    assert "✘ breached  every outage over within 0.1 s" in out
    assert "Visits: 30 due, " in out


async def test_a_page_that_never_fails_proves_nothing() -> None:
    async with serve(answering(response())) as server:
        code, out, err = await run(server.url(), "--for", "500ms")
        assert server.connections == 2
    assert (code, err) == (3, "")
    assert "? unproven" in out
    assert "nothing failed, so that nothing was recovered from" in out
    assert "\x1b" not in out


async def test_a_second_ctrl_c_ends_at_once() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        await asyncio.sleep(3600)

    async with serve(hang) as server:
        process = await start(server.url(), "--timeout", "60s")
        await until(server, 2)
        process.send_signal(signal.SIGINT)
        while process.returncode is None:
            await asyncio.sleep(0.3)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            with_it = asyncio.ensure_future(process.wait())
            await asyncio.wait([with_it], timeout=0.5)
    await process.communicate()
    assert process.returncode in (130, -signal.SIGINT)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing argument"),
        (["ftp://shop.test/"], "is not a page"),
        (["https://[::1"], "URL"),
        (["shop.test", "--every", "50ms"], "must be at least 100ms"),
        (["shop.test", "--for", "10"], "10 has no unit"),
        (["shop.test", "--timeout", "0s"], "must be at least 1ms"),
        (["shop.test", "--set", "adresses=all"], "did you mean `addresses`"),
        (["shop.test", "--resolve", "shop.test:443"], "is not HOST:PORT:ADDRESS"),
    ],
)
async def test_wrong_usage_says_what_would_be_right(arguments: list[str], words: str) -> None:
    code, out, err = await run(*arguments)
    assert (code, out) == (2, "")
    assert words in " ".join(err.replace("│", " ").split())


def shown(what: RenderableType, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(len(line) <= width for line in text.splitlines())
    return "\n".join(line.rstrip() for line in text.splitlines())


def an_outage(**more: Any) -> Any:
    _, (outage,) = judged(*steady(0, 2), *steady(2, 4, "refused", took=0.01, detail="refused"), *steady(4, 5))
    return replace(outage, **more)


@pytest.mark.parametrize("width", [80, 104, 160])
def test_an_outage_is_shown_with_its_bounds(width: int) -> None:
    ends = {"before": Where("10.0.0.1", "Fastly", "FRA"), "after": Where("10.0.0.2", "Fastly", "FRA")}
    words = " ".join(shown(over(an_outage(**ends, blind=0.5), 3.0), width).split())
    assert words == (
        "UP again at 12:00:04.000 UTC outage 1: at least 1.740 s, at most 2.300 s in time "
        "failed 8 visits, 12:00:02.000 to 12:00:03.750; last good before: 12:00:01.750 "
        "faults connect "
        "recovery 2.000 s from the first bad visit to the first good one; its end is known to 0.250 s "
        "blind 0.500 s in which nothing was measured count for nothing "
        "address 10.0.0.1 before, 10.0.0.2 after: it changed "
        "edge Fastly FRA before and after"
    )


def test_what_is_not_known_is_said_to_be_so() -> None:
    lasting = an_outage(
        first_good=None, outer=None, recovery=None, resolution=None, last_good=None, samples=1,
        faults={"connect": 1, "timeout": 2},
    )  # fmt: skip
    words = shown(over(lasting, 3.0))
    assert "STILL DOWN outage 1: at least 1.740 s, no longest one is known  unproven whether in time" in words
    assert "1 visit, 12:00:02.000 to 12:00:03.750; last good before: none" in words
    assert "connect 1, timeout 2" in words
    assert "address" not in words
    unknown = an_outage(after=Where(), before=Where("10.0.0.1"))
    assert "10.0.0.1 before, not known after" in shown(over(unknown, 3.0))
    assert "not in time" in shown(over(unknown, 1.0))


def test_text_from_the_network_commands_no_terminal() -> None:
    assert "\x1b" not in shown(began(an_outage(detail="\x1b[31mred")))


async def _never() -> Sample:
    raise AssertionError


def a_watcher() -> Watcher:
    return Watcher(_never, lambda one: None, every=0.25)


def test_the_state_of_the_moment_is_one_line() -> None:
    drill = Drill(0.25, 3.0)
    assert shown(state(None, drill, a_watcher())).startswith("waiting for the first answer")
    for one in [*steady(0, 1), *steady(1, 3, "refused", took=0.01)]:
        drill.add(one)
    last = look(2.75, "refused", took=0.01).sample
    for width in (40, 80, 160):
        assert len(shown(Group(state(last, drill, a_watcher())), width).splitlines()) == 1
    words = shown(state(last, drill, a_watcher()))
    assert words.startswith("DOWN    12:00:02.750  10 ms  outage 1: 1.74 s so far  0 visits, 0 under way, 1")


def test_the_summary_says_what_is_missing() -> None:
    drill, _ = judged(*steady(0, 2), *steady(2, 5, "refused", took=0.01), *steady(5, 6))
    words = shown(summary(drill, a_watcher()), 120)
    assert "Visits: 0 due, 0 run, 0 skipped: 12 up, 12 down" in words
    longest = "at least 2.740 s, at most 3.300 s (outage 1, 12:00:02.000 UTC)"
    assert f"Outages: 1; the longest lasted {longest}" in words
    assert "? unproven  every outage over within 3 s" in words
    assert "an outage may have lasted 3.3 s" in words


async def test_on_a_terminal_the_state_is_drawn_and_outages_are_printed_above_it() -> None:
    file = io.StringIO()
    drill = Drill(0.25, 3.0)
    scene = Scene(drill, Console(file=file, force_terminal=True, width=100, highlight=False))
    looks = iter([*steady(0, 1), *steady(1, 2, "refused", took=0.01, detail="refused"), *steady(2, 3)])
    watcher = a_watcher()
    with scene.telling(watcher):
        for one in looks:
            scene.take(one)
            await asyncio.sleep(0.03)
    scene.sum_up(watcher)
    text = file.getvalue()
    assert text.index("DOWN since") if "DOWN since" in text else "DOWN" in text
    assert "visits, 0 under way" in text
    assert "in time" in text
    assert "met" in text
    assert len(asyncio.all_tasks()) <= 2


def test_an_outage_that_lasts_is_told_at_the_end(capfdbinary: Any) -> None:
    lines = Lines(Drill(0.25, 3.0))
    for one in [*steady(0, 1), *steady(1, 2, "refused", took=0.01)]:
        lines.take(one)
    lines.sum_up(a_watcher())
    events = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [one["event"] for one in events[-3:]] == ["visit", "lasting", "summary"]
    assert events[-2]["outage"]["first_good"] is None
    assert events[-1]["summary"]["longest"] == events[-2]["outage"]


def test_the_fields_of_a_drill_stand_in_the_docs() -> None:
    docs = page("docs/reports.md")
    drill, (outage,) = judged(*steady(0, 2), *steady(2, 4, "refused"), *steady(4, 5))
    assert docs.under("An outage of a drill", "field").by_first().keys() == outage.plain().keys()
    fields = docs.under("The summary of a drill", "field").by_first()
    assert list(fields) == list(summary_plain(drill, a_watcher()))
    assert f"{MOST} were under way" in fields["skipped"][2]
    events = docs.under("Drills", "event").by_first()
    assert events.keys() == {"visit", "began", "over", "lasting", "summary"}


def test_the_exit_code_says_how_it_went_in_this_process_too(capsys: Any) -> None:
    from monitor.cli.drill import command

    url = f"http://127.0.0.1:{refused_port()}/"
    with pytest.raises(typer.Exit) as caught:
        command(url, length="600ms", every="100ms", timeout="2s", at_most="50ms")
    assert caught.value.exit_code in (1, 3)  # 3 where this machine was too busy to see more than one
    assert "every outage over within 0.05 s" in capsys.readouterr().out


def test_verdicts_have_exit_codes() -> None:
    met, breached, unproven = Finding.MET, Finding.BREACHED, Finding.UNPROVEN
    assert [EXIT_CODES[one] for one in (met, breached, unproven)] == [0, 1, 3]
    assert worst([met, met]) is met
    assert worst([met, breached, unproven]) is breached
    assert worst([met, unproven]) is unproven
    assert worst([]) is unproven
