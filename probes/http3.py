"""The ``http3`` probe: whether HTTP/3 is promised for a page, and whether the promise holds, in one round.

A round is a visit over TCP, which says what the origin advertises (Alt-Svc) and where redirects lead; a
question for HTTPS records; and then the visit that the sample is of, made over HTTP/3 and nothing else: a
fresh QUIC handshake and the request, at the place that is advertised, else at the page's own host and port.
What is looked at is the origin that the page's redirects lead to. When that visit is good, ``compare`` has
the page visited over other versions, so that the gain is a number: all of these find the caches as warm.

Outcomes: those of the visit over HTTP/3, with its fault; ``up`` says that the page came over it whole. Where
nothing advertises HTTP/3 and the try fails, the sample is ``down`` all the same: the probe is configured
because HTTP/3 was promised. ``unknown`` where this machine could not even try.
Evidence: ``http3`` has what is advertised by Alt-Svc and, apart from that, in DNS, what works, what is broken
(advertised, but it fails), QUIC's version, ALPN, Retry, early data, and the times beside each other; unknown
is null. ``tls``, ``quic`` and ``unreached`` are of the visit over HTTP/3.
Vitals: ``http3_advertised`` (either way), ``http3_works``, ``http3_broken``: 0 or 1, absent where unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Literal

from probes.failure import Failure, OwnFault
from probes.progress import under_way
from probes.sample import Attempt, Fault, Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit.alt_svc import AltSvc, alt_svc
from probes.visit.beside import MARGIN_SECONDS, Look, look, time_for_a_look
from probes.visit.h3_facts import Try, broken, gain, vitals, works
from probes.visit.h3_start import scope, start
from probes.visit.options import Common
from probes.visit.plan import Plan, make_plan
from probes.visit.promise import Place, Promise, promise
from probes.visit.visit import Visit
from probes.wire.clock import Stamping
from probes.wire.names import Names

__all__ = ["BURSTS", "EVERY", "TIMEOUT", "Http3Probe", "Options", "open_probe"]

EVERY = 300.0
TIMEOUT = 15.0
BURSTS = False
"""A round is several visits, and outages are the ``http`` probe's to time."""

LOOK_SHARE = 1 / 3
"""The share of the run's time that the visit over TCP may take before the one over HTTP/3."""
RECORDS_SHARE = 1 / 6
"""The same for the question for HTTPS records."""

_QUIC = ("version", "alpn", "retry", "zero_rtt", "validated")


class Options(Common):
    """What a page may set for its visits over HTTP/3; everything has a default."""

    compare: tuple[Literal["h1", "h2"], ...] = ("h2",)
    """The versions of HTTP over which the page is visited after HTTP/3, for the gain."""


@dataclass(slots=True)
class _Round:
    """What is known before the try, and the evidence that grows."""

    place: Target
    """The page, or where its redirects led."""
    plan: Plan
    """How it is visited over HTTP/3."""
    promised: Promise
    tcp: Look
    facts: dict[str, Any]

    def conclude(self, trace: Trace, tried: Try) -> None:
        """Write down what the try came to."""
        working = works(tried, self.plan.first.origin, self.tcp)
        wrong = broken(working, self.promised, self.tcp)
        quic = trace.evidence.get("quic", {})
        self.facts.update({name: quic.get(name) for name in _QUIC}, works=working, broken=wrong)
        trace.vitals.update(vitals(self.promised.either, working, wrong))


