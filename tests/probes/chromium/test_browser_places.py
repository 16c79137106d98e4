"""What there is on a machine: browsers in other places, and folders of other users."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probes.chromium.find import HOW_TO_INSTALL, SHELL, Missing, find
from probes.chromium.folders import PREFIX, remove, sweep


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on it but what stands in this folder; its search path is ``bin``."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    places = (
        (SHELL, str(tmp_path / "lib" / "chromium-headless-shell"), "chrome-headless-shell"),
        ("chrome", str(tmp_path / "lib" / "chrome"), None),
    )
    monkeypatch.setattr("probes.chromium.find._PLACES", places)
    return tmp_path


def install(path: Path, version: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho Chromium {version}\n")
    path.chmod(0o755)
    return str(path)


def test_a_machine_without_a_browser_says_how_to_get_one(machine: Path) -> None:
    with pytest.raises(Missing) as caught:
        find()
    assert caught.value.detail == f"no Chromium was found on this machine; {HOW_TO_INSTALL}"


def test_browsers_are_looked_for_in_order(machine: Path) -> None:
    shell = machine / "chromium_headless_shell-7" / "chrome-linux" / "headless_shell"
    for path, kind in (
        (machine / "lib" / "chrome", "chrome"),
        (machine / "bin" / "chrome-headless-shell", SHELL),
        (machine / "lib" / "chromium-headless-shell", SHELL),
        (machine / ".cache" / "ms-playwright" / shell.relative_to(machine), SHELL),
        (machine / "Library" / "Caches" / "ms-playwright" / shell.relative_to(machine), SHELL),
    ):
        installed = install(path, "140.0.1")
        found = find()
        assert (found.path, found.kind, found.version) == (installed, kind, "140.0.1")


def test_a_folder_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / f"{PREFIX}theirs"
    folder.mkdir()
    (folder / "lock").touch()
    if os.geteuid() == 0:
        os.chown(folder, 54321, -1)
    owner = folder.stat().st_uid
    with monkeypatch.context() as other:
        other.setattr("os.geteuid", lambda: owner + 1)
        sweep(tmp_path)
    assert folder.exists()
    sweep(tmp_path)
    assert not folder.exists()


def test_a_folder_that_cannot_be_removed_is_tried_for_some_times_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Path] = []
    monkeypatch.setattr("shutil.rmtree", lambda folder, ignore_errors: tries.append(folder))
    remove(tmp_path)
    assert tries == [tmp_path] * 3
