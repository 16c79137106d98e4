"""The files of a bundle: how they are found and hashed, whoever made the folder. No link is followed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from pathlib import Path

from monitor.evidence.failure import Unreadable
from monitor.evidence.manifest import Entry
from monitor.evidence.names import MOST_FILES
from monitor.evidence.opening import opened

DEEPEST = 4
"""Folders below each other that are looked into."""
_CHUNK = 1024 * 1024


def entry_of(bundle: Path, path: str) -> Entry:
    """A file's size and hash.

    Raises:
        Unreadable: it is not there, or is no plain file.
    """
    found = hashlib.sha256()
    size = 0
    with opened(bundle, path) as file:
        while data := file.read(_CHUNK):
            found.update(data)
            size += len(data)
    return Entry(path=path, size=size, sha256=found.hexdigest())


def walk(bundle: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every entry below a folder that is no folder, and folders that are not looked into, in order.

    Raises:
        Unreadable: there are more than any bundle has, or a folder can't be read.
    """
    for number, found in enumerate(_below(bundle, "", 0)):
        if number >= 2 * MOST_FILES:
            raise Unreadable(".", f"it has more than {2 * MOST_FILES:,} files")
        yield found


def _below(folder: Path, prefix: str, depth: int) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(islice(entries, 2 * MOST_FILES + 1), key=attrgetter("name"))
        for entry in found:
            about = entry.stat(follow_symlinks=False)
            name = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False) and depth < DEEPEST:
                yield from _below(Path(entry.path), f"{name}/", depth + 1)
            else:
                yield name, about
    except OSError as error:
        raise Unreadable(prefix or ".", f"it can't be looked into: {error.strerror or error}") from error
