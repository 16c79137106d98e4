"""Origins: whether a server behind the shield answers the page to a stranger who knows its address.

Each is asked once, by one GET for the page, with the page's host and server name, without credentials and
without a header of the user's own. Its certificate is not verified: a stranger would not care. An origin is
``exposed`` only where what it answers is the page; a refusal, a redirect or another page is not that.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from probes.failure import Failure
from probes.sample import Fault, Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit.alike import OTHER, SAME, similarity
from probes.visit.beside import Look, Looks, a_few_at_once, not_made
from probes.visit.options import Expect
from probes.visit.plan import Plan, make_plan
from probes.visit.reach import Reach
from probes.visit.round_options import parse_origin
from probes.visit.visit import Visit
from probes.wire.addresses import Address

_REFUSED = frozenset({Fault.STATUS, Fault.REDIRECT, Fault.BLOCKED, Fault.TLS, Fault.CONNECT})
"""Faults that tell that the page was not served: a refusal, something else in its place, no connection."""

_SAID = ("answers", "exposed", "similar", "certificate")
_CERTIFICATE = ("subject", "issuer", "not_after", "names")


async def ask_origins(
    looks: Looks, target: Target, visit: Visit, trace: Trace, reach: Reach
) -> list[dict[str, Any]]:
    """What each origin that the target names answered, as evidence.

    Asked for is the address that the visit was led to at last: one before it would answer with a redirect.
    """
    plan = _stranger(target, trace.hops[-1].url)
    return await a_few_at_once(target.options.origins, lambda named: _ask(looks, plan, visit, named, reach))


async def _ask(looks: Looks, plan: Plan, visit: Visit, named: str, reach: Reach) -> dict[str, Any]:
    nothing = {"origin": named} | not_made() | dict.fromkeys(_SAID)
    try:
        look = await _look(looks, plan, named)
    except Failure as failure:
        found = {"outcome": failure.outcome.value, "fault": failure.fault.value, "detail": failure.detail}
        return nothing | found
    except TimeoutError:
        words = f"{named}: no name server answered in time"
        return nothing | {"outcome": Outcome.UNKNOWN.value, "fault": Fault.DNS.value, "detail": words}
    if look is None:
        return nothing
    reach.note(look.trace)
    return nothing | look.evidence() | _told(look, visit, plan.options.expect, reach)


def _stranger(target: Target, url: str) -> Plan:
    """The plan of a visit to ``url`` by somebody who knows nothing but its address."""
    options = target.options
    unknown = options.model_copy(
        update={
            "headers": {},
            "cookies": {},
            "auth": None,
            "client_certificate": None,
            "body": None,
            "insecure": True,
            "protocol": "auto",
            "redirects": 0,
            # What is expected of headers may be the edge's; the page is told by its status and its body.
            "expect": options.expect.model_copy(update={"headers": {}}),
        }
    )
    return make_plan(replace(target, url=url, options=unknown))


async def _look(looks: Looks, plan: Plan, named: str) -> Look | None:
    """Ask the origin; ``None`` where no time is left for it.

    Raises:
        Failure: the origin's name has no address.
        TimeoutError: no name server said whether it has.
    """
    seconds = looks.seconds()
    if seconds is None:
        return None
    async with asyncio.timeout(seconds):
        at = await _place(looks, plan, named)
    return await looks.look(at)


async def _place(looks: Looks, plan: Plan, named: str) -> Plan:
    """The plan of a visit that finds the page's host at the origin's addresses and port.

    Raises:
        Failure: the origin's name has no address.
    """
    host, port = parse_origin(named)
    first = plan.first
    port = port or first.port
    lookup = await looks.names.look_up(host, port, ip=plan.options.ip, pins=plan.pins, servers=plan.servers)
    await lookup.close()
    return replace(
        plan,
        # Host and authority stay the page's; only the port that is connected to is another one.
        first=(at := replace(first, origin=(first.scheme, first.host, port))),
        pins={(at.host.lower().rstrip("."), port): lookup.addresses},
    )


def _told(look: Look, visit: Visit, expect: Expect, reach: Reach) -> dict[str, Any]:
    """What the look says of the origin, beside what every look says."""
    similar = similarity(visit.body, look.body)
    exposed = _is_exposed(look, expect, similar)
    address = Address.parse(look.trace.hops[0].address or "")
    doubt = reach.doubt(look, address.family) if address is not None else None
    found: dict[str, Any] = {"similar": similar, "certificate": None}
    if doubt is not None:
        exposed = None
        found |= {"outcome": Outcome.UNKNOWN.value, "detail": doubt}
    answers = True if look.head is not None else False if exposed is False else None
    tls = look.trace.evidence.get("tls")
    if tls is not None:
        found["certificate"] = {key: tls.get(key) for key in _CERTIFICATE}
    return found | {"answers": answers, "exposed": exposed}


def _is_exposed(look: Look, expect: Expect, similar: float | None) -> bool | None:
    """Whether what was answered is the page; ``None`` where that can't be told."""
    if look.outcome is Outcome.UNKNOWN:
        return None
    if look.outcome is Outcome.UP:
        if expect.body is not None or expect.body_regex is not None:
            return True  # what is expected of the page, and was found
        if similar is not None and similar >= SAME:
            return True
    elif look.fault in _REFUSED or (look.fault is Fault.TIMEOUT and not look.connected):
        return False
    elif look.head is None and look.fault is Fault.PROTOCOL:
        return False  # the connection was closed, or what came is not HTTP
    return False if similar is not None and similar < OTHER else None
