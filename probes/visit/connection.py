"""From a URL to a connection on which a request can be sent, each phase written down as it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from probes.failure import Failure
from probes.sample import Fault, Hop
from probes.trace import Trace
from probes.visit.certificate import tls_evidence
from probes.visit.plan import Plan
from probes.visit.step import Step, step_to
from probes.visit.tunnel import open_tunnel
from probes.wire.addresses import Address
from probes.wire.dial import dial
from probes.wire.exchange import Engine, Link
from probes.wire.h1 import Http1
from probes.wire.h2 import Http2
from probes.wire.names import Lookup, Names
from probes.wire.sockets import TimedSocket
from probes.wire.tls import TlsStream
from probes.wire.trust import Refused

Permit = Callable[[Address], None]


@dataclass(slots=True)
class Connection:
    """An open connection and the protocol spoken on it."""

    address: Address
    stream: Link
    engine: Engine
    failed: list[str]
    """What addresses tried before this one said."""
    evidence: Callable[[], dict[str, Any]] | None = None
    """What is known of a connection over QUIC, some of it only at its end."""

    def close(self, trace: Trace) -> None:
        """Close the connection, and write down what is known of it by now."""
        trace.note(self.stream.clock)
        if self.evidence is not None:
            trace.evidence["quic"] = self.evidence()
        self.stream.close()


class Connector:
    """Opens the connections of one visit."""

    def __init__(self, names: Names, plan: Plan, trace: Trace) -> None:
        self.lookup: Lookup | None = None
        """The last look-up."""
        self._names = names
        self._plan = plan
        self._trace = trace

    async def open(self, step: Step, hop: Hop, permit: Permit) -> Connection:
        """Connect to the host of ``step`` (or to the proxy), writing the phases into ``hop``.

        Raises:
            Failure: the name, the connection or the encryption failed.
        """
        quic = self._plan.options.protocol == "h3" and step.scheme == "https"
        try:
            return await (self._open_quic if quic else self._open_tcp)(step, hop, permit)
        except Refused as refused:
            self._trace.evidence["tls"] = tls_evidence(refused.shown, verified=False)
            raise

    async def _open_tcp(self, step: Step, hop: Hop, permit: Permit) -> Connection:
        socket, failed = await self._reach(step, hop, permit)
        try:
            if step.scheme == "http":
                return Connection(socket.address, socket, Http1(socket), failed)
            stream = await self._encrypt(socket, step, hop)
        except BaseException:
            socket.close()
            raise
        engine: Engine = Http2(stream) if stream.alpn == "h2" else Http1(stream)
        return Connection(socket.address, stream, engine, failed)

    async def _open_quic(self, step: Step, hop: Hop, permit: Permit) -> Connection:
        from probes.visit import over_quic

        plan = self._plan
        place = step.host, step.port
        if plan.alternative is not None and step.origin == plan.first.origin:
            place = plan.alternative
        lookup = await self._look_up(*place, hop)
        allowed = _anything if lookup.pinned else permit
        try:
            dialled = await over_quic.reach(lookup, place[1], allowed, step.host, plan.trust)
        finally:
            await lookup.close()
        link = dialled.stream
        hop.address = link.address.text
        hop.connect = dialled.took
        self._trace.evidence["tls"] = tls_evidence(link.shown, verified=plan.trust.verify)
        self._trace.note(link.clock)
        known = partial(over_quic.quic_evidence, link)
        return Connection(link.address, link, over_quic.Http3(link), dialled.failed, known)

    async def _look_up(self, host: str, port: int, hop: Hop) -> Lookup:
        plan = self._plan
        lookup = await self._names.look_up(
            host, port, ip=plan.options.ip, pins=plan.pins, servers=plan.servers
        )
        self.lookup = lookup
        hop.dns = lookup.took
        self._trace.note(lookup.clock)
        hop.address = next((address.text for address in lookup.addresses), None)
        return lookup

    async def _reach(self, step: Step, hop: Hop, permit: Permit) -> tuple[TimedSocket, list[str]]:
        proxy = self._plan.proxy
        near = step if proxy is None else step_to(proxy, b"CONNECT", b"")
        lookup = await self._look_up(near.host, near.port, hop)
        # What the user pinned or named as a proxy was chosen by the user: no redirect leads there unasked.
        chosen = lookup.pinned or proxy is not None
        try:
            dialled = await dial(lookup, near.port, _anything if chosen else permit)
        finally:
            await lookup.close()
        hop.address = dialled.stream.address.text
        self._trace.note(dialled.stream.clock)
        hop.connect = dialled.took
        if proxy is not None and step.scheme == "https":
            try:
                hop.connect += await open_tunnel(dialled.stream, step, proxy)
            except BaseException:
                dialled.stream.close()
                raise
        return dialled.stream, dialled.failed

    async def _encrypt(self, socket: TimedSocket, step: Step, hop: Hop) -> TlsStream:
        plan = self._plan
        stream = TlsStream(socket, plan.terms, step.host)
        hop.tls = await stream.handshake()
        if plan.options.protocol == "h2" and stream.alpn != "h2":
            raise Failure(
                Fault.PROTOCOL, f"HTTP/2 is asked for, and the server chose {stream.alpn or 'nothing'}"
            )
        self._trace.evidence["tls"] = tls_evidence(stream.shown, verified=plan.trust.verify)
        return stream


def _anything(_: Address) -> None:
    """Permits any address."""
