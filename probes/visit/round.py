"""Rounds: the looks that a page asks for beside its visits, made seldom and after the visit is over.

A round stands beside a scheduled sample, at most once in ``round_every``, and has what that sample's visit
has left of the run's timeout. What there was no time for is ``None``, and never a failure. Beside a page that
is down only its addresses are looked at, and shortly, because the burst waits for it; beside one that is
blocked nothing is, because more visits would provoke the shield.

Looks that are compared with the visit go first, one at a time; those that may hang go last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from time import monotonic
from weakref import WeakKeyDictionary

from probes.failure import Failure
from probes.sample import Attempt, Fault, Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit.addresses import visit_addresses
from probes.visit.beside import Looks
from probes.visit.cache import ask_past_caches
from probes.visit.origins import ask_origins
from probes.visit.plan import Plan
from probes.visit.protocols import visit_by_protocols
from probes.visit.reach import Reach
from probes.visit.round_options import RoundOptions
from probes.visit.visit import Visit
from probes.wire.names import Names

PATIENCE = 3.0
"""Seconds that a look has to answer: one lost SYN fits in. Half the timeout where that is less."""

SLOWER = 4.0
"""How many times the visit's own duration a look has, where that is longer."""

DOWN_SECONDS = 3.0
"""Seconds that a round beside a page that is down may take as a whole: a burst waits for its end."""


class Rounds:
    """Makes rounds, and remembers when each target had its last one."""

    def __init__(self, names: Names, clock: Callable[[], float] = monotonic) -> None:
        self._names = names
        self._clock = clock
        self._last: WeakKeyDictionary[Target, float] = WeakKeyDictionary()
        self._reach = Reach()

    async def make(
        self, target: Target, plan: Plan, visit: Visit, trace: Trace, failure: Failure | None
    ) -> None:
        """Make a round beside ``visit`` where one is due; ``failure`` is what the visit came to.

        It writes into the trace's evidence, and says when the measurement itself ended; nothing else of the
        sample is of the round.
        """
        if trace.attempt is Attempt.BURST or not _worth_it(failure) or not self._is_due(target):
            return
        self._last[target] = self._clock()
        trace.ended, trace.failure = monotonic(), failure
        self._reach.note(trace)
        looks = Looks(self._names, trace, patience=_patience(trace), until=_until(trace))
        options, evidence = target.options, trace.evidence
        evidence.update(dict.fromkeys(_asked_for(options)))
        up = failure is None
        if up and options.cache_bust:
            evidence["cache_busted"] = await ask_past_caches(looks, plan, trace)
        if up and options.protocols:
            evidence["protocols"] = await visit_by_protocols(looks, target, plan, visit, trace)
        if options.addresses == "all":
            evidence["addresses"] = await visit_addresses(looks, plan, self._reach)
        if up and options.origins:
            evidence["origins"] = await ask_origins(looks, target, visit, trace, self._reach)

    def _is_due(self, target: Target) -> bool:
        last = self._last.get(target)
        return last is None or self._clock() - last >= target.options.round_every


def _worth_it(failure: Failure | None) -> bool:
    """Whether there is something to see: where no name server knows the page, there is not."""
    return failure is None or (failure.outcome is Outcome.DOWN and failure.fault is not Fault.DNS)


def _patience(trace: Trace) -> float:
    assert trace.ended is not None
    patience = min(PATIENCE, (trace.deadline - trace.started) / 2)
    if trace.failure is not None:
        return patience
    return max(patience, SLOWER * (trace.ended - trace.started))


def _until(trace: Trace) -> float:
    return math.inf if trace.failure is None else monotonic() + DOWN_SECONDS


def _asked_for(options: RoundOptions) -> Iterator[str]:
    """The evidence that a round owes."""
    wanted = {
        "cache_busted": options.cache_bust,
        "protocols": options.protocols,
        "addresses": options.addresses == "all",
        "origins": options.origins,
    }
    return (key for key, asked in wanted.items() if asked)
