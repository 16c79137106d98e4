"""The same page over several versions of HTTP, one after another, beside the visit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probes.sample import Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit.alt_svc import alt_svc
from probes.visit.beside import Looks, not_made
from probes.visit.h3_start import origin_of, scope
from probes.visit.plan import Plan, over
from probes.visit.promise import Promise
from probes.visit.visit import Visit


async def visit_by_protocols(
    looks: Looks, target: Target, plan: Plan, visit: Visit, trace: Trace
) -> dict[str, dict[str, Any]]:
    """What each version that the target's ``protocols`` name came to, as evidence.

    ``h3`` is tried where the visit's own response says that it is served, else at the page's host and port.
    """
    found = {}
    for version in target.options.protocols:
        one = over(plan, version)
        if version == "h3":
            one = _led(one, visit, trace)
        found[version] = await _visit(looks, one, version)
    return found


async def _visit(looks: Looks, plan: Plan, version: str) -> dict[str, Any]:
    seen = await looks.look(plan)
    if seen is None:
        return not_made()
    spoken = seen.trace.hops[-1].protocol if seen.trace.hops else None
    if seen.outcome is Outcome.UP and spoken != version:
        return not_made() | {
            "detail": f"the page ends at {seen.trace.hops[-1].url}, where this is not spoken"
        }
    return seen.evidence()


def _led(plan: Plan, visit: Visit, trace: Trace) -> Plan:
    """The plan of the visit over HTTP/3, at the place that the page's own origin has named."""
    first = plan.first
    if visit.head is None or origin_of(trace.hops[-1].url) != first.origin:
        return plan
    place = Promise(alt_svc(visit.head)).place(first.host, first.port)
    if place == (first.host, first.port):
        return plan
    return replace(plan, alternative=place, within=scope(trace.hops))
