"""Happy Eyeballs (RFC 8305, section 5): attempts start one after another, the first to succeed wins."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, Protocol, TypeVar

from probes.failure import Failure, OwnFault
from probes.sample import Fault
from probes.wire import tcp
from probes.wire.addresses import Address
from probes.wire.names import Lookup
from probes.wire.sockets import TimedSocket

ATTEMPT_DELAY = 0.25
"""Seconds that an attempt is given before the next address is tried beside it (RFC 8305, section 8)."""

MOST_ATTEMPTS = 12
"""How many addresses are tried: no name makes us knock at a thousand doors."""


class _Closable(Protocol):
    def close(self) -> None: ...


Stream = TypeVar("Stream", bound=_Closable)

Attempt = Callable[[Address], Awaitable[tuple[Stream, float]]]
"""How one address is tried: it gives a connection and the seconds that it took, or raises a ``Failure``.

A failure of another fault than ``connect`` is final: the other side was reached, and no other is tried.
"""


@dataclass(slots=True)
class Dialled(Generic[Stream]):
    """A connection, and what it took from the start of the first attempt."""

    stream: Stream
    took: float
    failed: list[str]
    """What the attempts before it said."""


async def dial(lookup: Lookup, port: int, permit: Callable[[Address], None]) -> Dialled[TimedSocket]:
    """Connect to the first address of ``lookup`` that answers, over TCP.

    ``permit`` is called with each address before it is tried, and raises a ``Failure`` to forbid it.

    Raises:
        Failure: no address answered, or none was permitted.
    """
    loop = asyncio.get_running_loop()
    return await race(lookup, permit, lambda address: tcp.connect(loop, address, port))


async def race(
    lookup: Lookup, permit: Callable[[Address], None], attempt: Attempt[Stream]
) -> Dialled[Stream]:
    """Connect to the first address of ``lookup`` at which ``attempt`` succeeds.

    Raises:
        Failure: it succeeded nowhere, or no address was permitted.
    """
    addresses = lookup.addresses
    if len(addresses) == 1 and not lookup.pending:
        permit(addresses[0])
        stream, took = await attempt(addresses[0])
        return Dialled(stream, took, [])
    running = _Race(lookup, permit, attempt)
    try:
        return await running.run()
    finally:
        await running.close()


class _Race(Generic[Stream]):
    """The attempts of one dial."""

    def __init__(self, lookup: Lookup, permit: Callable[[Address], None], attempt: Attempt[Stream]) -> None:
        self._lookup = lookup
        self._permit = permit
        self._attempt = attempt
        self._tried: set[Address] = set()
        self._attempts: dict[asyncio.Future[tuple[Stream, float]], float] = {}
        self._failures: list[Failure] = []

    async def run(self) -> Dialled[Stream]:
        started = monotonic()
        while True:
            address = self._next()
            if address is not None:
                self._try(address)
            elif not self._attempts:
                if self._lookup.pending:
                    await self._lookup.more()
                    continue
                raise self._failure()
            # With nothing left to try, only an attempt's end (or a late answer) changes anything.
            delay = ATTEMPT_DELAY if self._left() or self._lookup.pending else None
            winner = await self._first_end(delay)
            if winner is not None:
                stream, began, took = winner
                before = began - started
                return Dialled(stream, before + took, [failure.detail for failure in self._failures])
            if self._lookup.pending:
                await self._lookup.more(0)

    async def close(self) -> None:
        """End the attempts that lost, and wait for no further address."""
        for task in self._attempts:
            task.cancel()
        for outcome in await asyncio.gather(*self._attempts, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                outcome[0].close()  # pragma: no cover  # two must have won in one pass of the loop
        await self._lookup.close()

    def _left(self) -> bool:
        return len(self._tried) < MOST_ATTEMPTS and any(
            address not in self._tried for address in self._lookup.addresses
        )

    def _next(self) -> Address | None:
        for address in self._lookup.addresses:
            if address in self._tried:
                continue
            if len(self._tried) == MOST_ATTEMPTS:
                return None
            self._tried.add(address)
            try:
                self._permit(address)
            except Failure as failure:
                self._failures.append(failure)
                continue
            return address
        return None

    def _try(self, address: Address) -> None:
        self._attempts[asyncio.ensure_future(self._attempt(address))] = monotonic()

    async def _first_end(self, delay: float | None) -> tuple[Stream, float, float] | None:
        done, _ = await asyncio.wait(self._attempts, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
        winner = None
        for task in done:
            began = self._attempts[task]
            try:
                stream, took = task.result()
            except Failure as failure:
                del self._attempts[task]
                if failure.fault is not Fault.CONNECT and winner is None:
                    raise
                self._failures.append(failure)
                continue
            if winner is None:
                winner = (stream, began, took)
                del self._attempts[task]
        return winner

    def _failure(self) -> Failure:
        """What the attempts said together: our own fault only where none of them got out of this machine."""
        details = "; ".join(failure.detail for failure in self._failures)
        theirs = [failure for failure in self._failures if not isinstance(failure, OwnFault)]
        if not theirs:
            return OwnFault(Fault.CONNECT, details)
        return Failure(theirs[0].fault, details)
