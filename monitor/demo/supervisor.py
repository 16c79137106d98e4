"""The supervisor: keeps the demo's child processes running, and leaves none behind.

Every child is on a leash (see ``leash.py``) and in a session of its own, so that a Ctrl-C at the terminal
reaches the parent alone, which then stops the children in order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import monitor
from monitor.demo import leash

ROOT = Path(monitor.__file__).parents[1]

PAUSES = (0.5, 1.0, 2.0, 5.0)
"""Seconds before a dead child is started again: the first time, the second, and so on; the last for ever."""

STEADY = 30.0
"""A child that ran this many seconds before it died counts as dead for the first time again."""


@dataclass(frozen=True, slots=True)
class Command:
    """A child process: a name for people, what to run, and where its output goes."""

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Variables beside those of the parent."""


class Supervisor:
    """Starts commands, starts them again when they die, and stops them."""

    def __init__(self, say: Callable[[str], None], pauses: tuple[float, ...] = PAUSES) -> None:
        self._say = say
        self._pauses = pauses
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self.restarts: dict[str, int] = {}

    def start(self, command: Command) -> None:
        """Start ``command`` and keep it running until :meth:`stop`."""
        command.log.write_bytes(b"")
        self._keepers[command.name] = asyncio.create_task(self._keep(command))

    def pid(self, name: str) -> int | None:
        """The process id of a child; ``None`` while it is not running."""
        process = self._running.get(name)
        return process.pid if process else None

    async def stop(self, names: Iterable[str] | None = None, grace: float = 8.0) -> None:
        """Stop children (all, where none is named): SIGTERM to each at once, and SIGKILL after ``grace``."""
        chosen = [name for name in (list(self._keepers) if names is None else names) if name in self._keepers]
        keepers = [self._keepers.pop(name) for name in chosen]
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await asyncio.gather(
            *(self._end(self._running.pop(name), grace) for name in chosen if name in self._running)
        )

    async def _keep(self, command: Command) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            began = loop.time()
            process = await self._spawn(command)
            code = await process.wait()
            del self._running[command.name]
            deaths = 1 if loop.time() - began >= STEADY else deaths + 1
            pause = self._pauses[min(deaths, len(self._pauses)) - 1]
            ending = _ending(code)
            self._say(f"{command.name} ended ({ending}); it starts again in {pause:g} s, see {command.log}")
            self.restarts[command.name] = self.restarts.get(command.name, 0) + 1
            await asyncio.sleep(pause)

    async def _spawn(self, command: Command) -> asyncio.subprocess.Process:
        leashed = (sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *command.argv)
        with command.log.open("ab") as log:
            # Shielded: a start that is cut in the middle would leave a process that nobody knows of.
            start = asyncio.ensure_future(
                asyncio.create_subprocess_exec(
                    *leashed,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=os.environ | _own_variables() | dict(command.environment),
                    start_new_session=True,
                )
            )
            try:
                process = await asyncio.shield(start)
            except asyncio.CancelledError:
                self._running[command.name] = await start
                raise
        self._running[command.name] = process
        return process

    async def _end(self, process: asyncio.subprocess.Process, grace: float) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), grace)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _own_variables() -> dict[str, str]:
    """What lets a child find landwatch wherever the demo was started, and write its log at once."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
