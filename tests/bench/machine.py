"""What the figures were measured on, and what else ran there meanwhile."""

from __future__ import annotations

import os
import platform
import shutil
import ssl
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cryptography.hazmat.backends.openssl.backend import backend

PACKAGES = ("uvloop", "httpx", "h2", "h11", "dnspython", "sqlalchemy", "prometheus-client", "uvicorn")


def describe(tools: dict[str, str]) -> dict[str, str]:
    """The machine and the versions, by name."""
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {_memory()}",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}, {ssl.OPENSSL_VERSION}",
        "landwatch's TLS": f"{backend.openssl_version_text()}, by cryptography {_version('cryptography')}",
        "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        **tools,
    }


def tool_version(command: str, *arguments: str) -> str:
    """The first line of what ``command`` says of its version."""
    found = str(beside) if (beside := Path(sys.executable).with_name(command)).exists() else command
    if shutil.which(found) is None:
        return "not installed"
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    said = (done.stdout or done.stderr).split("\n")[0]
    return said.partition(" (")[0].strip()


class Load:
    """The load of the machine over the whole benchmark, and how much of it was not ours."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._average = os.getloadavg()[0]
        self._busy, self._stolen = _busy_seconds()
        self._ours = _our_seconds()

    def words(self) -> str:
        """How loaded it was before, and which part of all cores others used during."""
        busy, stolen = _busy_seconds()
        seconds = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        others = max(0.0, busy - self._busy - (_our_seconds() - self._ours)) / seconds
        return (
            f"load average {self._average:.2f} before; meanwhile others used {others:.0%} of the cores"
            f" and the hypervisor took {(stolen - self._stolen) / seconds:.0%}"
            f"{'' if others < 0.05 else ' (the absolute figures suffer, the ratios less)'}"
        )


def _our_seconds() -> float:
    """CPU of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _busy_seconds() -> tuple[float, float]:
    """Seconds that all cores together worked, and seconds that were stolen from them."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    user, nice, system, _, _, interrupts, soft, stolen = ticks[:8]
    second = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + interrupts + soft) / second, stolen / second


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"
