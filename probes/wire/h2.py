"""HTTP/2 (RFC 9113) on h2, timed."""

from __future__ import annotations

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.bounds import HEAD_BYTES
from probes.wire.exchange import Head, Request, Stream

STREAM_WINDOW = 6 * 1024 * 1024
CONNECTION_WINDOW = 15 * 1024 * 1024
"""Chrome's windows, so that flow control slows a page down no more than it would a visitor's."""

# What HTTP/2 has no place for (RFC 9113, section 8.2.2).
_FORBIDDEN = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade", b"host"}
)

_CONFIG = h2.config.H2Configuration(client_side=True, header_encoding=None)


class Http2:
    """One connection that speaks HTTP/2."""

    name = "h2"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._h2 = h2.connection.H2Connection(_CONFIG)
        self._started = False
        self._over = False
        self._id = 0
        self._ended = False
        self._body: list[bytes] = []
        self._unread: list[h2.events.Event] = []
        """What came while the request was still being sent."""
        self._heads = _HeadWatch()
        self._other = 0
        """Bytes that came and were no body (yet: a frame's bytes count until it is whole)."""

    async def exchange(self, request: Request) -> Head:
        """Send ``request`` and read the final response's head."""
        try:
            sent = await self._send(request)
            return await self._head(sent)
        except h2.exceptions.H2Error as error:
            raise Failure(Fault.PROTOCOL, f"HTTP/2: {_words(error)}") from error
        except OSError as error:
            raise Failure(Fault.PROTOCOL, f"the connection broke before the response: {error}") from error

    async def read(self) -> bytes:
        """The next piece of the response's body; ``b""`` at its end."""
        try:
            while not self._body and not self._ended:
                await self._receive()
        except h2.exceptions.H2Error as error:
            raise Failure(Fault.PROTOCOL, f"the body was cut short: HTTP/2: {_words(error)}") from error
        except OSError as error:
            raise Failure(
                Fault.PROTOCOL, f"the connection broke in the middle of the body: {error}"
            ) from error
        return self._body.pop(0) if self._body else b""

    def ready(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._ended and not self._over

    async def _send(self, request: Request) -> float:
        if not self._started:
            self._start()
        self._id = self._h2.get_next_available_stream_id()
        self._ended = False
        self._body.clear()
        self._unread.clear()
        self._heads.watch(self._id)
        headers = [
            (b":method", request.method),
            (b":authority", request.authority),
            (b":scheme", request.scheme),
            (b":path", request.target),
            *((name, value) for name, value in request.headers if name not in _FORBIDDEN),
        ]
        if request.body:
            headers.append((b"content-length", b"%d" % len(request.body)))
        self._h2.send_headers(self._id, headers, end_stream=not request.body)
        sent = await self._stream.send(self._h2.data_to_send())
        return await self._send_body(request.body, sent) if request.body else sent

    async def _send_body(self, body: bytes, sent: float) -> float:
        while body:
            room = min(self._h2.local_flow_control_window(self._id), self._h2.max_outbound_frame_size)
            if room <= 0:
                self._unread += await self._receive()
                if any(isinstance(event, h2.events.ResponseReceived) for event in self._unread):
                    self._over = True  # it did not wait for the rest, and now nobody does
                    return sent
                continue
            piece, body = body[:room], body[room:]
            self._h2.send_data(self._id, piece, end_stream=not body)
            sent = await self._stream.send(self._h2.data_to_send())
        return sent

    def _start(self) -> None:
        self._h2.local_settings = h2.settings.Settings(
            client=True,
            initial_values={
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
                h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: HEAD_BYTES,
            },
        )
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(CONNECTION_WINDOW - 65_535)
        self._started = True

    async def _head(self, sent: float) -> Head:
        early: float | None = None
        events, self._unread = self._unread, []
        while True:
            for event in events:
                if isinstance(event, h2.events.InformationalResponseReceived):
                    if early is None and _status(event.headers or []) == 103:
                        early = self._heads.began
                elif isinstance(event, h2.events.ResponseReceived):
                    headers = [(bytes(name), bytes(value)) for name, value in event.headers or []]
                    fields = [(name, value) for name, value in headers if not name.startswith(b":")]
                    return Head(_status(headers), fields, sent, self._heads.began, early)
            events = await self._receive()

    async def _receive(self) -> list[h2.events.Event]:
        """Take what comes next, answer what must be answered, and keep what belongs to the body."""
        data = await self._stream.receive()
        if not data:
            raise Failure(Fault.PROTOCOL, "the connection was closed in the middle of the response")
        self._heads.feed(data, self._stream.arrived)
        events = self._h2.receive_data(data)
        self._other += len(data)
        for event in events:
            self._other -= self._note(event)
        if self._other > HEAD_BYTES:
            raise Failure(Fault.PROTOCOL, f"more than {HEAD_BYTES} bytes that are no part of a body")
        answer = self._h2.data_to_send()
        if answer:
            await self._stream.send(answer)
        return events

    def _note(self, event: h2.events.Event) -> int:
        if isinstance(event, h2.events.DataReceived) and event.stream_id == self._id:
            if event.data:
                self._body.append(event.data)
            length = event.flow_controlled_length or 0
            if length and not event.stream_ended:
                self._h2.acknowledge_received_data(length, self._id)
            return length
        if isinstance(event, h2.events.StreamEnded) and event.stream_id == self._id:
            self._ended = True
        elif isinstance(event, h2.events.StreamReset) and event.stream_id == self._id and not self._ended:
            raise Failure(Fault.PROTOCOL, f"the stream was reset: {_code(event.error_code)}")
        elif isinstance(event, h2.events.ConnectionTerminated):
            self._over = True
            if (event.last_stream_id or 0) < self._id or event.error_code:
                raise Failure(
                    Fault.PROTOCOL, f"the connection was given up (GOAWAY): {_code(event.error_code)}"
                )
        return 0


class _HeadWatch:
    """Finds where a stream's HEADERS frames begin, because h2 tells only when they have ended."""

    __slots__ = ("_candidate", "_header", "_id", "_skip", "began")

    def __init__(self) -> None:
        self.began = 0.0
        """When the last HEADERS frame of the stream began to arrive."""
        self._candidate = 0.0
        self._header = b""
        self._skip = 0
        self._id = 0

    def watch(self, stream_id: int) -> None:
        """From now on, look for the frames of ``stream_id``."""
        self._id = stream_id

    def feed(self, data: bytes, at: float) -> None:
        """Take the bytes that came at ``at``."""
        position = 0
        while position < len(data):
            if self._skip:
                step = min(self._skip, len(data) - position)
                self._skip -= step
                position += step
                continue
            piece = data[position : position + 9 - len(self._header)]
            started_before = bool(self._header)
            self._header += piece
            position += len(piece)
            if not started_before:
                self._candidate = at
            if len(self._header) == 9:
                self._skip = int.from_bytes(self._header[:3], "big")
                stream_id = int.from_bytes(self._header[5:], "big") & 0x7FFF_FFFF
                if self._header[3] == 0x1 and stream_id == self._id:
                    self.began = self._candidate
                self._header = b""


def _status(headers: list[tuple[bytes, bytes]]) -> int:
    for name, value in headers:
        if bytes(name) == b":status" and len(value) == 3 and value.isdigit():
            return int(value)
    raise Failure(Fault.PROTOCOL, "HTTP/2: a response without a status")


def _code(code: int | h2.errors.ErrorCodes | None) -> str:
    try:
        return h2.errors.ErrorCodes(code or 0).name
    except ValueError:
        return f"error {code}"


def _words(error: h2.exceptions.H2Error) -> str:
    return str(error) or type(error).__name__
