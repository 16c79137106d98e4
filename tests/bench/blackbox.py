"""prometheus-blackbox-exporter under load: scraped as Prometheus does, over connections kept alive."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import yaml
from exposition import ASKED, read
from pages import NAME
from pinned import PATIENCE, Pinned, free_port, pinned
from rhythm import keep_pace

_HEADERS = "".join(f"{name}: {value}\r\n" for name, value in ASKED.items())
COMMAND = "prometheus-blackbox-exporter"


def installed() -> bool:
    """Whether the exporter is on this machine."""
    return shutil.which(COMMAND) is not None


@dataclass
class Blackbox:
    """The running exporter."""

    process: Pinned
    port: int
    _idle: list[_Connection] = field(default_factory=list)

    async def drive(
        self,
        module: str,
        url: Callable[[int], str],
        took: Callable[[str, str], None],
        *,
        targets: int,
        every: float,
        seconds: float,
    ) -> None:
        """Have ``url(target)`` probed for ``seconds``; each URL and answer is handed to ``took``."""

        async def visit(target: int) -> None:
            address = url(target)
            took(address, await self._probe(module, address))

        self._idle.clear()
        await keep_pace(targets, every, seconds, visit)
        for connection in self._idle:
            connection.transport.close()
        await asyncio.sleep(0)

    async def _probe(self, module: str, url: str) -> str:
        if self._idle:
            connection = self._idle.pop()
        else:
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(_Connection, "127.0.0.1", self.port)
        answer = await connection.ask(f"/probe?module={module}&target={quote(url, safe='')}")
        self._idle.append(connection)
        return answer


@contextlib.contextmanager
def blackbox(folder: Path, core: int, ca: Path) -> Iterator[Blackbox]:
    """Run the exporter with the modules ``h1`` and ``h2``; Go sees that it may use one core."""
    folder.mkdir()
    config = folder / "blackbox.yml"
    config.write_text(yaml.safe_dump({"modules": {"h1": _module(ca, False), "h2": _module(ca, True)}}))
    port = free_port()
    listen = f"--web.listen-address=127.0.0.1:{port}"
    command = [COMMAND, f"--config.file={config}", listen, "--log.level=error"]
    with pinned(command, core, folder / "blackbox.log") as process:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            process.check()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield Blackbox(process, port)


def _module(ca: Path, http2: bool) -> dict[str, object]:
    http = {
        "enable_http2": http2,
        "preferred_ip_protocol": "ip4",
        "tls_config": {"ca_file": str(ca), "server_name": NAME},
        "headers": {"Host": NAME},
    }
    return {"prober": "http", "timeout": "5s", "http": http}


class _Connection(asyncio.Protocol):
    """One kept connection. It asks in as few steps as can be, for it shares a core with the server."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._answer: asyncio.Future[str] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, path: str) -> asyncio.Future[str]:
        """The body of the answer to a GET of ``path``."""
        self._received = b""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(f"GET {path} HTTP/1.1\r\nHost: blackbox\r\n{_HEADERS}\r\n".encode())
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or self._answer is None:
            return
        chunked = b"transfer-encoding: chunked" in head.lower()
        if chunked:
            complete = body.endswith(b"\r\n0\r\n\r\n")
        else:
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            complete = len(body) >= int(length)
        if complete:
            self._answer.set_result(read(_unchunked(body) if chunked else body))
            self._answer = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None:
            self._answer.set_exception(exc or ConnectionResetError("blackbox_exporter hung up"))


def _unchunked(body: bytes) -> bytes:
    pieces = []
    while body:
        size, _, body = body.partition(b"\r\n")
        pieces.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return b"".join(pieces)
