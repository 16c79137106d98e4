"""The ``tls`` probe: how a page is encrypted, and a grade for it, from F to A+.

Each run makes one full, verified handshake, whose phases are the sample's, and one request on it, for HSTS.
It then looks further, at the same address: plain hellos that ask which versions, key exchanges and ciphers
are accepted (nine at most, none goes beyond the server's first answer, and nothing is attacked); a second
full handshake that takes any certificate, for the chain as it is sent and its OCSP staple; one request over
``http://``; and the CAA records of the name. ``docs/encryption.md`` has the rules of the grade.

Outcomes: ``up`` where the page can be reached encrypted with an accepted certificate, whatever the grade;
``down`` with the fault dns, connect, tls or timeout; ``unknown`` where this machine could not even try, or
the page is not at ``https://``. With the fault tls the encryption is looked at all the same. A sample of a
burst is the first handshake and its request alone.
Evidence: ``tls`` (as the http probe has it), ``encryption`` (the grade with its reasons, and what it is made
of), ``unreached``.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from probes.encryption.ask import Server
from probes.encryption.examine import examine
from probes.encryption.findings import Seen, evidence, findings
from probes.encryption.grade import judge
from probes.encryption.grades import place
from probes.encryption.hsts import read_hsts
from probes.encryption.roots import roots
from probes.failure import Failure, OwnFault
from probes.sample import Attempt, Fault, Hop
from probes.target import Target
from probes.trace import Trace
from probes.visit import options as web
from probes.visit.connection import Connection, Connector
from probes.visit.plan import Plan, make_plan
from probes.wire.addresses import Address
from probes.wire.clock import Stamping
from probes.wire.names import Names
from probes.wire.tls import TlsStream
from probes.wire.trust import Refused

EVERY = 3600.0
TIMEOUT = 30.0
BURSTS = False

REQUEST_SECONDS = 5.0
"""How long the response to the one request over ``https://`` is waited for."""


def _pin(text: str) -> str:
    web.parse_pin(text)
    return text


def _name_server(text: str) -> str:
    web.parse_server(text)
    return text


class Options(BaseModel):
    """What a page may set for the look at its encryption."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    expiry_days: Annotated[float, Field(ge=0, le=400)] = 14.0
    """A certificate of the chain with fewer days left holds the grade down."""
    http_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """The port at which ``http://`` is asked: 80 for a page at port 443, and else none."""
    ip: Literal["any", "4", "6"] = "any"
    """The address families to use."""
    resolve: tuple[Annotated[str, AfterValidator(_pin)], ...] = ()
    """``HOST:PORT:ADDRESS``: addresses that stand in for a look-up."""
    nameservers: tuple[Annotated[str, AfterValidator(_name_server)], ...] = ()
    """Name servers to ask, in the place of this machine's."""
    ca: Path | None = None
    """A file of roots (PEM) that are trusted beside Mozilla's."""


class TlsProbe:
    """Looks at the encryption of pages."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def measure(self, target: Target, trace: Trace) -> None:
        """Look at the encryption of ``target`` once.

        Raises:
            Failure: the page cannot be reached encrypted, or its certificate is not accepted.
        """
        plan = _plan(target)
        seen = Seen(plan.first.host, datetime.now(UTC), target.options.expiry_days)
        try:
            await self._visit(plan, trace, seen)
        except Failure as failure:
            if failure.fault is not Fault.TLS:
                raise
            trace.ended, trace.failure = monotonic(), failure
            seen.refusal = failure.detail
            if isinstance(failure, Refused):
                seen.accepted = False
        if trace.attempt is Attempt.SCHEDULED:
            await self._examine(target, plan, trace, seen)
        if trace.failure is not None:
            raise trace.failure

    async def _visit(self, plan: Plan, trace: Trace, seen: Seen) -> None:
        """The handshake that the sample is made of, and a request for what the page tells browsers."""
        hop = Hop(plan.first.text)
        trace.hops.append(hop)
        connection = await Connector(self._names, plan, trace).open(plan.first, hop, _any)
        trace.ended = monotonic()
        trace.note(connection.stream.clock)
        try:
            hop.protocol = connection.engine.name
            if connection.failed:
                trace.evidence["unreached"] = connection.failed
            seen.accepted = True
            seen.version = trace.evidence["tls"]["version"]
            seen.cipher = trace.evidence["tls"]["cipher"]
            if isinstance(connection.stream, TlsStream):
                seen.alpn = connection.stream.alpn
            await self._request(connection, plan, trace, seen)
        finally:
            connection.stream.close()

    async def _request(self, connection: Connection, plan: Plan, trace: Trace, seen: Seen) -> None:
        left = min(REQUEST_SECONDS, (trace.deadline - monotonic()) / 2)
        with suppress(Failure, TimeoutError):
            async with asyncio.timeout(left):
                head = await connection.engine.exchange(plan.request)
            seen.hsts = read_hsts(head.get(b"strict-transport-security"), plan.first.host)

    async def _examine(self, target: Target, plan: Plan, trace: Trace, seen: Seen) -> None:
        address = Address.parse(trace.hops[0].address or "")
        assert address is not None  # a connection stood
        port: int | None = target.options.http_port
        await examine(
            self._names,
            target,
            plan,
            Server(address, plan.first.port, plan.first.host),
            seen,
            roots(target.options.ca),
            plain_port=80 if port is None and plan.first.port == 443 else port,
            deadline=trace.deadline,
        )
        verdict = judge(findings(seen))
        trace.evidence["encryption"] = {
            "grade": verdict.grade,
            "reasons": list(verdict.reasons),
            **evidence(seen),
        }
        if verdict.grade is not None:
            trace.vitals["tls_grade"] = float(place(verdict.grade))
        if seen.chain is not None:
            trace.vitals["tls_expiry_days"] = round(seen.chain.days_left(seen.now), 3)


@asynccontextmanager
async def open_probe() -> AsyncIterator[TlsProbe]:
    """Open what such looks need: the reader of this machine's name files, and the kernel's stamping."""
    with Stamping():
        yield TlsProbe(Names())


def _plan(target: Target) -> Plan:
    chosen = target.options
    options = web.Options(
        ip=chosen.ip, resolve=chosen.resolve, nameservers=chosen.nameservers, ca=chosen.ca, redirects=0
    )
    try:
        roots(chosen.ca)
        plan = make_plan(dataclasses.replace(target, options=options))
    except (OSError, ValueError) as error:
        raise OwnFault(Fault.INTERNAL, f"the options cannot be used: {error}") from error
    if plan.first.scheme != "https":
        raise OwnFault(
            Fault.INTERNAL,
            "the tls probe looks at pages at https://, and this one is at http://",
        )
    return plan


def _any(_: Address) -> None:
    """Permits any address."""
