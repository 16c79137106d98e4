"""One HTTP/3 connection without its socket: what each event on a stream does (RFC 9114).

One request is under way at a time, so there is one stream of ours that the server may speak on.
"""

from __future__ import annotations

from aioquic.quic.events import QuicEvent, StreamDataReceived, StreamReset

from probes.wire.bounds import HEAD_BYTES
from probes.wire.exchange import Request
from probes.wire.fields import request_fields
from probes.wire.h3_frames import (
    DATA,
    HEADERS,
    HTTP3,
    SETTINGS,
    Frame,
    FrameReader,
    broken,
    kind_name,
    make_frame,
    write_varint,
)
from probes.wire.h3_qpack import decode, encode
from probes.wire.h3_streams import ServerStreams
from probes.wire.message import Message
from probes.wire.quic_errors import application_error

CONTROL = 2
"""Our control stream: the first one-way stream of a client."""

_FIELD_SECTION = 0x6

OPENING = b"\x00" + make_frame(SETTINGS, write_varint(_FIELD_SECTION) + write_varint(HEAD_BYTES))
"""What a client says on it: only how large a header may be, as it keeps no table and takes no pushes."""


class Response(Message):
    """What has come of the response on ``stream``."""

    __slots__ = ("_frames", "_trailed", "stream")

    def __init__(self, stream: int, *, to_head: bool) -> None:
        super().__init__(HTTP3, to_head=to_head)
        self.stream = stream
        self._frames = FrameReader()
        self._trailed = False

    def take(self, data: bytes, at: float, *, end: bool) -> None:
        """A piece of the stream came at ``at``.

        Raises:
            Failure: it breaks the rules.
        """
        self._frames.feed(data, at)
        while (frame := self._frames.take()) is not None:
            self._handle(frame)
        if end:
            if not self._frames.between:
                raise broken("a response that ends in the middle of a frame")
            self.end()

    def _handle(self, frame: Frame) -> None:
        if frame.kind not in (DATA, HEADERS):
            raise broken(f"{kind_name(frame.kind)} on the stream of a request")
        if self._trailed:
            raise broken(f"{kind_name(frame.kind)} behind the trailer")
        if frame.kind == DATA:
            self.take_data(frame.payload)
        elif self.head is None:
            self.take_head(decode(frame.payload), frame.began)
        else:
            self.take_trailer(decode(frame.payload))
            self._trailed = True


class Session:
    """What is known of a connection. Its methods raise a ``Failure`` when the server breaks the rules."""

    def __init__(self) -> None:
        self.response = Response(-4, to_head=False)
        """The response under way, or the last one; before the first request, one that is never to come."""
        self._servers = ServerStreams()

    def begin(self, request: Request) -> bytes:
        """Make the next stream that of ``request``; returns all that is to be written on it."""
        self.response = Response(self.response.stream + 4, to_head=request.method == b"HEAD")
        made = make_frame(HEADERS, encode(request_fields(request)))
        return made + make_frame(DATA, request.body) if request.body else made

    def take(self, event: QuicEvent, at: float) -> None:
        """Deal with what happened on a stream at ``at``."""
        if isinstance(event, StreamDataReceived):
            if event.stream_id & 1:
                self._servers.take(event.stream_id, event.data, at, end=event.end_stream)
                self._check_farewell()
            elif event.stream_id == self.response.stream and not self.response.ended:
                self.response.take(event.data, at, end=event.end_stream)
        elif isinstance(event, StreamReset):
            if event.stream_id & 1:
                self._servers.end(event.stream_id)
            elif event.stream_id == self.response.stream and not self.response.ended:
                raise broken(f"the server reset the stream: {application_error(event.error_code)}")

    def ready(self) -> bool:
        """Whether another request may follow, by all that has come until now."""
        return self.response.ended and self._servers.farewell is None

    def _check_farewell(self) -> None:
        farewell = self._servers.farewell
        if farewell is not None and farewell <= self.response.stream and not self.response.ended:
            raise broken("the server gave the connection up (GOAWAY) before it served the request")
