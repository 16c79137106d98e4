"""Opens the files of a bundle, whoever made it: no link is followed, and nothing but plain files is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from monitor.evidence.failure import Unreadable


@contextmanager
def opened(bundle: Path, path: str) -> Iterator[BinaryIO]:
    """A file of a bundle, to read.

    Raises:
        Unreadable: it is not there, or is no plain file.
    """
    try:
        number = os.open(bundle / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(path, f"it can't be opened: {error.strerror or error}") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise Unreadable(path, "it is no plain file")
    with open(number, "rb") as file:
        yield file


def content(bundle: Path, path: str, most: int) -> bytes:
    """All of a small file.

    Raises:
        Unreadable: it is not there, or larger than that.
    """
    with opened(bundle, path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise Unreadable(path, f"it has more than {most:,} bytes")
    return data
