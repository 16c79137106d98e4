"""One HTTP/2 connection without its socket: what each frame does, and what is due in answer (RFC 9113).

One request is under way at a time, so there is one stream that the server may speak on.
"""

from __future__ import annotations

from probes.failure import Failure
from probes.wire.exchange import Request
from probes.wire.fields import request_fields
from probes.wire.h2_frames import (
    ACK,
    DATA,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    broken,
    data_frames,
    error_name,
    header_frames,
    kind_name,
    make_frame,
)
from probes.wire.h2_hpack import HeaderDecoder, encode
from probes.wire.h2_reader import Frame, FrameReader
from probes.wire.h2_response import Response
from probes.wire.h2_settings import CONNECTION_WINDOW, DEFAULT_WINDOW, OPENING, PeerSettings
from probes.wire.h2_windows import ReceiveWindow, SendWindow

_SEND_BYTES = 256 * 1024
"""How much of a request's body is framed at a time."""


class Session:
    """What is known of a connection. Its methods raise a ``Failure`` when the server breaks the rules."""

    __slots__ = ("_decoder", "_due", "_frames", "_next_id", "_over", "_peer", "_room", "_window", "response")

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._decoder = HeaderDecoder()
        self._peer = PeerSettings()
        self._room = SendWindow(DEFAULT_WINDOW)
        self._window = ReceiveWindow(CONNECTION_WINDOW)
        self._next_id = 1
        self._over = False
        self._due = bytearray(OPENING)
        self.response = Response(0, 0, to_head=False)
        """The response under way, or the last one; before the first request, one that is never to come."""

    def begin(self, request: Request) -> Response:
        """Open a stream for ``request``; its header, and what is due, is what :meth:`due` gives next."""
        if self._peer.no_streams:
            raise broken("the server takes no requests (MAX_CONCURRENT_STREAMS is 0)")
        self.response = Response(self._next_id, self._peer.window, to_head=request.method == b"HEAD")
        self._next_id += 2
        self._frames.recount()
        self._due += header_frames(
            self.response.stream,
            encode(request_fields(request)),
            end_stream=not request.body,
            size=self._peer.frame_size,
        )
        return self.response

    def put(self, body: bytes, at: int) -> int:
        """Make what the windows allow of ``body`` from ``at`` on due; returns up to where that is."""
        room = max(0, min(self._room.left, self.response.room.left, _SEND_BYTES))
        piece = body[at : at + room]
        at += len(piece)
        self._room.left -= len(piece)
        self.response.room.left -= len(piece)
        self._due += data_frames(
            self.response.stream, piece, end_stream=at == len(body), size=self._peer.frame_size
        )
        return at

    def due(self) -> bytes:
        """What must be sent before more is waited for; it counts as sent from now on."""
        due = bytes(self._due)
        self._due.clear()
        return due

    def feed(self, data: bytes, at: float) -> None:
        """Take the bytes that came at ``at``."""
        self._frames.feed(data, at)

    def step(self) -> bool:
        """Deal with the next frame; false where more bytes are needed for that."""
        frame = self._frames.take()
        if frame is None:
            return False
        self._handle(frame)
        return True

    def give_back(self, length: int) -> None:
        """``length`` bytes that flow control counts were read: ask for more when it is time to."""
        self._ask(0, self._window.give_back(length))
        if not self.response.ended:
            self._ask(self.response.stream, self.response.window.give_back(length))

    def give_up(self) -> None:
        """No further request may follow."""
        self._over = True

    def ready(self) -> bool:
        """Whether another request may follow, by all that has come until now."""
        if not self.response.ended:
            return False
        try:
            while self.step():
                pass
        except Failure:
            self._over = True
        return not (self._over or self._peer.no_streams)

    def _ask(self, stream: int, increment: int) -> None:
        if increment:
            self._due += make_frame(WINDOW_UPDATE, 0, stream, increment.to_bytes(4, "big"))

    def _handle(self, frame: Frame) -> None:
        kind = frame.kind
        if kind == DATA:
            self._take_data(frame)
        elif kind == HEADERS:
            self._take_header(frame)
        elif kind == SETTINGS:
            self._take_settings(frame)
        elif kind == WINDOW_UPDATE:
            self._take_window(frame)
        elif kind == PING:
            _check(frame, 8, on_stream=False)
            if not frame.flags & ACK:
                self._due += make_frame(PING, ACK, 0, frame.payload)
        elif kind == RST_STREAM:
            self._take_reset(frame)
        elif kind == GOAWAY:
            self._take_farewell(frame)
        elif kind == PRIORITY:
            _check(frame, 5, on_stream=True)
        elif kind == PUSH_PROMISE:
            raise broken("the server pushes, although that was ruled out")
        # Kinds that are not known are to be ignored (section 4.1).

    def _take_data(self, frame: Frame) -> None:
        response = self._open_stream(frame)
        self._window.take(frame.length)
        response.window.take(frame.length)
        response.take_data(frame.payload)
        if frame.flags & END_STREAM:
            response.end()
        if frame.length > len(frame.payload):
            self.give_back(frame.length - len(frame.payload))

    def _take_header(self, frame: Frame) -> None:
        response = self._open_stream(frame)
        fields = self._decoder.decode(frame.payload)
        response.take_header(fields, frame.began, end=bool(frame.flags & END_STREAM))

    def _take_settings(self, frame: Frame) -> None:
        if frame.flags & ACK:
            _check(frame, 0, on_stream=False)
            return
        _check(frame, None, on_stream=False)
        self.response.room.open(self._peer.take(frame.payload))
        self._due += make_frame(SETTINGS, ACK, 0)

    def _take_window(self, frame: Frame) -> None:
        _check(frame, 4, on_stream=None)
        increment = int.from_bytes(frame.payload, "big") & 0x7FFF_FFFF
        if not increment:
            raise broken("WINDOW_UPDATE by nothing")
        if not frame.stream:
            self._room.open(increment)
        elif self._is_current(frame):
            self.response.room.open(increment)

    def _take_reset(self, frame: Frame) -> None:
        _check(frame, 4, on_stream=True)
        if self._is_current(frame) and not self.response.ended:
            name = error_name(int.from_bytes(frame.payload, "big"))
            why = " (it takes no requests: MAX_CONCURRENT_STREAMS is 0)" if self._peer.no_streams else ""
            raise broken(f"the server reset the stream: {name}{why}")

    def _take_farewell(self, frame: Frame) -> None:
        _check(frame, None, on_stream=False)
        if len(frame.payload) < 8:
            raise broken(f"GOAWAY of {len(frame.payload)} bytes")
        self._over = True
        last = int.from_bytes(frame.payload[:4], "big") & 0x7FFF_FFFF
        code = int.from_bytes(frame.payload[4:8], "big")
        if code or last < self.response.stream:
            more = f" {frame.payload[8:]!r:.100}" if len(frame.payload) > 8 else ""
            raise broken(f"the server gave the connection up (GOAWAY): {error_name(code)}{more}")

    def _open_stream(self, frame: Frame) -> Response:
        """The response that ``frame`` belongs to: there is only one at a time."""
        if not frame.stream or frame.stream != self.response.stream or self.response.ended:
            raise broken(f"{kind_name(frame.kind)} on stream {frame.stream}, which is not open")
        return self.response

    def _is_current(self, frame: Frame) -> bool:
        """Whether ``frame`` speaks of the request under way, and not of one before it."""
        if frame.stream >= self._next_id or frame.stream % 2 == 0:
            raise broken(f"{kind_name(frame.kind)} on stream {frame.stream}, which was never opened")
        return frame.stream == self.response.stream


def _check(frame: Frame, length: int | None, *, on_stream: bool | None) -> None:
    """Hold ``frame`` against what is laid down for its kind; ``None`` where that is left open."""
    if on_stream is not None and on_stream != bool(frame.stream):
        raise broken(f"{kind_name(frame.kind)} on stream {frame.stream}")
    if length is not None and frame.length != length:
        raise broken(f"{kind_name(frame.kind)} of {frame.length} bytes")
