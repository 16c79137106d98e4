"""The ``http`` probe: one cold visit to a page over HTTP/1.1, 2 or 3, with the phases of each redirect hop.

Each run looks the name up anew, opens a fresh connection (Happy Eyeballs over IPv6 and IPv4), shakes hands
without resumption, sends the request, follows redirects as a browser does, reads the whole body and holds
what came against ``expect``. Nothing is retried and nothing is kept for the next run.

Outcomes: ``up``; ``down`` with the fault of the phase that failed (dns, connect, tls, timeout, protocol,
redirect, status, content); ``blocked`` where a shield's challenge or rate limit stood in the page's place;
``unknown`` where this machine could not even try.
Evidence: ``tls`` (version, cipher, certificate), ``quic`` (over HTTP/3: its version, and how the server
validated us), ``unreached`` (addresses that failed before one answered), ``proxy``, ``dns`` (aliases and time
to live), ``edge`` (which network answered, where, from what cache), ``shield`` (signs of one in front of the
page); and in rounds, where the page asks for them, ``addresses``, ``cache_busted``, ``origins``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from time import monotonic
from weakref import WeakKeyDictionary

from probes.edge.evidence import note_edge
from probes.edge.recognise import prepare
from probes.failure import Blocked, Failure, OwnFault
from probes.sample import Fault
from probes.target import Target
from probes.trace import Trace
from probes.visit.plan import Plan, make_plan
from probes.visit.round import Rounds
from probes.visit.round_options import RoundOptions as Options
from probes.visit.visit import Visit
from probes.wire.clock import Stamping
from probes.wire.names import Names

__all__ = ["BURSTS", "EVERY", "TIMEOUT", "HttpProbe", "Options", "open_probe"]

EVERY = 15.0
TIMEOUT = 10.0
BURSTS = True


class HttpProbe:
    """Visits pages over HTTP."""

    def __init__(self, names: Names, clock: Callable[[], float] = monotonic) -> None:
        self._names = names
        self._rounds = Rounds(names, clock)
        self._plans: WeakKeyDictionary[Target, Plan] = WeakKeyDictionary()

    async def measure(self, target: Target, trace: Trace) -> None:
        """Visit ``target`` once.

        Raises:
            Failure: the page did not answer as it should, or a shield or our own side stood between.
        """
        plan = self._plans.get(target) or self._plan(target)
        visit = Visit(self._names, plan, trace)
        failure = None
        try:
            await visit.run()
        except Failure as seen:
            failure = seen
        finally:
            _add_evidence(target, visit, plan, trace, failure)
        if target.options.looks:
            await self._rounds.make(target, plan, visit, trace, failure)
        if failure is not None:
            raise failure

    def _plan(self, target: Target) -> Plan:
        try:
            plan = make_plan(target)
        except ValueError as error:
            raise OwnFault(Fault.INTERNAL, f"the options cannot be used: {error}") from error
        if plan.lasting:
            self._plans[target] = plan
        return plan


def _add_evidence(target: Target, visit: Visit, plan: Plan, trace: Trace, failure: Failure | None) -> None:
    """What a visit shows beside its phases, however it ended."""
    lookup = visit.lookup
    if lookup is not None and lookup.took is not None and plan.proxy is None:
        trace.evidence["dns"] = {"cnames": lookup.cnames, "ttl": lookup.ttl}
    # What the visit came to is told, whatever becomes of looking at who answered.
    with suppress(Exception) if failure is not None else nullcontext():
        blocked = isinstance(failure, Blocked)
        note_edge(trace, visit, target.continent, proxied=plan.proxy is not None, blocked=blocked)


@asynccontextmanager
async def open_probe() -> AsyncIterator[HttpProbe]:
    """Open what visits need: the reader of name files, what is known of edges, the kernel's stamping."""
    await asyncio.to_thread(prepare)
    with Stamping():
        yield HttpProbe(Names())
