"""The evidence of the edge and of the shield, written from what a visit saw last."""

from __future__ import annotations

from urllib.parse import urlsplit

from probes.edge.recognise import edge_evidence, recognise
from probes.edge.shield import shield_evidence
from probes.sample import Hop
from probes.shields import LOOKED_AT_BYTES, Signature, find_shield
from probes.trace import Trace
from probes.visit.body import Body
from probes.visit.visit import Visit
from probes.wire.exchange import Head
from probes.wire.names import Lookup


def note_edge(
    trace: Trace, visit: Visit, continent: str | None, *, proxied: bool = False, blocked: bool = False
) -> None:
    """Write down who answered last, where an answer came at all.

    ``continent`` is the region's. ``proxied``: the address and the look-up are a proxy's and say nothing
    of the page. ``blocked``: the visit was found to be a shield's answer.
    """
    head = visit.head
    if head is None:
        return
    lookup = None if proxied else visit.lookup
    hop = next(hop for hop in reversed(trace.hops) if hop.status is not None)
    cnames = lookup.cnames if lookup is not None and _is_of(lookup, hop, trace.hops) else []
    seen = recognise(head.headers, cnames, None if proxied else hop.address)
    trace.evidence["edge"] = edge_evidence(seen, continent)
    challenge = _challenge(head, visit.body) if blocked else None
    trace.evidence["shield"] = shield_evidence(seen, challenge)


def _is_of(lookup: Lookup, hop: Hop, hops: list[Hop]) -> bool:
    """Whether the look-up was made for ``hop``: a redirect may lead back to an open connection."""
    return len(hops) == 1 or urlsplit(hop.url).hostname == lookup.host


def _challenge(head: Head, body: Body | None) -> Signature | None:
    kept = bytes(body.kept) if body is not None and body.decoded <= LOOKED_AT_BYTES else b""
    return find_shield(head, kept)
