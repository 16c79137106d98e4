"""How far a visit came: what was under way when its time ran out. Pure, read from the hops of the trace."""

from __future__ import annotations

from collections.abc import Sequence

from probes.sample import PHASES, Hop

_UNDER_WAY = {
    "dns": "looking up the name of",
    "connect": "connecting to",
    "tls": "in the TLS handshake with",
    "wait": "waiting for the response of",
    "transfer": "receiving the body of",
}


def under_way(hops: Sequence[Hop], url: str) -> str:
    """What the visit of ``url`` was doing, in words: ``waiting for the response of https://...``."""
    if not hops:
        return f"before the first look-up for {url}"
    phase = _first_missing(hops)
    if phase is None:
        return f"after the response of {hops[-1].url}"
    return f"{_UNDER_WAY[phase]} {hops[-1].url}"


def _first_missing(hops: Sequence[Hop]) -> str | None:
    """The phase of the last hop that follows the last one that ended; ``None`` where all did."""
    hop = hops[-1]
    ended = [position for position, phase in enumerate(PHASES) if getattr(hop, phase) is not None]
    if not ended and hop.address is None:
        return "dns"
    if not ended:
        # No look-up, but an address: that of an earlier hop's connection, used again, or the URL's own.
        again = any((hop.address, _origin(hop)) == (before.address, _origin(before)) for before in hops[:-1])
        return "wait" if again else "connect"
    position = ended[-1] + 1
    if position == len(PHASES):
        return None
    if PHASES[position] == "tls" and not hop.url.startswith("https:"):
        position += 1
    return PHASES[position]


def _origin(hop: Hop) -> str:
    """Scheme, host and port of the hop's URL."""
    return "/".join(hop.url.split("/", 3)[:3])
