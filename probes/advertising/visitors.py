"""The visitors of a page: who comes from the channel, who comes plainly, and the channel's crawler."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from probes.advertising.beholding import Finding, evidence_of, of_look, of_visit, with_crawler, with_plain
from probes.advertising.channels import Channel, channels, tracking_names
from probes.advertising.options import ChannelOptions
from probes.advertising.parameters import add, find_fate, shown, values
from probes.failure import Failure, OwnFault
from probes.sample import Attempt, Fault, Outcome
from probes.target import Target
from probes.trace import Trace
from probes.visit.beside import Look, look, time_for_a_look
from probes.visit.options import Expect
from probes.visit.plan import Plan, make_plan
from probes.visit.visit import Visit
from probes.wire.names import Names

LOOK_SECONDS = 10.0
"""How long the plain visitor and the crawler wait for the page."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A target, ready to be visited."""

    channel: Channel
    sent: Mapping[str, bytes]
    without: frozenset[str]
    """The parameters that say nothing about which page an address is of."""
    from_channel: Plan
    plain: Plan
    crawler: Plan


class ChannelProbe:
    """Visits pages as an advertising channel's visitors do."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._prepared: WeakKeyDictionary[Target, _Prepared] = WeakKeyDictionary()

    async def measure(self, target: Target, trace: Trace) -> None:
        """Visit ``target`` once from its channel, and look at it as two others do.

        Raises:
            Failure: the channel's visitor did not get the page.
        """
        prepared = self._prepared.get(target) or self._prepare(target)
        found = trace.evidence["channel"] = _unknown(prepared)
        visit = Visit(self._names, prepared.from_channel, trace, keep_text=True)
        try:
            await visit.run()
        except Failure as failure:
            trace.failure = failure
        trace.ended = monotonic()
        if trace.first_byte is not None:  # else nobody knows where the way would have led
            _note_fate(found, prepared, visit, trace)
            if _worth_a_look(trace):
                await self._look_beside(target, prepared, visit, trace)
        if trace.failure is not None:
            raise trace.failure

    def _prepare(self, target: Target) -> _Prepared:
        try:
            prepared = _prepared(target)
        except ValueError as error:
            raise OwnFault(Fault.INTERNAL, f"the options cannot be used: {error}") from error
        if prepared.from_channel.lasting:
            self._prepared[target] = prepared
        return prepared

    async def _look_beside(self, target: Target, prepared: _Prepared, visit: Visit, trace: Trace) -> None:
        """Look at the page as the two others do, and hold what they are shown against the visit."""
        found, options = trace.evidence["channel"], target.options
        plain = await self._look(prepared.plain, trace)
        found["visitor"] = evidence_of(plain)
        # A shield that stops one look is not to be provoked by another.
        stopped = plain is not None and plain.outcome is Outcome.BLOCKED
        crawler = await self._look(prepared.crawler, trace) if options.crawler and not stopped else None
        if options.crawler:
            found["crawler"] = evidence_of(crawler) | Finding().words()
        one = of_visit(visit, trace, trace.failure)
        # Reading pages takes long enough to make others late: it is done in a thread of its own.
        same = await asyncio.to_thread(with_plain, one, of_look(plain), options.alike, prepared.without)
        found.update(same_page=same.same, **same.words())
        found["visitor"]["unclear"] = same.unclear
        _note_vitals(trace, similarity=found["similarity"], same_page=same.same)
        if not options.crawler:
            return
        honest = Finding(unclear="a shield had stopped the plain visitor")
        if not stopped:
            honest = await asyncio.to_thread(
                with_crawler, one, of_look(crawler), options.alike, prepared.without
            )
        found["cloaked"] = None if honest.same is None else not honest.same
        found["crawler"].update(honest.words(), unclear=honest.unclear)
        _note_vitals(trace, cloaked=found["cloaked"])

    async def _look(self, plan: Plan, trace: Trace) -> Look | None:
        seconds = time_for_a_look(trace, LOOK_SECONDS)
        if seconds is None:
            return None
        return await look(self._names, plan, seconds, enough=LOOK_SECONDS, keep_text=True)


def _prepared(target: Target) -> _Prepared:
    """Work out how ``target`` is visited.

    Raises:
        ValueError: a secret or a file that its options name cannot be read.
    """
    options: ChannelOptions = target.options
    channel = channels()[target.variant or options.channels[0]]
    url = add(target.url, options.added(channel).items())
    there = values(url)
    sent = {name: there[name] for name in options.held(channel) if name in there}
    return _Prepared(
        channel=channel,
        sent=sent,
        without=tracking_names().union(sent, options.ignore),
        from_channel=_plan(target, url, {"user-agent": channel.in_app, "referer": channel.referrer}),
        plain=_plan(target, target.url, {"user-agent": channel.browser}, look=True),
        crawler=_plan(target, target.url, {"user-agent": channel.crawler}, look=True),
    )


def _plan(target: Target, url: str, headers: dict[str, str], *, look: bool = False) -> Plan:
    """A visit to ``url`` with ``headers``; a look only has to be answered, whatever the page says."""
    options: ChannelOptions = target.options
    chosen: dict[str, Any] = {"headers": options.headers | headers}
    if look:
        chosen["expect"] = Expect(status=options.expect.status)
    return make_plan(
        dataclasses.replace(target, url=url, options=options.for_visit().model_copy(update=chosen))
    )


def _unknown(prepared: _Prepared) -> dict[str, Any]:
    """The evidence before anything is known."""
    sent = {name: shown(value) for name, value in prepared.sent.items()}
    rest = ("survived", "lost", "changed", "returned", "same_page", "differences", "similarity", "cloaked")
    return {"channel": prepared.channel.name, "sent": sent} | dict.fromkeys((*rest, "visitor", "crawler"))


def _note_fate(found: dict[str, Any], prepared: _Prepared, visit: Visit, trace: Trace) -> None:
    """Say what became of the parameters, once it is known where the way led."""
    fragment = visit.url.fragment if visit.url is not None else ""
    fate = find_fate(prepared.sent, [hop.url for hop in trace.hops], fragment)
    found.update(dataclasses.asdict(fate))
    if prepared.sent:
        _note_vitals(trace, tracking=not (fate.lost or fate.changed))


def _worth_a_look(trace: Trace) -> bool:
    """Whether others are to look: not while a burst goes on, nor where a shield wants no more visits."""
    blocked = trace.failure is not None and trace.failure.outcome is Outcome.BLOCKED
    return trace.attempt is Attempt.SCHEDULED and not blocked


def _note_vitals(trace: Trace, **figures: float | bool | None) -> None:
    """Note the figures that are known."""
    trace.vitals.update({name: float(figure) for name, figure in figures.items() if figure is not None})
