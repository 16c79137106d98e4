"""Temporary folders that are emptied, also those of processes that were killed before they could."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "landwatch-browser-"
_LOCK = "lock"


@contextmanager
def own_folder(within: Path | None = None) -> Iterator[Path]:
    """A temporary folder, until the context ends. Others may pass through it, to what is theirs inside.

    Whoever has such a folder holds a lock in it: what nobody holds is what a killed process left.
    """
    within = within or Path(tempfile.gettempdir())
    sweep(within)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder.chmod(0o711)
        try:
            yield folder
        finally:
            remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder and all in it; a browser that is just ending may still write, so look twice."""
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def sweep(within: Path) -> None:
    """Remove the folders of processes that are gone."""
    for folder in within.glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open("r+") as lock:
            if folder.stat().st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
                continue
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
