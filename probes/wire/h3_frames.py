"""HTTP/3's frames (RFC 9114, section 7): how they are made, and how they are cut out of what arrives."""

from __future__ import annotations

from typing import NamedTuple

from probes.wire.bounds import HEAD_BYTES
from probes.wire.fields import Version

DATA = 0x0
HEADERS = 0x1
CANCEL_PUSH = 0x3
SETTINGS = 0x4
PUSH_PROMISE = 0x5
GOAWAY = 0x7
MAX_PUSH_ID = 0xD

_FROM_HTTP2 = frozenset({0x2, 0x6, 0x8, 0x9})
"""Kinds that only HTTP/2 has, and that are forbidden for that (section 7.2.8)."""

_KINDS = {
    DATA: "DATA",
    HEADERS: "HEADERS",
    CANCEL_PUSH: "CANCEL_PUSH",
    SETTINGS: "SETTINGS",
    PUSH_PROMISE: "PUSH_PROMISE",
    GOAWAY: "GOAWAY",
    MAX_PUSH_ID: "MAX_PUSH_ID",
}

HTTP3 = Version("HTTP/3")
broken = HTTP3.broken


def kind_name(kind: int) -> str:
    """What RFC 9114 calls frames of ``kind``."""
    return _KINDS.get(kind, f"frame of type 0x{kind:x}")


def write_varint(value: int) -> bytes:
    """``value`` as QUIC writes integers (RFC 9000, section 16)."""
    for power, size in enumerate((1, 2, 4, 8)):
        if value < 1 << (8 * size - 2):
            return (power << (8 * size - 2) | value).to_bytes(size, "big")
    raise ValueError(f"{value} is larger than QUIC can write")


def read_varint(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """The integer at ``at`` and where it ends; ``None`` where the rest of it is still to come."""
    if at >= len(data):
        return None
    size = 1 << (data[at] >> 6)
    end = at + size
    if end > len(data):
        return None
    return int.from_bytes(data[at:end], "big") & ((1 << (8 * size - 2)) - 1), end


def make_frame(kind: int, payload: bytes) -> bytes:
    """A frame as it goes over the wire."""
    return write_varint(kind) + write_varint(len(payload)) + payload


class Frame(NamedTuple):
    """A frame, or a piece of one where it carries DATA."""

    kind: int
    payload: bytes
    began: float
    """When its first byte arrived."""


class FrameReader:
    """Cuts frames out of what one stream brings: ``feed`` it when ``take`` has nothing left to give."""

    __slots__ = ("_arrived", "_at", "_began", "_data", "_frame", "_left", "_old", "_other")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self._began = self._arrived = 0.0
        """When the first byte of ``_data`` came, and its last."""
        self._old = 0
        """How many bytes of ``_data`` came with the first."""
        self._frame: Frame | None = None
        """The frame whose payload is still coming."""
        self._left = 0
        """How much of that is."""
        self._other = 0
        """Bytes that were no body."""

    @property
    def between(self) -> bool:
        """Whether nothing is left that would begin or continue a frame."""
        return self._frame is None and self._at == len(self._data)

    def feed(self, data: bytes, at: float) -> None:
        """Take the bytes that came at ``at``."""
        left = self._data[self._at :]
        if not left:
            self._began = at
        elif self._at >= self._old:
            self._began = self._arrived
        self._old = len(left)
        self._data = left + data
        self._at = 0
        self._arrived = at

    def take(self) -> Frame | None:
        """The next frame or piece of DATA of a known kind; ``None`` where more bytes are needed.

        Raises:
            Failure: it is too large, or of a kind that may not come.
        """
        while self._frame is not None or self._begin():
            frame = self._frame
            assert frame is not None  # it was just begun, if not before
            if frame.kind == DATA or frame.kind not in _KINDS:
                piece = self._piece()
                if not self._left:
                    self._frame = None
                elif not piece:
                    return None
                self._count(-len(piece) if frame.kind == DATA else len(piece))
                if piece and frame.kind == DATA:
                    return frame._replace(payload=piece)
            elif len(self._data) - self._at < self._left:
                return None
            else:
                self._count(self._left)
                self._frame = None
                return frame._replace(payload=self._piece())
        return None

    def _begin(self) -> bool:
        """Read a frame's header."""
        kind = read_varint(self._data, self._at)
        length = read_varint(self._data, kind[1]) if kind is not None else None
        if kind is None or length is None:
            return False
        self._frame = Frame(kind[0], b"", self._began if self._at < self._old else self._arrived)
        self._left = length[0]
        self._count(length[1] - self._at)
        self._at = length[1]
        if kind[0] in _FROM_HTTP2:
            raise broken(f"{kind_name(kind[0])}, which only HTTP/2 has")
        if self._left > HEAD_BYTES and kind[0] != DATA and kind[0] in _KINDS:
            raise broken(f"{kind_name(kind[0])} of {self._left} bytes, where {HEAD_BYTES} are allowed")
        return True

    def _piece(self) -> bytes:
        """What there is of the payload."""
        piece = self._data[self._at : self._at + self._left]
        self._at += len(piece)
        self._left -= len(piece)
        return piece

    def _count(self, length: int) -> None:
        """Count what is no body; a body makes up for as much of it as it is long itself."""
        self._other = max(0, self._other + length)
        if self._other > HEAD_BYTES:
            raise broken(f"more than {HEAD_BYTES} bytes that are no part of a body")
