"""One HTTP/2 stream: the response to one request as it comes in (RFC 9113, section 8.1)."""

from __future__ import annotations

from probes.wire.exchange import Headers
from probes.wire.h2_frames import HTTP2, broken
from probes.wire.h2_settings import STREAM_WINDOW
from probes.wire.h2_windows import ReceiveWindow, SendWindow
from probes.wire.message import Message


class Response(Message):
    """What has come of a response so far, and how much may still come and go."""

    __slots__ = ("room", "stream", "window")

    def __init__(self, stream: int, room: int, *, to_head: bool) -> None:
        super().__init__(HTTP2, to_head=to_head)
        self.stream = stream
        self.room = SendWindow(room)
        """How much of the request's body the server takes."""
        self.window = ReceiveWindow(STREAM_WINDOW)

    def take_header(self, fields: Headers, began: float, *, end: bool) -> None:
        """A header has come: an informational one, the final one, or a trailer.

        Raises:
            Failure: it is malformed, or none may come now.
        """
        if self.head is not None:
            if not end:
                raise broken("a second header that is no trailer")
            self.take_trailer(fields)
        else:
            self.take_head(fields, began)
            if end and self.head is None:
                raise broken(f"a response that ends with status {fields[0][1].decode()}")
        if end:
            self.end()
