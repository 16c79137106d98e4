"""Processes that are held to one core, and what the kernel says that they used."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BEFORE_OTHERS = -10
PATIENCE = 20.0
"""Seconds that a process has to come up, or to go."""


@dataclass(frozen=True)
class Cores:
    """Which core the measured process has to itself, and which one all others share."""

    measured: int
    others: int

    @classmethod
    def choose(cls) -> Cores:
        """The last core is measured, because interrupts like the first; one core is both if need be."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[-1], usable[0])


@dataclass(frozen=True)
class Pinned:
    """A process on a core of its own."""

    process: subprocess.Popen[str]
    log: Path

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it used so far: all threads, ended ones too, in nanoseconds' resolution."""
        # The clock of another process, as clock_getcpuclockid(3) makes it.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def memory(self, field: str = "VmRSS") -> int:
        """Bytes in memory now (``VmRSS``), or at most so far (``VmHWM``)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(f"process {self.process.pid} has ended:\n{self.said()}")

    def said(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def check(self) -> None:
        """Raise if it has ended."""
        if self.process.poll() is not None:
            raise ChildProcessError(f"ended with {self.process.returncode}:\n{self.said()}")


@contextlib.contextmanager
def pinned(
    command: Sequence[str], core: int, log: Path, *, ask_first: bool = True, nice: int = 0
) -> Iterator[Pinned]:
    """Run ``command`` on ``core``; at the end it is asked to go, and made to where it does not."""

    def settle() -> None:
        os.sched_setaffinity(0, {core})
        if nice:
            with contextlib.suppress(PermissionError):
                os.nice(nice)

    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if not ask_first else errors,
            stderr=errors,
            text=True,
            env=environment(),
            preexec_fn=settle,
        )
    with process:
        try:
            yield Pinned(process, log)
        finally:
            if ask_first and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(PATIENCE)
            process.kill()


def environment() -> dict[str, str]:
    """The environment, in which Python finds this project and its test servers."""
    found = [str(ROOT), str(ROOT / "tests" / "fixtures"), str(ROOT / "tests" / "bench")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(found), "NO_COLOR": "1"}


def take_precedence() -> str:
    """Go before other processes, with all children to come, where that is allowed; says what became of it."""
    try:
        os.nice(_BEFORE_OTHERS)
    except PermissionError:
        return "as every process (only root may do better)"
    return f"nice {_BEFORE_OTHERS} for all parts of the benchmark, so that others disturb less"


def python(*arguments: str) -> list[str]:
    """The command that runs Python as this process does."""
    return [sys.executable, *arguments]


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
