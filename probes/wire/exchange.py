"""One request and its response, whatever the version of HTTP: what the engines have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from probes.sample import Clock
from probes.wire.sockets import READ_BYTES

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. ``headers`` has no Host and no length: the engine writes those in its own way."""

    method: bytes
    scheme: bytes
    authority: bytes
    target: bytes
    """Path and query; the absolute form where it goes to a proxy."""
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Head:
    """A final response's head, with the moments that its timing is made of (monotonic seconds)."""

    status: int
    headers: Headers
    """Names in lower case."""
    sent: float
    """When the last byte of the request was handed over."""
    first_byte: float
    """When the first byte of the final response arrived."""
    early: float | None
    """When a 103 arrived, if one did."""

    def get(self, name: bytes) -> str | None:
        """The first value of the header ``name`` (in lower case)."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


class Link(Protocol):
    """What an engine's bytes come and go by."""

    @property
    def arrived(self) -> float:
        """When the bytes last read came in, in monotonic seconds."""

    @property
    def clock(self) -> Clock:
        """Whose time that is."""

    def close(self) -> None:
        """Close the connection; nothing is awaited."""


class Stream(Link, Protocol):
    """What an engine reads bytes from and writes them to: a timed socket, or TLS on one."""

    async def receive(self, limit: int = READ_BYTES) -> bytes:
        """The next bytes, ``b""`` at the end."""

    async def send(self, data: bytes) -> float:
        """Send all of ``data``; returns when its last byte was about to be handed over."""


class Engine(Protocol):
    """One connection's protocol: requests go through it one after another."""

    name: str
    """``h1``, ``h2`` or ``h3``."""

    async def exchange(self, request: Request) -> Head:
        """Send ``request`` and read the final response's head.

        Raises:
            Failure: what came back is no response, or the connection broke.
        """

    async def read(self) -> bytes:
        """The next piece of the response's body, as it was sent (not decoded); ``b""`` at its end.

        Raises:
            Failure: the body was cut short or broke the protocol.
        """

    def ready(self) -> bool:
        """Whether another request may follow on this connection."""
