"""HTTP/1.1 (RFC 9112), timed.

h11 would do, but costs more than all the rest of a request and hides when the first byte of a final response
came behind 1xx responses; the tests hold this engine against it.
"""

from __future__ import annotations

import asyncio

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.bounds import FIRST_READ_BYTES, HEAD_BYTES
from probes.wire.exchange import Head, Request, Stream
from probes.wire.h1_body import BodyReader, Sized, body_reader
from probes.wire.h1_head import broken, parse_head, split_head, write_request

_BEGINNING = b"HTTP/"


class Http1:
    """One connection that speaks HTTP/1.1."""

    name = "h1"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._kept = b""
        """What came behind a head, and is not read yet."""
        self._body: BodyReader = Sized(0)
        self._lasting = True

    async def exchange(self, request: Request) -> Head:
        """Send ``request`` and read the final response's head."""
        try:
            sent = await self._stream.send(write_request(request))
            return await self._head(request.method, sent)
        except OSError as error:
            raise Failure(Fault.PROTOCOL, f"the connection broke before the response: {error}") from error

    async def read(self) -> bytes:
        """The next piece of the response's body; ``b""`` at its end."""
        data, self._kept = self._kept, b""
        if self._body.rest:
            await asyncio.sleep(0)  # a flood of tiny chunks: other probes get their turn
        while True:
            piece = self._body.take(data)
            if piece or self._body.done:
                return piece
            try:
                data = await self._stream.receive()
            except OSError as error:
                words = f"the connection broke in the middle of the body: {error}"
                raise Failure(Fault.PROTOCOL, words) from error
            if not data:
                if not self._body.end():
                    raise Failure(Fault.PROTOCOL, "the body was cut short: the connection was closed")
                self._lasting = False
                return b""

    def ready(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._lasting and self._body.done and not self._body.rest and not self._kept

    async def _head(self, method: bytes, sent: float) -> Head:
        data = b""
        first_byte: float | None = None
        early: float | None = None
        seen = searched = 0
        while True:
            split = split_head(data, searched)
            if split is None:
                searched = len(data)
                data += await self._more(seen, data)
                seen += len(data) - searched
                if first_byte is None:
                    first_byte = self._stream.arrived
                continue
            assert first_byte is not None
            head = parse_head(split[0])
            data, searched = split[1], 0
            if head.status >= 200:
                self._body = body_reader(head, method)
                self._kept = data
                self._lasting = head.lasting
                return Head(head.status, head.headers, sent, first_byte, early)
            if head.status == 101:
                raise broken("the server switched to a protocol that nobody asked for")
            if head.status == 103 and early is None:
                early = first_byte
            # What lies behind it came with it; else the next head is still to come.
            first_byte = self._stream.arrived if data else None

    async def _more(self, seen: int, data: bytes) -> bytes:
        """The next bytes of the heads, of which ``seen`` bytes came, the last of them being ``data``."""
        more = await self._stream.receive(FIRST_READ_BYTES)
        if not more:
            if not seen:
                raise Failure(Fault.PROTOCOL, "the connection was closed without a response")
            raise broken("the connection was closed in the middle of the header")
        if seen + len(more) > HEAD_BYTES:
            raise Failure(Fault.PROTOCOL, f"more than {HEAD_BYTES} bytes before the end of the header")
        beginning = (data + more)[: len(_BEGINNING)]
        if not _BEGINNING.startswith(beginning):
            raise broken(f"no response: {beginning!r}")
        return more
