"""The three ways in which a body of HTTP/1.1 ends (RFC 9112, section 6.3), as readers that are fed bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from probes.wire.bounds import HEAD_BYTES
from probes.wire.h1_head import ResponseHead, broken

# What follows the size up to the line's end is an extension, which nobody needs to know.
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")

MOST_CHUNKS = 256
"""How many chunks are taken before other probes get their turn."""

_NO_BODY = frozenset({204, 304})


_Step = Callable[[bytes, int, list[bytes]], int]
"""Takes what it can of the bytes from a position on, and returns the next position."""


class BodyReader(Protocol):
    """Takes what comes and gives the body in it."""

    @property
    def done(self) -> bool:
        """Whether the body has ended; what came after it is kept."""

    def take(self, data: bytes) -> bytes:
        """The body in ``data`` and in what was kept; may be empty where nothing is whole yet.

        Raises:
            Failure: it breaks the protocol.
        """

    def end(self) -> bool:
        """Whether the body may end here, with the connection."""

    @property
    def rest(self) -> bytes:
        """What was taken and is no part of the body."""


def body_reader(head: ResponseHead, method: bytes) -> BodyReader:
    """The reader for the body that follows ``head``.

    Raises:
        Failure: the head does not say how the body ends.
    """
    if method == b"HEAD" or head.status in _NO_BODY:
        return Sized(0)
    if head.chunked:
        return Chunked()
    length = head.length
    return Endless() if length is None else Sized(length)


class Sized:
    """A body whose length the head says."""

    def __init__(self, length: int) -> None:
        self.rest = b""
        self._left = length

    @property
    def done(self) -> bool:
        """Whether all of it came."""
        return self._left == 0

    def take(self, data: bytes) -> bytes:
        """As much of ``data`` as the length allows."""
        if len(data) > self._left:
            self.rest += data[self._left :]
            data = data[: self._left]
        self._left -= len(data)
        return data

    def end(self) -> bool:
        """Only where nothing is left to come."""
        return self.done


class Endless:
    """A body that ends with the connection."""

    done = False
    rest = b""

    def take(self, data: bytes) -> bytes:
        """All of it."""
        return data

    def end(self) -> bool:
        """Anywhere."""
        return True


class Chunked:
    """A body in chunks, each with its size before it, and trailers at the end, which are not looked at."""

    def __init__(self) -> None:
        self.done = False
        self.rest = b""
        self._left = 0
        """Bytes of the present chunk that are still to come."""
        self._trailers = 0
        """Bytes of trailers that came."""
        self._step: _Step = self._size

    def take(self, data: bytes) -> bytes:
        """What is whole of the chunks in what was kept and ``data``, some hundreds of them at a time."""
        taken = self.rest + data if self.rest else data
        pieces: list[bytes] = []
        at = 0
        while not self.done and len(pieces) < MOST_CHUNKS:
            following = self._step(taken, at, pieces)
            if following == at:
                break  # the rest of it is still to come
            at = following
        self.rest = taken[at:]
        return b"".join(pieces)

    def end(self) -> bool:
        """Only after the last chunk and its trailers."""
        return self.done

    def _size(self, data: bytes, at: int, _: list[bytes]) -> int:
        line = _CHUNK.match(data, at)
        if line is None:
            if b"\n" in data[at:] or len(data) - at > HEAD_BYTES:
                raise broken(f"no size of a chunk: {data[at : at + 40]!r}")
            return at
        self._left = int(line[1], 16)
        self._step = self._data if self._left else self._trailer
        return line.end()

    def _data(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        piece = data[at : at + self._left]
        if piece:
            pieces.append(piece)
            self._left -= len(piece)
            if not self._left:
                self._step = self._line_end
        return at + len(piece)

    def _line_end(self, data: bytes, at: int, _: list[bytes]) -> int:
        found = data[at : at + 2]
        if found in (b"", b"\r"):
            return at
        if not found.startswith((b"\r\n", b"\n")):
            raise broken(f"a chunk is longer than its size: {found!r}")
        self._step = self._size
        return at + (2 if found == b"\r\n" else 1)

    def _trailer(self, data: bytes, at: int, _: list[bytes]) -> int:
        end = data.find(b"\n", at)
        following = end + 1 or len(data)
        if self._trailers + following - at > HEAD_BYTES:
            raise broken(f"more than {HEAD_BYTES} bytes of trailers")
        if end < 0:
            return at
        self._trailers += following - at
        self.done = not data[at:end].strip(b"\r")
        return following
