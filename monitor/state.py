"""The state folder: what one process keeps on this machine, and no other process may touch meanwhile."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StateUnusable(Exception):
    """The state folder can't be used, and why."""


@contextmanager
def state_folder(path: Path) -> Iterator[Path]:
    """Make the folder where it is missing, and keep other processes out of it while the context lasts.

    Raises:
        StateUnusable: it can't be written, or another process has it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / "landwatch.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StateUnusable(f"the state folder {path} can't be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateUnusable(f"another landwatch uses the state folder {path}") from None
        yield path
    finally:
        os.close(lock)  # which lets go of the lock, too
