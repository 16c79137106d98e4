"""Every address of a page's name, visited one by one: a dead one behind a round robin hides from visits.

Host and server name stay the page's, so that each address is asked for the same page. What the look-up
itself took is in no figure here: the addresses are known by then.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from time import monotonic
from typing import Any

from probes.failure import Failure
from probes.sample import Fault, Outcome
from probes.visit.beside import Look, Looks, a_few_at_once, not_made
from probes.visit.plan import Plan
from probes.visit.reach import Reach
from probes.visit.step import PORTS
from probes.wire.addresses import Address
from probes.wire.names import Lookup, Names

MOST_ADDRESSES = 12
"""How many addresses are visited in a round; of more, so many are drawn by lot each time."""

_SAID = ("ttl", "fault", "detail", "more", "seen", "up", "down", "ttfb4", "ttfb6")


async def visit_addresses(looks: Looks, plan: Plan, reach: Reach) -> dict[str, Any] | None:
    """What the addresses of the page's name say, as evidence; ``None`` where there was no time for them."""
    seconds = looks.seconds()
    if seconds is None:
        return None
    found: dict[str, Any] = dict.fromkeys(_SAID) | {"seen": []}
    try:
        lookup = await _look_up(looks.names, plan, seconds)
    except Failure as failure:
        return found | {"fault": failure.fault.value, "detail": failure.detail}
    except TimeoutError:
        return found | {"fault": Fault.DNS.value, "detail": f"no answer within {seconds:.3g} s"}
    if lookup.failed:
        words = "; ".join(failure.detail for failure in lookup.failed.values())
        found |= {"fault": Fault.DNS.value, "detail": words}
    chosen = _chosen(lookup.addresses)
    seen = await a_few_at_once(chosen, lambda address: looks.look(_pinned(plan, address)))
    for one in filter(None, seen):
        reach.note(one.trace)
    entries = [_entry(address, one, reach) for address, one in zip(chosen, seen, strict=True)]
    return found | {
        "ttl": lookup.ttl,
        "more": len(lookup.addresses) - len(chosen),
        "seen": entries,
        **_summed(entries),
    }


async def _look_up(names: Names, plan: Plan, seconds: float) -> Lookup:
    """All addresses of all families that the page's visits may use."""
    first = plan.first
    until = monotonic() + seconds
    async with asyncio.timeout(seconds):
        lookup = await names.look_up(
            first.host, first.port, ip=plan.options.ip, pins=plan.pins, servers=plan.servers
        )
    await lookup.complete(until - monotonic())
    return lookup


def _chosen(addresses: Sequence[Address]) -> list[Address]:
    if len(addresses) <= MOST_ADDRESSES:
        return list(addresses)
    places = sorted(random.sample(range(len(addresses)), MOST_ADDRESSES))
    return [addresses[place] for place in places]


def _pinned(plan: Plan, address: Address) -> Plan:
    """The plan of a visit that finds the page's host at ``address``, on every port that it is led to."""
    host = plan.first.host.lower().rstrip(".")
    ports = {plan.first.port, *PORTS.values()}
    return replace(plan, pins=plan.pins | {(host, port): [address] for port in ports})


def _entry(address: Address, one: Look | None, reach: Reach) -> dict[str, Any]:
    found = one.evidence() if one else not_made()
    found |= {"address": address.text, "family": 6 if address.family == socket.AF_INET6 else 4}
    doubt = reach.doubt(one, address.family) if one else None
    if doubt is not None:
        found |= {"outcome": Outcome.UNKNOWN.value, "detail": doubt}
    return found


def _summed(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """How many were up and down, and the median TTFB of those that were up over each family."""
    outcomes = [entry["outcome"] for entry in entries]
    found: dict[str, Any] = {"up": None, "down": None}
    if any(outcomes):
        found = {outcome: outcomes.count(outcome) for outcome in found}
    for version in (4, 6):
        times = [entry["ttfb"] for entry in entries if (entry["family"], entry["outcome"]) == (version, "up")]
        found[f"ttfb{version}"] = median(times) if times else None
    return found
