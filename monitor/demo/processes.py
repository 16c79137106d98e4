"""The demo's processes, started in order: caddy and the stage, and then an agent for each region."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx

from monitor.demo.agents import agent_command
from monitor.demo.caddy import caddy_command
from monitor.demo.layout import HOST, Layout
from monitor.demo.supervisor import Command, Supervisor
from monitor.demo.trouble import DemoTrouble

PATIENCE = 60.0
"""Seconds that a process may take until it answers."""

DEATHS = 3
"""How often a process may die before it answers, until it is given up."""

TAIL = 2000
"""Characters of a log that are shown where its process did not start."""

PAUSE = 0.05
"""Seconds between two looks whether a process answers."""


@asynccontextmanager
async def processes(
    layout: Layout, caddy: Path, say: Callable[[str], None], ended: asyncio.Event
) -> AsyncIterator[Supervisor]:
    """All processes, started and answering; they are stopped when the context ends, however it does.

    Raises:
        DemoTrouble: one of them does not start, or the end was asked for before all had started.
    """
    supervisor = Supervisor(say)
    web = caddy_command(layout, caddy)
    world = stage_command(layout)
    agents = {agent_command(layout, region): region for region in layout.regions}
    try:
        for command in (web, world):
            supervisor.start(command)
        await until(partial(listening, HOST, layout.port), supervisor, web, ended)
        for region in layout.regions:
            await until(partial(listening, region.address, layout.port), supervisor, world, ended)
        for command in agents:
            supervisor.start(command)
        for command, region in agents.items():
            await until(partial(healthy, region.metrics_port), supervisor, command, ended)
        yield supervisor
    finally:
        await supervisor.stop()


def stage_command(layout: Layout) -> Command:
    """What starts the stage."""
    argv = (sys.executable, "-P", "-m", "monitor.demo.stage", str(layout.path("layout.json")))
    return Command("stage", argv, layout.path("stage.log"))


async def until(
    answers: Callable[[], Awaitable[bool]], supervisor: Supervisor, command: Command, ended: asyncio.Event
) -> None:
    """Return when the process of ``command`` answers.

    Raises:
        DemoTrouble: it took too long or died too often, or the end was asked for.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            while not await answers():
                if ended.is_set():
                    raise DemoTrouble("the end was asked for before everything had started")
                if supervisor.restarts.get(command.name, 0) >= DEATHS:
                    raise TimeoutError
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        tail = command.log.read_text("utf-8", "replace")[-TAIL:]
        raise DemoTrouble(f"{command.name} does not start; {command.log} ends with:\n{tail}") from None


async def listening(host: str, port: int) -> bool:
    """Whether something takes TCP connections there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def healthy(port: int) -> bool:
    """Whether an agent says that it is alive."""
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"http://{HOST}:{port}/healthz")).is_success
        except httpx.HTTPError:
            return False
