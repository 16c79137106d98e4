"""A round: one or several visits, of which the median by first screen is the sample."""

from __future__ import annotations

import asyncio
import ipaddress
from pathlib import Path
from time import monotonic
from typing import Any

from probes.chromium import captured, evidence
from probes.chromium.door import Door
from probes.chromium.engine import Engine
from probes.chromium.fence import Fence, Rules
from probes.chromium.launch import OverQuic, Way, own_user
from probes.chromium.options import Options
from probes.chromium.order import Order
from probes.chromium.profiles import NETWORKS
from probes.chromium.shaping import Shaping
from probes.chromium.trust import trusted_key
from probes.chromium.visit import Seen, Visit
from probes.failure import Failure, OwnFault
from probes.sample import Fault, Outcome
from probes.visit.options import parse_pin, parse_server
from probes.wire.addresses import Address
from probes.wire.names import Names

LEAST = 4.0
"""Seconds without which a further visit is not begun."""

Answer = dict[str, Any]
"""The parts of a sample, as JSON has them."""


class Rounds:
    """Makes rounds of visits with one browser. What a visit leaves for the daemon is in ``folder``."""

    def __init__(self, engine: Engine, folder: Path, names: Names) -> None:
        self._engine = engine
        self._captured = folder / "captured"
        self._names = names
        self._way = Way()
        self._door = Door()

    async def prepare(self, order: Order) -> None:
        """Have a browser running that can visit the page of ``order``.

        Raises:
            OwnFault: there is none, or an option can't be used.
        """
        options = order.chosen()
        try:
            person = own_user(options.user)
            key = None
            if options.ca is not None and order.url.startswith("https:") and not options.insecure:
                key = await trusted_key(self._names, rules_of(order, options), options.ca)
        except ValueError as error:
            raise OwnFault(Fault.INTERNAL, f"the options cannot be used: {error}") from error
        over_quic = None
        if options.http3:
            await self._door.open()
            over_quic = OverQuic(order.host, order.port, self._door.port)
        self._way = Way(frozenset({key} if key else ()), person, over_quic)
        await self._engine.ready(options.binary, self._way)

    def close(self) -> None:
        """Give back what was opened."""
        self._door.close()

    async def make(self, order: Order) -> Answer:
        """Visit a page as often as its options say, within the order's time."""
        until = monotonic() + order.seconds
        options = order.chosen()
        seen: list[Seen] = []
        while len(seen) < options.runs and (not seen or until - monotonic() >= LEAST):
            one = await self._visit(order, options, until)
            seen.append(one)
            if one.broken:
                break
        chosen = median_of(seen)
        answer = self._answer(options, seen, chosen)
        if order.keep and seen[chosen].capture is not None:
            answer["captured"] = await self._leave(seen[chosen])
        return answer

    async def _visit(self, order: Order, options: Options, until: float) -> Seen:
        network = NETWORKS.get(options.network)
        fence = Fence(self._names, rules_of(order, options), Shaping(network) if network else None)
        try:
            browser = await self._engine.ready(options.binary, self._way)
            await fence.open()
            if options.http3:
                self._door.lead(fence, order.host, order.port)
            one = await Visit(browser, fence, order, until, overrun=lambda: self._engine.overrun).run()
        except Failure as failure:
            one = Seen()
            one.failed(failure)
        except OSError as error:
            one = Seen()
            one.failed(OwnFault(Fault.INTERNAL, f"there is no port for the fence: {error}"))
        finally:
            self._door.shut()
            await fence.close()
        if one.broken or not one.clean:
            self._engine.spoil()
        return one

    async def _leave(self, one: Seen) -> str:
        assert one.capture is not None
        found = self._engine.found
        browser = (found.kind, found.version) if found else ("unknown", "")
        await asyncio.to_thread(captured.write, self._captured, one.capture, one.vitals, browser, one.picture)
        return str(self._captured)

    def _answer(self, options: Options, seen: list[Seen], chosen: int) -> Answer:
        one = seen[chosen]
        screens = [each.first_screen for each in seen if each.first_screen is not None]
        found = self._engine.found
        vitals = one.vitals
        browser = {
            "kind": found.kind if found else None,
            "version": found.version if found else None,
            "sandbox": self._engine.sandbox,
            "profile": options.profile,
            "network": options.network,
            "http3": options.http3,
            "shaped": NETWORKS[options.network].facts() if options.network in NETWORKS else None,
            "cpu": options.cpu,
            "runs": [_run(each) for each in seen],
            "chosen": chosen,
            "spread": max(screens) - min(screens) if len(screens) > 1 else None,
            "incomplete": vitals.incomplete if vitals else None,
            "dom": vitals.dom if vitals else None,
            "visual": vitals.visual if vitals else None,
            "masked": vitals.masked if vitals else None,
            "last_element": vitals.last_element if vitals else None,
            **dict.fromkeys(("final_url", "requests", "bytes", "third_party", "failed")),
            **one.evidence,
            "insecure": options.insecure,
            "files": {},
        }
        last = one.hops[-1] if one.hops else None
        return {
            "outcome": one.outcome,
            "fault": one.fault,
            "detail": one.detail,
            "hops": one.hops,
            "first_byte": one.first_byte,
            "protocol": last and last["protocol"],
            "status": last and last["status"],
            "bytes": evidence.total_bytes(one.capture) if one.capture else None,
            "vitals": one.figures(),
            "browser": browser,
            "captured": None,
        }


def median_of(seen: list[Seen]) -> int:
    """Which visit is the median by first screen; those that have none were slower than all others."""
    order = sorted(range(len(seen)), key=lambda index: _rank(seen[index]))
    return order[len(order) // 2]  # of an even number, the slower: no figure that flatters


def rules_of(order: Order, options: Options) -> Rules:
    """What the visits of ``order`` may connect to."""
    pins: dict[tuple[str, int], list[Address]] = {}
    for pin in options.resolve:
        host, port, address = parse_pin(pin)
        pins.setdefault((host, port), []).append(address)
    return Rules(
        host=order.host,
        port=order.port,
        pins=pins,
        servers=tuple(parse_server(server) for server in options.nameservers),
        ip=options.ip,
        networks=tuple(ipaddress.ip_network(network) for network in options.allow_networks),
    )


def _rank(one: Seen) -> tuple[int, float]:
    if one.first_screen is not None:
        return 0, one.first_screen
    return (1 if one.outcome is Outcome.UP else 2), 0.0


def _run(one: Seen) -> dict[str, Any]:
    return {"outcome": one.outcome, "fault": one.fault, "detail": one.detail, "vitals": one.figures()}
