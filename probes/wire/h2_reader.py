"""HTTP/2's frames cut out of what arrives, and what they may be whatever they say (RFC 9113, section 4).

All that is no body is bounded, so that no flood of frames of whatever kind goes on for ever.
"""

from __future__ import annotations

from typing import NamedTuple

from probes.wire.bounds import HEAD_BYTES
from probes.wire.h2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    FRAME_BYTES,
    FRAME_HEADER,
    HEADERS,
    PADDED,
    PRIORITISED,
    SETTINGS,
    broken,
    kind_name,
)

_CONTINUATIONS = 128
"""How many frames a header may go on for; a whole one of the largest size needs sixteen."""

_STREAM = 0x7FFF_FFFF


class Frame(NamedTuple):
    """A frame, with a header's continuations already joined to it and without its padding."""

    kind: int
    flags: int
    stream: int
    payload: bytes
    length: int
    """The payload's length as it came, padding included: what flow control counts."""
    began: float
    """When its first byte arrived."""


class FrameReader:
    """Cuts frames out of what arrives: ``feed`` it whenever ``take`` has nothing left to give."""

    __slots__ = ("_arrived", "_at", "_began", "_block", "_blocks", "_data", "_first", "_other")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self._arrived = 0.0
        self._began = 0.0
        """When the first byte of ``_data`` came; the rest came at ``_arrived``, or does not begin a frame."""
        self._first = True
        self._block: Frame | None = None
        """A HEADERS frame that is to be continued."""
        self._blocks: list[bytes] = []
        self._other = 0
        """Bytes that were no body since the count was last begun."""

    def recount(self) -> None:
        """Begin to count what is no body anew, because a new response is awaited."""
        self._other = 0

    def feed(self, data: bytes, at: float) -> None:
        """Take the bytes that came at ``at``."""
        left = self._data[self._at :]
        if not left:
            self._began = at
        elif self._at:
            self._began = self._arrived
        self._data = left + data
        self._at = 0
        self._arrived = at

    def take(self) -> Frame | None:
        """The next whole frame; ``None`` where more bytes are needed.

        Raises:
            Failure: what came is no frame, or none that may come now.
        """
        while True:
            start = self._at
            if len(self._data) - start < 9:
                return None
            high, low, kind, flags, stream = FRAME_HEADER.unpack_from(self._data, start)
            stream &= _STREAM
            length = high << 8 | low
            self._check(kind, flags, stream, length)
            end = start + 9 + length
            if len(self._data) < end:
                return None
            payload = self._data[start + 9 : end]
            if kind in (DATA, HEADERS) and flags & (PADDED | PRIORITISED):
                payload = _bare(kind, flags, payload)
            frame = Frame(kind, flags, stream, payload, length, self._arrived if start else self._began)
            self._at = end
            self._first = False
            self._count(frame)
            whole = self._join(frame)
            if whole is not None:
                return whole

    def _check(self, kind: int, flags: int, stream: int, length: int) -> None:
        """Whether a frame with this header may come now; all of it is known before the payload comes."""
        if self._first and (kind != SETTINGS or flags & ACK):
            if self._data.startswith(b"HTTP/"):
                raise broken("the server agreed on HTTP/2 and answers in HTTP/1")
            raise broken("the server does not begin with its SETTINGS")
        if length > FRAME_BYTES:
            raise broken(f"a frame of {length} bytes, where {FRAME_BYTES} are allowed")
        if self._block is not None:
            if kind != CONTINUATION or stream != self._block.stream:
                raise broken(f"a header is interrupted by {kind_name(kind)}")
        elif kind == CONTINUATION:
            raise broken("CONTINUATION of no header")

    def _count(self, frame: Frame) -> None:
        """Count what is no body: of a DATA frame, what it costs beyond what it carries."""
        self._other += 9 + frame.length
        if frame.kind == DATA:
            self._other -= min(9 + frame.length, 2 * len(frame.payload))
        if self._other > HEAD_BYTES:
            raise broken(f"more than {HEAD_BYTES} bytes that are no part of a body")

    def _join(self, frame: Frame) -> Frame | None:
        """``frame``, or the header that it completes, or ``None`` while that goes on."""
        if frame.kind not in (HEADERS, CONTINUATION):
            return frame
        if frame.flags & END_HEADERS and self._block is None:
            return frame
        self._blocks.append(frame.payload)
        if self._block is None:
            self._block = frame
        if not frame.flags & END_HEADERS:
            if len(self._blocks) > _CONTINUATIONS:
                raise broken(f"a header in more than {_CONTINUATIONS} frames")
            return None
        whole = self._block._replace(payload=b"".join(self._blocks))
        self._block = None
        self._blocks.clear()
        return whole


def _bare(kind: int, flags: int, payload: bytes) -> bytes:
    """The payload without padding and priority."""
    begin, end = 0, len(payload)
    if flags & PADDED:
        begin = 1
        end -= payload[0] if payload else 0
    if kind == HEADERS and flags & PRIORITISED:
        begin += 5
    if begin > end:
        raise broken(f"{kind_name(kind)} with more padding than it is long")
    return payload[begin:end]
