from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from monitor.cli import check
from monitor.cli.inline import inline
from monitor.cli.souvenirs import Souvenirs
from probes.sample import Attempt, Outcome, Sample

PNG = b"\x89PNG" + bytes(range(256)) * 40


def sample(folder: Path) -> Sample:
    files = {}
    for what, name in {"filmstrip": "filmstrip.png", "har": "visit.har"}.items():
        (folder / "browser").mkdir(exist_ok=True)
        (folder / "browser" / name).write_bytes(name.encode())
        files[what] = f"browser/{name}"
    return Sample(
        id="1",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        vendor="v",
        page="p",
        url="https://www.example.com/",
        region="here",
        probe="browser",
        attempt=Attempt.SCHEDULED,
        outcome=Outcome.UP,
        evidence={"browser": {"files": files}},
    )


def test_files_go_where_they_were_asked_for_and_no_others_are_left(tmp_path: Path) -> None:
    souvenirs = Souvenirs({"har": tmp_path / "my.har"})
    assert dict(souvenirs.take(sample(souvenirs.folder))) == {"har": tmp_path / "my.har"}
    assert (tmp_path / "my.har").read_bytes() == b"visit.har"
    souvenirs.close()
    assert not souvenirs.folder.exists()


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("a.png", "PNG")])
def test_a_picture_is_what_its_name_says(tmp_path: Path, name: str, kind: str) -> None:
    souvenirs = Souvenirs({"filmstrip": tmp_path / name})
    seen = sample(souvenirs.folder)
    Image.new("RGBA", (4, 2), "red").save(souvenirs.folder / "browser" / "filmstrip.png")
    assert dict(souvenirs.take(seen)) == {"filmstrip": tmp_path / name}
    souvenirs.close()
    with Image.open(tmp_path / name) as picture:
        assert (picture.format, picture.size) == (kind, (4, 2))


def test_where_nothing_was_asked_for_there_is_a_filmstrip_to_look_at() -> None:
    souvenirs = Souvenirs({})
    ((what, path),) = souvenirs.take(sample(souvenirs.folder))
    souvenirs.close()
    assert (what, path.read_bytes()) == ("filmstrip", b"filmstrip.png")
    path.unlink()
    path.parent.rmdir()


def test_a_visit_that_left_nothing_leaves_nothing() -> None:
    souvenirs = Souvenirs({})
    empty = sample(souvenirs.folder)
    empty.evidence = {}
    assert list(souvenirs.take(empty)) == []
    souvenirs.close()


def test_a_picture_is_shown_where_the_terminal_is_known_to_show_it() -> None:
    iterm = inline(PNG, {"TERM_PROGRAM": "iTerm.app"})
    assert iterm is not None
    assert base64.b64decode(iterm.rpartition(":")[2].rstrip("\x07")) == PNG
    kitty = inline(PNG, {"TERM": "xterm-kitty"})
    assert kitty is not None
    chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty)
    assert base64.b64decode("".join(data for _, data in chunks)) == PNG
    assert [control for control, _ in chunks] == ["a=T,f=100,m=1", *["m=1"] * (len(chunks) - 2), "m=0"]
    assert all(len(data) <= 4096 for _, data in chunks)


@pytest.mark.parametrize(
    "environment", [{}, {"TERM": "xterm-256color"}, {"TERM": "xterm-kitty", "TMUX": "1"}]
)
def test_a_terminal_that_is_not_known_to_show_pictures_is_sent_none(environment: dict[str, str]) -> None:
    assert inline(PNG, environment) is None


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(check.command)
    return CliRunner().invoke(app, arguments)


def test_files_of_another_kind_of_probe_or_of_several_visits_are_wrong_usage(tmp_path: Path) -> None:
    path = str(tmp_path / "x.har")
    other = run("https://www.example.com/", "--har", path)
    assert other.exit_code == 2
    assert "--probe browser" in other.output
    several = run("https://www.example.com/", "--probe", "browser", "--count", "2", "--har", path)
    assert several.exit_code == 2
    assert "one visit" in several.output
