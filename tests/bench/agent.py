"""landwatch under load: a real daemon (``landwatch run``) with SQLite and metrics, held to one core."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from exposition import ASKED, read
from pinned import PATIENCE, Pinned, free_port, pinned, python

REGION = "bench"
VENDOR = "vendor"


@dataclass(frozen=True)
class Agent:
    """The running daemon."""

    process: Pinned
    port: int
    store_url: str

    def scrape(self) -> str:
        """What /metrics says now."""
        status, body = self.get("/metrics", ASKED)
        if status != 200:
            raise ConnectionError(f"/metrics answered {status}: {body[:200]!r}")
        return read(body)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """The status and the body of what is at ``path``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextlib.contextmanager
def agent(
    folder: Path, core: int, urls: Mapping[str, str], every: float, options: Mapping[str, Any]
) -> Iterator[Agent]:
    """Run the daemon on the pages of ``urls`` (by name), and stop it with SIGTERM."""
    folder.mkdir()
    port = free_port()
    probe = {"every": f"{every:g}s", **options}
    pages = [{"name": name, "url": url, "probes": {"http": probe}} for name, url in urls.items()]
    config = {
        "region": REGION,
        "state": str(folder / "state"),
        "store": f"sqlite:///{folder / 'state' / 'landwatch.db'}",
        "listen": f"127.0.0.1:{port}",
        "vendors": [{"name": VENDOR, "pages": pages}],
    }
    file = folder / "landwatch.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    command = python("-P", "-m", "monitor.cli.main", "run", "--config", str(file), "--plain")
    with pinned(command, core, folder / "agent.log") as process:
        running = Agent(process, port, config["store"])
        _wait_for(running)
        yield running


def _wait_for(running: Agent) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        running.process.check()
        with contextlib.suppress(OSError, http.client.HTTPException):
            if running.get("/readyz")[0] == 200:
                return
        time.sleep(0.05)
    raise TimeoutError(f"landwatch is not ready after {PATIENCE:g} s:\n{running.process.said()}")