class Http3Probe:
    """Looks for HTTP/3, and visits pages over it."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def measure(self, target: Target, trace: Trace) -> None:
        """Make one round.

        Raises:
            Failure: the page did not come over HTTP/3 as it should, or our own side failed.
        """
        one = await self._prepare(target)
        trace.evidence["http3"] = one.facts
        # The sample is of what follows: its times, its taints and its end.
        trace.started = monotonic()
        try:
            await self._visit(one.plan, trace)
        except Failure as failure:
            one.conclude(trace, Try(trace.hops, failure.outcome, failure.fault))
            raise
        except asyncio.CancelledError:  # the run was cut off from outside
            one.conclude(trace, Try(trace.hops, Outcome.DOWN, Fault.TIMEOUT))
            raise
        trace.ended = monotonic()
        one.conclude(trace, Try(trace.hops, Outcome.UP))
        one.facts["ttfb"]["h3"] = trace.ttfb
        if trace.attempt is Attempt.SCHEDULED:
            await self._compare(one, trace)

    async def _prepare(self, target: Target) -> _Round:
        """Visit the page over TCP, and find out what is promised."""
        tcp = await look(self._names, _plan(target, "auto"), target.timeout * LOOK_SHARE)
        place = start(target, tcp.trace.hops)
        plan = _plan(place, "h3" if place.url.startswith("https:") else "auto")
        promised = await self._promise(plan, tcp, target.timeout * RECORDS_SHARE)
        own = (plan.first.host, plan.first.port)
        led = promised.place(*own)
        if led != own or place is not target:
            # Redirects and alternatives are the page's word, and lead no further than a redirect may.
            plan = replace(plan, alternative=led if led != own else None, within=scope(tcp.trace.hops))
        return _Round(place, plan, promised, tcp, _facts(place, led, promised, tcp))

    async def _promise(self, plan: Plan, tcp: Look, seconds: float) -> Promise:
        said = alt_svc(tcp.head) if tcp.head is not None else None
        if plan.first.scheme == "https":
            return await promise(self._names, plan, said, seconds)
        return Promise(said and AltSvc(), records_detail="the page is not at https")

    async def _visit(self, plan: Plan, trace: Trace) -> None:
        if plan.first.scheme != "https":
            raise Failure(Fault.PROTOCOL, f"{plan.first.text} is not at https, and HTTP/3 is nowhere else")
        seconds = trace.deadline - MARGIN_SECONDS - trace.started
        try:
            async with asyncio.timeout(seconds):
                await Visit(self._names, plan, trace).run()
        except TimeoutError as error:
            words = f"no answer over HTTP/3 within {seconds:.3g} s"
            raise Failure(Fault.TIMEOUT, f"{words}: {under_way(trace.hops, plan.first.text)}") from error
        if trace.hops[-1].protocol != "h3":
            raise Failure(Fault.PROTOCOL, f"it ends at {trace.hops[-1].url}, and HTTP/3 is not spoken there")

    async def _compare(self, one: _Round, trace: Trace) -> None:
        """Visit the page over the other versions, for the time that is left."""
        ttfb = one.facts["ttfb"]
        for version in one.place.options.compare:
            seconds = time_for_a_look(trace, one.place.timeout * LOOK_SHARE)
            if seconds is None:
                return
            seen = await look(
                self._names, replace(_plan(one.place, version), within=one.plan.within), seconds
            )
            if seen.outcome is Outcome.UP:
                ttfb[version] = seen.trace.ttfb
                one.facts["gain"] = gain(ttfb)


def _plan(target: Target, protocol: str) -> Plan:
    try:
        return make_plan(replace(target, options=target.options.for_visit(protocol=protocol)))
    except ValueError as error:
        raise OwnFault(Fault.INTERNAL, f"the options cannot be used: {error}") from error


def _facts(place: Target, led: Place, promised: Promise, tcp: Look) -> dict[str, Any]:
    """The evidence before the try: what follows from that is unknown."""
    host, port = led
    return {
        "url": place.url,
        **promised.evidence(),
        "endpoint": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "works": None,
        "broken": None,
        **dict.fromkeys(_QUIC),
        "ttfb": {"h1": None, "h2": None, "h3": None},
        "gain": None,
        "tcp": tcp.evidence(),
    }


@asynccontextmanager
async def open_probe() -> AsyncIterator[Http3Probe]:
    """Open what the visits need: the reader of this machine's name files, and the kernel's stamping."""
    with Stamping():
        yield Http3Probe(Names())
