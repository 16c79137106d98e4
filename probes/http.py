"""The ``http`` probe: one cold visit to a page over HTTP/1.1 or HTTP/2, with the phases of each redirect hop.

Each run looks the name up anew, opens a fresh connection (Happy Eyeballs over IPv6 and IPv4), shakes hands
without resumption, sends the request, follows redirects as a browser does, reads the whole body and holds
what came against ``expect``. Nothing is retried and nothing is kept for the next run.

Outcomes: ``up``; ``down`` with the fault of the phase that failed (dns, connect, tls, timeout, protocol,
redirect, status, content); ``blocked`` where a shield's challenge or rate limit stood in the page's place;
``unknown`` where this machine could not even try.
Evidence: ``tls`` (version, cipher, certificate), ``unreached`` (addresses that failed before one answered),
``proxy``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from probes.failure import OwnFault
from probes.sample import Fault
from probes.target import Target
from probes.trace import Trace
from probes.visit.plan import Plan, make_plan
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

    def __init__(self, names: Names) -> None:
        self._names = names
        self._plans: WeakKeyDictionary[Target, Plan] = WeakKeyDictionary()

    async def measure(self, target: Target, trace: Trace) -> None:
        """Visit ``target`` once.

        Raises:
            Failure: the page did not answer as it should, or a shield or our own side stood between.
        """
        plan = self._plans.get(target) or self._plan(target)
        await Visit(self._names, plan, trace).run()

    def _plan(self, target: Target) -> Plan:
        try:
            plan = make_plan(target)
        except ValueError as error:
            raise OwnFault(Fault.INTERNAL, f"the options cannot be used: {error}") from error
        if plan.lasting:
            self._plans[target] = plan
        return plan


@asynccontextmanager
async def open_probe() -> AsyncIterator[HttpProbe]:
    """Open what visits over HTTP need: the reader of this machine's name files, and the kernel's stamping."""
    with Stamping():
        yield HttpProbe(Names())
