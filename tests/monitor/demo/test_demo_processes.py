from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from monitor.demo.layout import HOST, lay_out
from monitor.demo.plan import VENDORS
from monitor.demo.processes import healthy, listening, until
from monitor.demo.record import read
from monitor.demo.stage import main
from monitor.demo.supervisor import Command, Supervisor
from monitor.demo.trouble import DemoTrouble


async def never() -> bool:
    return False


async def test_a_process_that_keeps_dying_is_given_up_with_the_end_of_its_log(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda words: None, pauses=(0.01,))
    command = Command("sick", (sys.executable, "-c", "raise SystemExit('no such luck')"), tmp_path / "log")
    supervisor.start(command)
    try:
        with pytest.raises(DemoTrouble, match=r"sick does not start(?s:.*)no such luck"):
            await until(never, supervisor, command, asyncio.Event())
    finally:
        await supervisor.stop()


async def test_the_end_may_come_before_everything_has_started(tmp_path: Path) -> None:
    ended = asyncio.Event()
    ended.set()
    with pytest.raises(DemoTrouble, match="before everything had started"):
        await until(never, Supervisor(print), Command("slow", (), tmp_path / "log"), ended)


async def test_listening_and_healthy_are_asked_of_real_sockets() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    assert await healthy(port)
    server.close()
    await server.wait_closed()
    with socket.create_server((HOST, port)):
        assert await listening(HOST, port)
    assert not await listening(HOST, port)
    assert not await healthy(port)


async def test_the_stage_ends_at_sigterm_and_leaves_its_record(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    layout = lay_out(tmp_path, time.time(), port=0)
    layout.save()
    playing = asyncio.create_task(main(layout.path("layout.json")))
    for region in layout.regions:
        while not await listening(region.address, layout.port):
            await asyncio.sleep(0.005)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(playing, 20)
    lines = list(read(layout.record))
    assert lines[0]["event"] == "start"
    assert {line["vendor"] for line in lines if line["event"] == "change"} == set(VENDORS)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
