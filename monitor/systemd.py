"""What systemd is told: readiness, reloads, the end, and that the loop still turns (sd_notify(3)).

Where systemd did not start the process, nothing is sent.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping

import structlog

_log = structlog.get_logger(__name__)


class Notifier:
    """Sends states to the socket that ``NOTIFY_SOCKET`` names; an abstract one begins with ``@``."""

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        *,
        mono: Callable[[], float] = time.monotonic,
        pid: int | None = None,
    ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._mono = mono
        for_us = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid() if pid is None else pid))
        usec = environment.get("WATCHDOG_USEC", "")
        self.watchdog_every = int(usec) / 2e6 if for_us and usec.isdecimal() and int(usec) else None
        """Seconds between two signs of life: half of what systemd waits; ``None`` where it does not."""

    def ready(self, status: str = "") -> None:
        """The service does its work, for the first time or after a reload."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The config is being read again; :meth:`ready` ends that."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={int(self._mono() * 1e6)}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """The loop still turns."""
        self._send("WATCHDOG=1")

    async def watch(self) -> None:
        """Give signs of life from the loop until cancelled, where systemd waits for them."""
        while self.watchdog_every is not None:
            self.alive()
            await asyncio.sleep(self.watchdog_every)

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            _log.warning("systemd can't be told", state=lines[0], error=str(error))
