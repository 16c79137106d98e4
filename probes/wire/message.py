"""The response to one request as it comes in, which HTTP/2 and 3 have in common (RFC 9110, section 6)."""

from __future__ import annotations

from collections import deque

from probes.wire.exchange import Headers
from probes.wire.fields import Version, checked, content_length, response_head


class Message:
    """What has come of a response so far."""

    __slots__ = ("_expected", "_length", "_to_head", "_version", "began", "early", "ended", "head", "pieces")

    def __init__(self, version: Version, *, to_head: bool) -> None:
        self.head: tuple[int, Headers] | None = None
        """The final head's status and headers."""
        self.began = 0.0
        """When the final head began to arrive."""
        self.early: float | None = None
        """When a 103 did, if one came."""
        self.pieces: deque[bytes] = deque()
        """What has come of the body and has not been read."""
        self.ended = False
        self._version = version
        self._to_head = to_head
        self._expected: int | None = None
        self._length = 0

    def take_head(self, fields: Headers, began: float) -> None:
        """A header has come before there was a final one: an informational one, or that.

        Raises:
            Failure: it is malformed.
        """
        status, headers = response_head(fields, self._version)
        if status >= 200:
            self.head = status, headers
            self.began = began
            bodiless = self._to_head or status in (204, 304)
            self._expected = 0 if bodiless else content_length(headers, self._version)
        elif status == 101:
            raise self._version.broken("a response of status 101")
        elif status == 103 and self.early is None:
            self.early = began

    def take_trailer(self, fields: Headers) -> None:
        """A trailer has come. Nobody looks at what it says.

        Raises:
            Failure: it is malformed.
        """
        checked(fields, self._version)

    def take_data(self, data: bytes) -> None:
        """A piece of the body has come.

        Raises:
            Failure: none may come now, or it is more than was announced.
        """
        if self.head is None:
            raise self._version.broken("a body before its header")
        self._length += len(data)
        if self._expected is not None and self._length > self._expected:
            raise self._version.broken(
                f"a body of at least {self._length} bytes, where {self._expected} are announced"
            )
        if data:
            self.pieces.append(data)

    def end(self) -> None:
        """The response is over.

        Raises:
            Failure: there was no final header, or the body is shorter than was announced.
        """
        if self.head is None:
            raise self._version.broken("a response that ends before its header")
        if self._expected is not None and self._length != self._expected:
            raise self._version.broken(
                f"a body of {self._length} bytes, where {self._expected} are announced"
            )
        self.ended = True
