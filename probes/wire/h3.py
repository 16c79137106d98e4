"""HTTP/3 (RFC 9114), timed: a client for one request at a time on a QUIC connection."""

from __future__ import annotations

from probes.wire.exchange import Head, Request
from probes.wire.h3_session import CONTROL, OPENING, Session
from probes.wire.quic import QuicLink

ALPN = "h3"


class Http3:
    """One connection that speaks HTTP/3."""

    name = "h3"

    def __init__(self, link: QuicLink) -> None:
        self._link = link
        self._session = Session()
        self._opened = False

    async def exchange(self, request: Request) -> Head:
        """Send ``request`` and read the final response's head."""
        written = self._session.begin(request)
        response = self._session.response
        if not self._opened:
            self._link.write(CONTROL, OPENING)
            self._opened = True
        self._link.write(response.stream, written, end=True)
        self._link.flush()
        sent = self._link.sent
        while response.head is None:
            if self._link.sends(response.stream):
                await self._step()
                sent = self._link.sent
            else:
                await self._step()
        status, headers = response.head
        return Head(status, headers, sent, response.began, response.early)

    async def read(self) -> bytes:
        """The next piece of the response's body; ``b""`` at its end."""
        response = self._session.response
        while not response.pieces:
            if response.ended:
                return b""
            await self._step()
        return response.pieces.popleft()

    def ready(self) -> bool:
        """Whether another request may follow on this connection."""
        return self._link.open and self._session.ready()

    async def _step(self) -> None:
        """Deal with the next datagram, waiting for it if need be."""
        events = await self._link.step()
        for event in events:
            self._session.take(event, self._link.arrived)
