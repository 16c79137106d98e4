from __future__ import annotations

import asyncio
import gc
import http.server
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
import structlog
import typer

from monitor.cli import run
from monitor.cli.run import command

ROOT = Path(__file__).parents[2]
RUN = (sys.executable, "-m", "monitor.cli.main", "run")


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    """A page on a server in a thread of its own."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Manager:
    """What systemd is for the process: a socket that takes its messages."""

    def __init__(self, folder: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "notify"))
        self.socket.settimeout(60)
        self.environment = {"NOTIFY_SOCKET": "notify"}  # processes run in its folder

    def told(self, wanted: str) -> list[str]:
        while True:
            lines = self.socket.recv(4096).decode().splitlines()
            if lines[0] == wanted:
                return lines


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def manager(folder: Path) -> Iterator[Manager]:
    made = Manager(Path())  # a socket's path has to be short
    yield made
    made.socket.close()


def config(site: str, page: str = "home", listen: str = "127.0.0.1:0") -> str:
    probes = "{http: {every: 250ms}}"
    return (
        f"region: here\nlisten: {listen}\n"
        f"vendors: [{{name: shop, pages: [{{name: {page}, url: '{site}', probes: {probes}}}]}}]\n"
    )


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)} | more


def page_of(status: list[str]) -> str:
    return re.search(r"http://[\d.:]+/", status[1])[0]


def test_a_life_from_start_to_end(site: str, folder: Path, manager: Manager) -> None:
    path = folder / "landwatch.yaml"
    path.write_text(config(site))
    process = subprocess.Popen(
        [*RUN, "--plain"],
        cwd=folder,
        env=environment(**manager.environment, WATCHDOG_USEC="1000000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = page_of(manager.told("READY=1"))
        manager.told("WATCHDOG=1")
        assert httpx.get(f"{url}readyz", trust_env=False).status_code == 200
        assert 'page="home"' in httpx.get(f"{url}metrics", trust_env=False).text

        path.write_text(config(site, "renamed"))
        manager.told("RELOADING=1")
        manager.told("READY=1")
        text = httpx.get(f"{url}metrics", trust_env=False).text
        assert 'page="renamed"' in text
        assert 'page="home"' not in text

        process.send_signal(signal.SIGHUP)
        manager.told("RELOADING=1")
        manager.told("READY=1")
        process.send_signal(signal.SIGTERM)
        manager.told("STOPPING=1")
        out, err = process.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()
    assert (process.returncode, out) == (0, "")
    events = [json.loads(line)["event"] for line in err.splitlines()]
    assert events[0] == "landwatch runs"
    assert events[-1] == "drained"
    assert events.count("config reloaded") == 2


def failed(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """The exit code of a ``landwatch run`` that can't start, and the lines that it wrote."""
    done = subprocess.run(
        [*RUN, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, timeout=60
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_a_wrong_config_is_told_with_every_mistake(folder: Path) -> None:
    (folder / "c.yaml").write_text("region: 1\nvendors: []\nlisten: nowhere\n")
    code, lines = failed(folder, "--config", "c.yaml")
    assert code == 2
    assert len([line for line in lines if line.startswith("c.yaml:")]) == 3
    assert not any("Traceback" in line for line in lines)


def test_a_missing_config_is_told(folder: Path) -> None:
    code, lines = failed(folder)
    assert (code, len(lines)) == (2, 1)
    assert "landwatch.yaml: there is no such file" in lines[0]


def test_a_start_that_fails_says_why_in_one_line(site: str, folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        (folder / "landwatch.yaml").write_text(config(site, listen=place))
        assert failed(folder) == (1, [f"landwatch run: can't listen on {place}: Address already in use"])


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch, manager: Manager) -> Iterator[Manager]:
    """The command can be called in this process; what it tunes is put back."""
    root = logging.getLogger()
    handlers, level, interval = root.handlers[:], root.level, sys.getswitchinterval()
    for name, value in manager.environment.items():
        monkeypatch.setenv(name, value)
    yield manager
    gc.unfreeze()
    structlog.reset_defaults()
    sys.setswitchinterval(interval)
    root.handlers[:] = handlers
    root.setLevel(level)


def call(manager: Manager, *, live: bool | None) -> int:
    """Call the command, and end it once it is ready; its exit code."""

    def end() -> None:
        manager.told("READY=1")
        os.kill(os.getpid(), signal.SIGTERM)

    ending = threading.Thread(target=end)
    ending.start()
    with pytest.raises(typer.Exit) as exit_:
        command(config=Path("landwatch.yaml"), live=live)
    ending.join()
    return exit_.value.exit_code


def test_without_a_terminal_there_are_log_lines(
    site: str, folder: Path, in_process: Manager, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "landwatch.yaml").write_text(config(site))
    assert call(in_process, live=None) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err.splitlines()[0])["event"] == "landwatch runs"


def test_a_start_that_fails_exits_with_1(
    site: str, folder: Path, in_process: Manager, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "file").touch()
    (folder / "landwatch.yaml").write_text("state: file\n" + config(site))
    with pytest.raises(typer.Exit) as exit_:
        command(config=Path("landwatch.yaml"), live=False)
    assert exit_.value.exit_code == 1
    assert capsys.readouterr().err == "landwatch run: the state folder file can't be written: File exists\n"


def test_a_live_table_can_be_asked_for(
    site: str, folder: Path, in_process: Manager, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "landwatch.yaml").write_text(config(site))
    assert call(in_process, live=True) == 0
    out = capsys.readouterr().out
    assert "watches 1 page from here. Ctrl-C ends it." in out
    assert re.search(r"metrics\s+http://127.0.0.1:\d+/metrics", out)


def test_the_loop_is_uvloops_where_that_is_there() -> None:
    with closing(run._loop_factory()()) as loop:
        assert type(loop).__module__.startswith("uvloop")
        assert isinstance(loop, asyncio.AbstractEventLoop)
