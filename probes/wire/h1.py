"""HTTP/1.1 (RFC 9112) on h11, timed."""

from __future__ import annotations

from functools import lru_cache

import h11

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.bounds import HEAD_BYTES
from probes.wire.exchange import Head, Request, Stream

FIRST_READ_BYTES = 4096
"""A small first read, so that the first byte's arrival is not taken for that of a whole queue's last."""


class Http1:
    """One connection that speaks HTTP/1.1."""

    name = "h1"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)

    async def exchange(self, request: Request) -> Head:
        """Send ``request`` and read the final response's head."""
        try:
            if self._h11.our_state is h11.DONE:
                self._h11.start_next_cycle()
            sent = await self._send(request)
            return await self._head(sent)
        except h11.RemoteProtocolError as error:
            raise Failure(Fault.PROTOCOL, f"HTTP/1.1: {error}") from error
        except OSError as error:
            raise Failure(Fault.PROTOCOL, f"the connection broke before the response: {error}") from error

    async def read(self) -> bytes:
        """The next piece of the response's body; ``b""`` at its end."""
        try:
            while True:
                event = self._h11.next_event()
                if event is h11.NEED_DATA:
                    self._h11.receive_data(await self._stream.receive())
                elif isinstance(event, h11.Data):
                    return bytes(event.data)
                else:
                    return b""
        except h11.RemoteProtocolError as error:
            raise Failure(Fault.PROTOCOL, f"the body was cut short: {error}") from error
        except OSError as error:
            raise Failure(
                Fault.PROTOCOL, f"the connection broke in the middle of the body: {error}"
            ) from error

    def ready(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE

    async def _send(self, request: Request) -> float:
        data = self._h11.send(_event(request)) or b""
        if request.body:
            data += self._h11.send(h11.Data(data=request.body)) or b""
        data += self._h11.send(h11.EndOfMessage()) or b""
        return await self._stream.send(data)

    async def _head(self, sent: float) -> Head:
        first_byte: float | None = None
        early: float | None = None
        seen = 0
        while True:
            event = self._h11.next_event()
            if event is h11.NEED_DATA:
                data = await self._stream.receive(FIRST_READ_BYTES)
                if not data and not seen:
                    raise Failure(Fault.PROTOCOL, "the connection was closed without a response")
                seen += len(data)
                if seen > HEAD_BYTES:
                    raise Failure(
                        Fault.PROTOCOL, f"more than {HEAD_BYTES} bytes before the end of the header"
                    )
                if first_byte is None:
                    first_byte = self._stream.arrived
                self._h11.receive_data(data)
                continue
            assert first_byte is not None
            if isinstance(event, h11.Response) and event.http_version.startswith(b"1."):
                return Head(event.status_code, tuple(event.headers), sent, first_byte, early)
            if isinstance(event, h11.InformationalResponse) and event.status_code != 101:
                if event.status_code == 103 and early is None:
                    early = first_byte
                # What lies behind it in the buffer came with it; else the next head is still to come.
                first_byte = self._stream.arrived if self._h11.trailing_data[0] else None
                continue
            raise Failure(Fault.PROTOCOL, f"not a response: {event!r:.100}")


@lru_cache(maxsize=4096)
def _event(request: Request) -> h11.Request:
    """h11's form of a request; kept, because it is checked as it is made and the same at every visit."""
    headers = [(b"host", request.authority), *request.headers]
    if request.body or request.method in (b"POST", b"PUT", b"PATCH"):
        headers.append((b"content-length", b"%d" % len(request.body)))
    return h11.Request(method=request.method, target=request.target, headers=headers)
