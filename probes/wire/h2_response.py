"""One HTTP/2 stream: the response to one request as it comes in (RFC 9113, section 8.1)."""

from __future__ import annotations

from collections import deque

from probes.wire.exchange import Headers
from probes.wire.h2_fields import checked, content_length, response_head
from probes.wire.h2_frames import broken
from probes.wire.h2_settings import STREAM_WINDOW
from probes.wire.h2_windows import ReceiveWindow, SendWindow


class Response:
    """What has come of a response so far."""

    __slots__ = (
        "_expected",
        "_length",
        "_to_head",
        "began",
        "early",
        "ended",
        "head",
        "pieces",
        "room",
        "stream",
        "window",
    )

    def __init__(self, stream: int, room: int, *, to_head: bool) -> None:
        self.stream = stream
        self.room = SendWindow(room)
        """How much of the request's body the server takes."""
        self.window = ReceiveWindow(STREAM_WINDOW)
        self.head: tuple[int, Headers] | None = None
        """The final head's status and headers."""
        self.began = 0.0
        """When the final head began to arrive."""
        self.early: float | None = None
        """When a 103 did, if one came."""
        self.pieces: deque[bytes] = deque()
        """What has come of the body and has not been read."""
        self.ended = False
        self._to_head = to_head
        self._expected: int | None = None
        self._length = 0

    def take_header(self, fields: Headers, began: float, *, end: bool) -> None:
        """A header has come: an informational one, the final one, or a trailer.

        Raises:
            Failure: it is malformed, or none may come now.
        """
        if self.head is not None:
            if not end:
                raise broken("a second header that is no trailer")
            checked(fields)
            self._end()
            return
        status, headers = response_head(fields)
        if status >= 200:
            self.head = status, headers
            self.began = began
            bodiless = self._to_head or status in (204, 304)
            self._expected = 0 if bodiless else content_length(headers)
            if end:
                self._end()
            return
        if end or status == 101:
            raise broken(f"a response that ends with status {status}" if end else "a response of status 101")
        if status == 103 and self.early is None:
            self.early = began

    def take_data(self, data: bytes, *, end: bool) -> None:
        """A piece of the body has come.

        Raises:
            Failure: none may come now, or it is more or less than was announced.
        """
        if self.head is None:
            raise broken("a body before its header")
        self._length += len(data)
        if self._expected is not None and self._length > self._expected:
            raise broken(f"a body of at least {self._length} bytes, where {self._expected} are announced")
        if data:
            self.pieces.append(data)
        if end:
            self._end()

    def _end(self) -> None:
        if self._expected is not None and self._length != self._expected:
            raise broken(f"a body of {self._length} bytes, where {self._expected} are announced")
        self.ended = True
