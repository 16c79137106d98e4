"""Files that are there as a whole or not at all, and names that last."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which gets its name when the block has ended without an error, and not before.

    Until then it lies beside ``path`` as ``.NAME.….part``. What had the name keeps it, with its content, when
    something goes wrong; only a process that is killed leaves a part behind.

    Raises:
        OSError: it can't be written, or what has the name is no regular file.
    """
    if path.exists() and not path.is_file():
        raise FileExistsError(f"{path} is there already, and is no regular file")
    part = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, as ``fsync`` has the content of a file.

    Raises:
        OSError: it can't be.
    """
    number = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
