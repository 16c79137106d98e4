"""The chain: a file in the state folder with a line for each bundle that this installation made, in order.

Each line has the hash of its bundle's manifest, and each manifest the hash of the one before it. So whoever
holds one manifest, or its hash, can tell whether any bundle up to it was changed or slipped in later. Lines
are only ever added; the file is locked while a bundle gets its number, and synced before the bundle is there.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from monitor.evidence.failure import Unreadable
from monitor.evidence.manifest import ChainPlace, Digest, mistake
from monitor.export.whole import sync_folder

FILE = "evidence/chain.jsonl"
"""Where it is in the state folder."""


class Link(BaseModel):
    """One bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    place: ChainPlace
    manifest: Digest
    """The SHA-256 of its manifest."""
    made_at: AwareDatetime
    bundle: Annotated[str, Field(max_length=4096)]
    """Where it was written to."""


class Chain:
    """The chain while it is locked."""

    def __init__(self, number: int, links: Sequence[Link]) -> None:
        self._number = number
        self._links = links

    @property
    def place(self) -> ChainPlace:
        """The place of the next bundle."""
        if not self._links:
            return ChainPlace(installation=uuid4().hex, number=1, previous=None)
        last = self._links[-1]
        return ChainPlace(
            installation=last.place.installation, number=last.place.number + 1, previous=last.manifest
        )

    def add(self, link: Link) -> None:
        """Add the next bundle; it is on disk when this returns."""
        os.write(self._number, link.model_dump_json().encode() + b"\n")
        os.fsync(self._number)


@contextmanager
def locked_chain(state: Path) -> Iterator[Chain]:
    """The chain of a state folder, begun where there is none, and nobody else's while the context lasts.

    Raises:
        Unreadable: it was damaged or changed.
        OSError: it can't be written.
    """
    path = state / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        data = os.pread(number, os.fstat(number).st_size, 0)
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            # Half a line is of a process that was killed as it wrote: its bundle never came to be.
            os.ftruncate(number, whole)
        yield Chain(number, _links(data[:whole]))
        sync_folder(path.parent)
    finally:
        os.close(number)  # which lets go of the lock, too


def read_chain(state: Path) -> list[Link] | None:
    """The chain of a state folder, to look at; ``None`` where there is none.

    Raises:
        Unreadable: it was damaged or changed.
    """
    try:
        data = (state / FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreadable(FILE, f"it can't be read: {error.strerror or error}") from error
    return _links(data[: data.rfind(b"\n") + 1])


def _links(data: bytes) -> list[Link]:
    found: list[Link] = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            link = Link.model_validate_json(line)
        except ValidationError as error:
            raise Unreadable(FILE, f"line {number:,} is no link: {mistake(error)}") from error
        before = found[-1] if found else None
        if link.place.number != number or link.place.previous != (before.manifest if before else None):
            raise Unreadable(FILE, f"line {number:,} does not follow the one before it")
        if before is not None and link.place.installation != before.place.installation:
            raise Unreadable(FILE, f"line {number:,} is of another installation")
        found.append(link)
    return found
