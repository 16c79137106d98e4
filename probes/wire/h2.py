"""HTTP/2 (RFC 9113), timed: a client for one request at a time.

Written for this and not taken from the h2 package, because a visit opens a fresh connection each time, and
that package's work for one is several times what HTTP/1.1 takes.
"""

from __future__ import annotations

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.bounds import FIRST_READ_BYTES
from probes.wire.exchange import Head, Request, Stream
from probes.wire.h2_response import Response
from probes.wire.h2_session import Session
from probes.wire.sockets import READ_BYTES


class Http2:
    """One connection that speaks HTTP/2."""

    name = "h2"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._session = Session()

    async def exchange(self, request: Request) -> Head:
        """Send ``request`` and read the final response's head."""
        response = self._session.begin(request)
        try:
            sent = await self._send(request.body, response)
            while response.head is None:
                await self._step()
        except OSError as error:
            raise Failure(Fault.PROTOCOL, f"the connection broke before the response: {error}") from error
        status, headers = response.head
        return Head(status, headers, sent, response.began, response.early)

    async def read(self) -> bytes:
        """The next piece of the response's body; ``b""`` at its end."""
        response = self._session.response
        try:
            while not response.pieces:
                if response.ended:
                    return b""
                await self._step()
        except OSError as error:
            raise Failure(
                Fault.PROTOCOL, f"the connection broke in the middle of the body: {error}"
            ) from error
        piece = response.pieces.popleft()
        self._session.give_back(len(piece))
        return piece

    def ready(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._session.ready()

    async def _send(self, body: bytes, response: Response) -> float:
        """Send the request; returns when its last byte that was sent before the answer was handed over."""
        at = self._session.put(body, 0)
        sent = await self._stream.send(self._session.due())
        while at < len(body):
            before, at = at, self._session.put(body, at)
            if at > before:
                now = await self._stream.send(self._session.due())
                sent = now if response.head is None else sent
                continue
            await self._step()
            if response.ended:
                # It was answered before all of it was sent, and nobody waits for the rest.
                self._session.give_up()
                break
        return sent

    async def _step(self) -> None:
        """Deal with the next frame, waiting for it if need be."""
        while not self._session.step():
            due = self._session.due()
            if due:
                await self._stream.send(due)
            waiting = self._session.response.head is None
            data = await self._stream.receive(FIRST_READ_BYTES if waiting else READ_BYTES)
            if not data:
                where = "without a response" if waiting else "in the middle of the response"
                raise Failure(Fault.PROTOCOL, f"the connection was closed {where}")
            self._session.feed(data, self._stream.arrived)
