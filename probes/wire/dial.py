"""Happy Eyeballs (RFC 8305, section 5): attempts start one after another, the first to succeed wins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

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


@dataclass(slots=True)
class Dialled:
    """A connection, and what it took from the start of the first attempt."""

    stream: TimedSocket
    took: float
    failed: list[str]
    """What the attempts before it said."""


async def dial(lookup: Lookup, port: int, permit: Callable[[Address], None]) -> Dialled:
    """Connect to the first address of ``lookup`` that answers.

    ``permit`` is called with each address before it is tried, and raises a ``Failure`` to forbid it.

    Raises:
        Failure: no address answered, or none was permitted.
    """
    addresses = lookup.addresses
    if len(addresses) == 1 and not lookup.pending:
        permit(addresses[0])
        stream, took = await tcp.connect(asyncio.get_running_loop(), addresses[0], port)
        return Dialled(stream, took, [])
    race = _Race(lookup, port, permit)
    try:
        return await race.run()
    finally:
        await race.close()


class _Race:
    """The attempts of one dial."""

    def __init__(self, lookup: Lookup, port: int, permit: Callable[[Address], None]) -> None:
        self._lookup = lookup
        self._port = port
        self._permit = permit
        self._tried: set[Address] = set()
        self._attempts: dict[asyncio.Task[tuple[TimedSocket, float]], tuple[Address, float]] = {}
        self._failures: list[Failure] = []

    async def run(self) -> Dialled:
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
        loop = asyncio.get_running_loop()
        task = loop.create_task(tcp.connect(loop, address, self._port))
        self._attempts[task] = (address, monotonic())

    async def _first_end(self, delay: float | None) -> tuple[TimedSocket, float, float] | None:
        done, _ = await asyncio.wait(self._attempts, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
        winner = None
        for task in done:
            _, began = self._attempts[task]
            try:
                stream, took = task.result()
            except Failure as failure:
                self._failures.append(failure)
                del self._attempts[task]
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
