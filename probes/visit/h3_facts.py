"""What a try over HTTP/3 says, held against a visit over TCP in the same round. Pure.

What fails over TCP as well, or for a reason of our own, says nothing of HTTP/3: it is unknown, ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes.sample import Fault, Hop, Outcome
from probes.visit.beside import Look
from probes.visit.h3_start import origin_of, reached
from probes.visit.promise import Promise
from probes.visit.step import Origin


@dataclass(frozen=True, slots=True)
class Try:
    """What became of the try."""

    hops: list[Hop]
    outcome: Outcome
    fault: Fault | None = None


def works(tried: Try, origin: Origin, tcp: Look) -> bool | None:
    """Whether ``origin`` was seen to answer over HTTP/3."""
    if tried.outcome is Outcome.UNKNOWN:
        return None
    over_h3 = [hop for hop in tried.hops if hop.protocol == "h3" and origin_of(hop.url) == origin]
    answered = any(hop.status is not None for hop in over_h3)
    if tried.outcome is Outcome.UP:
        return answered
    if tried.fault is Fault.REDIRECT and not over_h3:
        return None  # it leads to where we do not go
    last = tried.hops[-1] if tried.hops else None
    elsewhere = last is not None and origin_of(last.url) != origin
    if answered and elsewhere:
        return True  # it failed on another origin, to which this one led
    if tcp.outcome is Outcome.UP:
        return None if tried.outcome is Outcome.BLOCKED else False
    if answered:
        return True  # the page itself is out of order, and says so over HTTP/3
    return None if over_h3 else False


def broken(working: bool | None, promise: Promise, tcp: Look) -> bool | None:
    """Whether visitors are led to an HTTP/3 that fails; no more is said than the round carries."""
    if working is None or promise.either is None:
        return False if working else None
    if working or not promise.either:
        return False
    # A host that nothing reaches is an outage, which other probes tell: it is not HTTP/3 that is broken.
    return True if reached(tcp.trace.hops) else None


def vitals(promised: bool | None, working: bool | None, wrong: bool | None) -> dict[str, float]:
    """The facts that are known, as figures: 0 or 1."""
    known = {"http3_advertised": promised, "http3_works": working, "http3_broken": wrong}
    return {name: float(value) for name, value in known.items() if value is not None}


def gain(ttfb: dict[str, float | None]) -> float | None:
    """Seconds by which the first byte came sooner over HTTP/3 than over HTTP/2, or else HTTP/1.1."""
    over_tcp = ttfb["h2"] if ttfb["h2"] is not None else ttfb["h1"]
    if over_tcp is None or ttfb["h3"] is None:
        return None
    return over_tcp - ttfb["h3"]
