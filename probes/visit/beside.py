"""A look beside the visit: another visit, made for evidence, whose failure is a finding and no fault.

The page over another protocol, at another of its addresses, without the edge's cache, as another visitor:
each is a whole visit of its own with its own phases. It never touches the figures of the sample that it
stands beside.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from probes.failure import Failure
from probes.sample import PHASES, Fault, Outcome
from probes.trace import Trace
from probes.visit.body import Body
from probes.visit.plan import Plan
from probes.visit.visit import Visit
from probes.wire.exchange import Head
from probes.wire.names import Lookup, Names

LEAST_SECONDS = 0.2
"""A look that has less time than this is not begun: what it would find is our own haste."""

MARGIN_SECONDS = 0.1
"""What a look leaves of the run's deadline."""

LATE_SECONDS = 0.25
"""A look that is cut off this much too late was not watched meanwhile: the loop stood still."""

AT_ONCE = 4
"""Looks that are under way at once. The kernel dates what arrives, but only what is read before more comes is
dated to its first byte, and the handshakes of a crowd would make us late to read; nor is a vendor to be
visited by a crowd. One at a time would leave too little time where several addresses are dead."""

T = TypeVar("T")
R = TypeVar("R")

_SAID = ("outcome", "fault", "detail", "status", "address", "protocol", "ttfb", *PHASES)


@dataclass(slots=True)
class Look:
    """What a look beside the visit saw."""

    outcome: Outcome
    fault: Fault | None
    detail: str | None
    trace: Trace
    head: Head | None
    body: Body | None
    lookup: Lookup | None

    @property
    def connected(self) -> bool:
        """Whether the host of the page's own URL took the connection."""
        return bool(self.trace.hops) and self.trace.hops[0].connect is not None

    def evidence(self) -> dict[str, Any]:
        """The look as evidence: how it went, and the phases summed over its hops."""
        last = self.trace.hops[-1] if self.trace.hops else None
        found: dict[str, Any] = {
            "outcome": self.outcome.value,
            "fault": self.fault.value if self.fault else None,
            "detail": self.detail,
            "status": last.status if last else None,
            "address": last.address if last else None,
            "protocol": last.protocol if last else None,
            "ttfb": self.trace.ttfb,
        }
        for phase in PHASES:
            seen = [took for hop in self.trace.hops if (took := getattr(hop, phase)) is not None]
            found[phase] = sum(seen) if seen else None
        return found


def not_made() -> dict[str, Any]:
    """The evidence of a look that was not made: nothing is known."""
    return dict.fromkeys(_SAID)


def time_for_a_look(trace: Trace, most: float) -> float | None:
    """Seconds that a look may take, at most ``most``; ``None`` where the run's deadline leaves too little."""
    left = min(most, trace.deadline - MARGIN_SECONDS - monotonic())
    return left if left >= LEAST_SECONDS else None


async def look(
    names: Names, plan: Plan, seconds: float, *, enough: float = 0.0, keep_text: bool = False
) -> Look:
    """Make a visit as ``plan`` has it, for ``seconds`` at most; never raises for what becomes of it.

    Where it is cut off, and had less time than ``enough`` to answer, that says nothing: it is ``unknown``.
    """
    trace = Trace(monotonic(), seconds)
    visit = Visit(names, plan, trace, keep_text=keep_text)
    outcome, fault, detail = Outcome.UP, None, None
    try:
        async with asyncio.timeout(seconds):
            await visit.run()
    except Failure as failure:
        outcome, fault, detail = failure.outcome, failure.fault, failure.detail
    except TimeoutError:
        outcome, fault = Outcome.DOWN, Fault.TIMEOUT
        detail = f"no answer within {seconds:.3g} s"
        if seconds < enough:
            outcome, detail = Outcome.UNKNOWN, f"{detail}: there was no more time, which is too short to tell"
        elif monotonic() - trace.deadline > LATE_SECONDS:
            outcome, detail = Outcome.UNKNOWN, f"{detail}: this machine was late itself"
    return Look(outcome, fault, detail, trace, visit.head, visit.body, visit.lookup)


class Looks:
    """The looks of one round: the time that is left for them, and whether a shield wants no more of them."""

    def __init__(self, names: Names, trace: Trace, *, patience: float, until: float = math.inf) -> None:
        self.names = names
        self.patience = patience
        """Seconds after which a look without an answer is taken for one that gets none."""
        self._trace = trace
        self._until = until
        self._blocked = False

    def seconds(self) -> float | None:
        """Seconds that the next look may take; ``None`` where none can be made."""
        left = self._until - monotonic()
        if self._blocked or left < LEAST_SECONDS:
            return None
        return time_for_a_look(self._trace, min(self.patience, left))

    async def look(self, plan: Plan) -> Look | None:
        """Make one; ``None`` where there is no time, or a shield has stopped one before it."""
        seconds = self.seconds()
        if seconds is None:
            return None
        found = await look(self.names, plan, seconds, enough=self.patience)
        self._blocked |= found.outcome is Outcome.BLOCKED
        return found


async def a_few_at_once(items: Iterable[T], look_at: Callable[[T], Coroutine[Any, Any, R]]) -> list[R]:
    """What ``look_at`` makes of each item, in their order."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with turns:
            return await look_at(item)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in items]
    return [task.result() for task in tasks]
