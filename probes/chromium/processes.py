"""The browser's processes: how much memory they hold, and their end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Process:
    """A process and the bytes of memory that are its own."""

    pid: int
    memory: int
    renderer: bool


def family(pid: int, proc: Path = Path("/proc")) -> Iterator[Process]:
    """``pid`` and all that descends from it; nothing where the kernel does not tell."""
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        folder = proc / str(one)
        try:
            waiting += map(int, (folder / "task" / str(one) / "children").read_text().split())
            _, resident, shared, *_ = map(int, (folder / "statm").read_text().split())
            renderer = b"--type=renderer" in (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue  # it ended meanwhile
        yield Process(one, (resident - shared) * _PAGE, renderer)


def end(group: int | None) -> None:
    """Kill a process group; one that is gone is as good."""
    if group is not None and group > 1:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
