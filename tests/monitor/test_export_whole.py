from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import pytest

from monitor.export.whole import whole_file


def test_a_file_gets_its_name_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with whole_file(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["out"]


def fail(file: BinaryIO, error: type[BaseException]) -> None:
    file.write(b"half")
    raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_fails_leaves_the_old_file_and_no_part(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with pytest.raises(error), whole_file(path) as file:
        fail(file, error)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out"]


def test_it_can_be_read_by_whom_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "out"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", [".", "nowhere/out", "pipe"])
def test_what_cannot_be_a_file_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError), whole_file(tmp_path / name):
        raise AssertionError("it began")  # pragma: no cover
    assert os.listdir(tmp_path) == ["pipe"]
