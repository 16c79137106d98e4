"""The page once more, under an address that no cache can know: the origin's time beside the edge's."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import httpx

from probes.edge.recognise import edge_evidence, recognise
from probes.sample import Outcome
from probes.trace import Trace
from probes.visit.beside import Look, Looks
from probes.visit.plan import Plan, make_request
from probes.visit.step import step_to
from probes.wire.addresses import Address

PARAMETER = "landwatch"
"""The query parameter that makes an address new to every cache."""

KEPT = frozenset({"hit", "stale"})
"""What a cache says that has answered all the same: it leaves queries out of account."""


async def ask_past_caches(looks: Looks, plan: Plan, trace: Trace) -> dict[str, Any] | None:
    """What the page says there, as evidence; ``None`` where there was no time.

    Asked for is the address that the visit was led to at last: one before it would answer with a redirect.
    """
    look = await looks.look(_led_to(plan, busted(trace.hops[-1].url), trace))
    if look is None:
        return None
    cache = _cache(look, proxied=plan.proxy is not None)
    return look.evidence() | {"cache": cache, "slower_by": None if cache in KEPT else _slower_by(look, trace)}


def _cache(look: Look, *, proxied: bool) -> str | None:
    """What the edge says of its cache."""
    if look.head is None:
        return None
    known = None if proxied else look.lookup
    address = None if proxied else look.trace.hops[-1].address
    seen = recognise(look.head.headers, known.cnames if known is not None else [], address)
    status: str | None = edge_evidence(seen, None)["cache"]
    return status


def busted(url: str) -> str:
    """``url``, which has no fragment, with a parameter of ours behind its own query, and else untouched."""
    return f"{url}{'&' if '?' in url else '?'}{PARAMETER}={secrets.token_hex(8)}"


def _led_to(plan: Plan, url: str, trace: Trace) -> Plan:
    """The plan of a visit that begins at ``url``, where redirects led to, and is bounded as those were."""
    first = step_to(httpx.URL(url), plan.first.method, plan.first.body)
    credentials, within = plan.credentials, plan.within
    if first.origin != plan.first.origin:
        page = Address.parse(trace.hops[0].address or "")
        credentials, within = (), page.scope if page is not None else None
    request = make_request(first, plan.headers + credentials, proxied=plan.proxy is not None)
    return replace(plan, first=first, request=request, credentials=credentials, within=within)


def _slower_by(look: Look, trace: Trace) -> float | None:
    """How much longer the answer was waited for than on the visit's last hop.

    Only the wait is compared: look-up and handshakes have nothing to do with a cache. A look that was led
    on, and may have lost the parameter on its way, is compared with nothing.
    """
    before, after = trace.hops[-1].wait, look.trace.hops[-1].wait
    if look.outcome is not Outcome.UP or len(look.trace.hops) > 1 or before is None or after is None:
        return None
    return after - before
