from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.main import COMMANDS, main

HEAVY = (
    "aioquic", "alembic", "apscheduler", "cryptography", "dns", "fastapi", "httpx", "playwright",
    "prometheus_client", "psycopg", "sqlalchemy", "structlog", "uvicorn", "uvloop", "watchfiles",
)  # fmt: skip


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["landwatch", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_help_has_a_line_for_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    out = capsys.readouterr().out
    assert "Usage: landwatch" in out
    for name, entry in COMMANDS.items():
        assert f"{name} " in out
        assert entry.line[:40] in out


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """What keeps help fast, told without a clock."""
    code = (
        "import sys; from monitor.cli.main import main\n"
        "try: main()\n"
        f"finally: print('LOADED', [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert "Usage: landwatch" in ended.stdout
    assert ended.stderr.strip().endswith("LOADED []")


def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"1.2.3 of {name}")
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == "landwatch 1.2.3 of landwatch\n"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "Usage: landwatch"),
        (["chekc"], "Did you mean 'check'"),
        (["--nonsense"], "No such option"),
        (["config", "nonsense"], "No such command"),
        (["samples", "--outcome", "good"], "is not one of"),
    ],
)
def test_wrong_usage_ends_with_2(
    arguments: list[str], word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    told = capsys.readouterr()
    assert word in told.out + told.err
    assert "Traceback" not in told.err


def test_a_wrong_config_ends_any_command_with_2_and_its_mistakes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "samples", "--config", "/nonexistent/landwatch.yaml") == 2
    assert "/nonexistent/landwatch.yaml: there is no such file" in capsys.readouterr().err


def test_an_interrupt_ends_with_130_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.config.example", interrupted)
    assert run(monkeypatch, "config", "example") == 130
    assert "Traceback" not in capsys.readouterr().err


def test_an_interrupt_while_a_command_is_imported_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.cli.main.app", interrupted)
    assert run(monkeypatch) == 130


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("monitor.config.example", broken)
    monkeypatch.setattr(sys, "argv", ["landwatch", "config", "example"])
    with pytest.raises(ZeroDivisionError):
        main()


@pytest.mark.parametrize("arguments", [["config", "schema"], ["config", "example"], ["--help"]], ids=" ".join)
def test_a_reader_that_has_gone_is_no_error_to_speak_of(arguments: list[str]) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "monitor.cli.main", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout
    assert child.stderr
    child.stdout.close()
    with child.stderr:
        assert child.stderr.read() == b""
    assert child.wait(60) == 1


def test_what_is_still_in_the_buffer_when_the_reader_has_gone_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        monkeypatch.setattr("monitor.cli.main.app", lambda **_: pipe.write("a line\n"))
        assert run(monkeypatch) == 1


def test_the_module_runs_as_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["landwatch", "--help"])
    path = Path(__file__).parents[2] / "monitor" / "cli" / "main.py"
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(path), run_name="__main__")
    assert not caught.value.code
    assert "Usage: landwatch" in capsys.readouterr().out
