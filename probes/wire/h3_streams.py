"""The streams that an HTTP/3 server opens (RFC 9114, section 6.2; RFC 9204, section 4.2)."""

from __future__ import annotations

from typing import Protocol

from probes.wire.h3_frames import (
    DATA,
    GOAWAY,
    HEADERS,
    MAX_PUSH_ID,
    PUSH_PROMISE,
    SETTINGS,
    Frame,
    FrameReader,
    broken,
    kind_name,
    read_varint,
)

_CONTROL, _PUSH, _ENCODER, _DECODER = 0x0, 0x1, 0x2, 0x3

_SETTINGS_OF_HTTP2 = frozenset({0x0, 0x2, 0x3, 0x4, 0x5})
_NEVER_HERE = frozenset({DATA, HEADERS, PUSH_PROMISE, MAX_PUSH_ID})

_NO_CAPACITY = b"\x20"
"""The one instruction that a server's encoder may give where it has no table: to make it no larger."""


class _Reader(Protocol):
    def take(self, data: bytes, at: float) -> None: ...


class ServerStreams:
    """Those of one connection."""

    def __init__(self) -> None:
        self.farewell: int | None = None
        """The first stream that the server will not serve any more, once it has said so (GOAWAY)."""
        self._beginnings: dict[int, bytes] = {}
        """Streams whose kind is not known yet, with what came of them."""
        self._readers: dict[int, _Reader] = {}
        self._critical: dict[int, int] = {}
        """Which stream is the one of its kind, of those of which there must be one and which never end."""

    def take(self, stream: int, data: bytes, at: float, *, end: bool) -> None:
        """A piece of ``stream`` came at ``at``.

        Raises:
            Failure: it breaks the rules.
        """
        if stream not in self._readers:
            data = self._beginnings.get(stream, b"") + data
            kind = read_varint(data, 0)
            if kind is None:
                self._beginnings[stream] = data
                return
            self._beginnings.pop(stream, None)
            self._readers[stream] = self._open(stream, kind[0])
            data = data[kind[1] :]
        self._readers[stream].take(data, at)
        if end:
            self.end(stream)

    def end(self, stream: int) -> None:
        """``stream`` is over.

        Raises:
            Failure: it is one that must last.
        """
        if stream in self._critical.values():
            raise broken("the server closed a stream that must last")

    def _open(self, stream: int, kind: int) -> _Reader:
        if kind == _PUSH:
            raise broken("the server pushes, although nobody allowed it")
        if kind in (_CONTROL, _ENCODER, _DECODER):
            if kind in self._critical:
                raise broken("a second stream of a kind of which there is one")
            self._critical[kind] = stream
        if kind == _CONTROL:
            return _Control(self)
        return _Encoder() if kind == _ENCODER else _Ignored()


class _Control:
    """The server's control stream."""

    def __init__(self, streams: ServerStreams) -> None:
        self._streams = streams
        self._frames = FrameReader()
        self._first = True

    def take(self, data: bytes, at: float) -> None:
        self._frames.feed(data, at)
        while (frame := self._frames.take()) is not None:
            self._handle(frame)

    def _handle(self, frame: Frame) -> None:
        if self._first and frame.kind != SETTINGS:
            raise broken(f"{kind_name(frame.kind)} where SETTINGS are due")
        if not self._first and frame.kind == SETTINGS:
            raise broken("SETTINGS a second time")
        self._first = False
        if frame.kind in _NEVER_HERE:
            raise broken(f"{kind_name(frame.kind)} on the control stream")
        if frame.kind == SETTINGS:
            _check_settings(frame.payload)
        elif frame.kind == GOAWAY:
            last = read_varint(frame.payload, 0)
            if last is None or last[1] != len(frame.payload):
                raise broken(f"GOAWAY of {len(frame.payload)} bytes")
            self._streams.farewell = last[0]


class _Encoder:
    """The stream on which the server fills the table of fields that we keep: we keep none."""

    def take(self, data: bytes, at: float) -> None:
        if data.strip(_NO_CAPACITY):
            raise broken("the server fills a table of fields that we keep none of")


class _Ignored:
    """A stream of a kind that nobody knows, or on which nothing is said that concerns us."""

    def take(self, data: bytes, at: float) -> None:
        pass


def _check_settings(payload: bytes) -> None:
    """Hold what the server asks of us against the rules; nothing of it changes what we do."""
    at = 0
    while at < len(payload):
        setting = read_varint(payload, at)
        value = read_varint(payload, setting[1]) if setting is not None else None
        if setting is None or value is None:
            raise broken("SETTINGS are cut short")
        if setting[0] in _SETTINGS_OF_HTTP2:
            raise broken(f"the setting 0x{setting[0]:x}, which only HTTP/2 has")
        at = value[1]
