"""A look beside the visit: another visit, made for evidence, whose failure is a finding and no fault.

The page over another protocol, at another of its addresses, without the edge's cache, as another visitor:
each is a whole visit of its own with its own phases. It never touches the figures of the sample that it
stands beside.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any

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


def time_for_a_look(trace: Trace, most: float) -> float | None:
    """Seconds that a look may take, at most ``most``; ``None`` where the run's deadline leaves too little."""
    left = min(most, trace.deadline - MARGIN_SECONDS - monotonic())
    return left if left >= LEAST_SECONDS else None


async def look(names: Names, plan: Plan, seconds: float, *, keep_text: bool = False) -> Look:
    """Make a visit as ``plan`` has it, for ``seconds`` at most; never raises for what becomes of it."""
    trace = Trace(monotonic(), seconds)
    visit = Visit(names, plan, trace, keep_text=keep_text)
    outcome, fault, detail = Outcome.UP, None, None
    try:
        async with asyncio.timeout(seconds):
            await visit.run()
    except Failure as failure:
        outcome, fault, detail = failure.outcome, failure.fault, failure.detail
    except TimeoutError:
        outcome, fault, detail = Outcome.DOWN, Fault.TIMEOUT, f"no answer within {seconds:.3g} s"
    return Look(outcome, fault, detail, trace, visit.head, visit.body, visit.lookup)
