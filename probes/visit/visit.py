"""One visit: the page, where it redirects to, and whether what came at last is what was expected."""

from __future__ import annotations

import asyncio

import httpx

from probes.failure import Blocked, Failure
from probes.patterns import matches
from probes.sample import Fault, Hop
from probes.shields import LOOKED_AT_BYTES, find_shield
from probes.trace import Trace
from probes.visit.body import KEPT_BYTES, Body, read_body
from probes.visit.connection import Connection, Connector
from probes.visit.cookies import Cookies, with_cookie
from probes.visit.plan import Plan, make_request
from probes.visit.redirect import follow
from probes.visit.step import Origin, Step
from probes.wire.addresses import Address, may_follow
from probes.wire.bounds import REDIRECT_BODY_BYTES, REDIRECT_BODY_SECONDS
from probes.wire.exchange import Head, Request
from probes.wire.names import Lookup, Names

_REFUSAL_SECONDS = 1.0
"""How long the body of a bad answer is waited for: it is only looked at for a shield's mark."""


class Visit:
    """Visits one page once and writes what it sees into the trace."""

    def __init__(self, names: Names, plan: Plan, trace: Trace, *, keep_text: bool = False) -> None:
        self.head: Head | None = None
        """The last response's head, once there was one."""
        self.body: Body | None = None
        """The final response's body, as far as it was read and kept."""
        self.url: httpx.URL | None = None
        """The address that was asked for last, with the fragment that no request carries."""
        self._plan = plan
        self._trace = trace
        self._connector = Connector(names, plan, trace)
        self._open: dict[Origin, Connection] = {}
        self._cookies = Cookies()
        self._scope = plan.within
        self._keep_text = keep_text

    @property
    def lookup(self) -> Lookup | None:
        """The look-up of the last host that was connected to: its aliases, addresses and time to live."""
        return self._connector.lookup

    async def run(self) -> None:
        """Go where the page leads.

        Raises:
            Failure: somewhere on the way, or in what came at last.
        """
        step: Step | None = self._plan.first
        try:
            if self._plan.proxy is not None:
                self._trace.evidence["proxy"] = f"{self._plan.proxy.host}:{self._plan.proxy.port}"
            while step is not None:
                step = await self._step(step)
        finally:
            for connection in self._open.values():
                connection.close(self._trace)

    async def _step(self, step: Step) -> Step | None:
        """One request; returns what it redirects to, or ``None`` where it was the last."""
        hop = Hop(step.text)
        self.url = step.url
        self._trace.hops.append(hop)
        connection = await self._connection(step, hop)
        hop.protocol = connection.engine.name
        head = await connection.engine.exchange(self._request(step))
        self.head = head
        hop.status = head.status
        hop.wait = max(0.0, head.first_byte - head.sent)
        if head.early is not None:
            hop.early = max(0.0, head.early - head.sent)
        following = follow(step, head, len(self._trace.hops), self._plan.options.redirects)
        if following is None:
            self._trace.first_byte = head.first_byte
            await self._finish(connection, head, hop)
            return None
        self._cookies.take(step.url, head)
        await self._leave(connection, step, head, hop)
        return following

    async def _connection(self, step: Step, hop: Hop) -> Connection:
        kept = self._open.get(step.origin)
        if kept is not None:
            hop.address = kept.address.text
            return kept
        connection = await self._connector.open(step, hop, self._permit)
        self._open[step.origin] = connection
        if self._scope is None:
            self._scope = connection.address.scope
        if connection.failed:
            self._trace.evidence["unreached"] = connection.failed
        return connection

    def _permit(self, address: Address) -> None:
        if self._scope is None or may_follow(address, self._scope, self._plan.networks):
            return
        led = "redirect" if len(self._trace.hops) > 1 else "alternative"
        raise Failure(
            Fault.REDIRECT,
            f"the {led} leads to {address.text}, a {address.scope} address, and is not followed "
            "(allow_networks allows it)",
        )

    def _request(self, step: Step) -> Request:
        plan = self._plan
        if step is plan.first:
            return plan.request
        headers = plan.headers
        if step.origin == plan.first.origin:
            headers += plan.credentials
        cookie = self._cookies.header(step.url)
        if cookie is not None:
            headers = with_cookie(headers, cookie)
        return make_request(step, headers, proxied=plan.proxy is not None)

    async def _leave(self, connection: Connection, step: Step, head: Head, hop: Hop) -> None:
        """Take the redirect's body if it is there at once, so that the connection can serve again."""
        body = Body()
        try:
            async with asyncio.timeout(REDIRECT_BODY_SECONDS):
                await read_body(
                    connection.engine,
                    head,
                    body,
                    max_body=REDIRECT_BODY_BYTES,
                    max_decoded=REDIRECT_BODY_BYTES,
                    keep=0,
                )
            hop.transfer = max(0.0, connection.stream.arrived - head.first_byte)
        except (Failure, TimeoutError):
            pass
        if hop.transfer is None or not connection.engine.ready():
            del self._open[step.origin]
            connection.close(self._trace)

    async def _finish(self, connection: Connection, head: Head, hop: Hop) -> None:
        """Read the final response's body and hold it against what is expected."""
        options = self._plan.options
        body = self.body = Body()
        searched = options.expect.body is not None or options.expect.body_regex is not None
        keep = KEPT_BYTES if searched or self._keep_text else LOOKED_AT_BYTES
        good = self._is_good(head.status)
        reading = read_body(
            connection.engine,
            head,
            body,
            max_body=options.max_body,
            max_decoded=options.max_decoded,
            keep=keep,
        )
        try:
            await (reading if good else asyncio.wait_for(reading, _REFUSAL_SECONDS))
            hop.transfer = max(0.0, connection.stream.arrived - head.first_byte)
        except (Failure, TimeoutError):
            if good:
                raise
        finally:
            self._trace.bytes = body.length
        self._judge(head, body, good)

    def _judge(self, head: Head, body: Body, good: bool) -> None:
        expect = self._plan.options.expect
        searched = expect.body is not None or expect.body_regex is not None
        wrong = self._wrong_content(head, body) if good else self._wrong_status(head)
        # A page with the text that is expected is the page, whatever else it says; without such an
        # expectation, a challenge that comes with a good status must still be told from it.
        if wrong is not None or not searched:
            shield = find_shield(head, bytes(body.kept) if body.decoded <= LOOKED_AT_BYTES else b"")
            if shield is not None:
                raise Blocked(f"{shield.says} of {shield.shield} (status {head.status})")
        if wrong is not None:
            raise wrong

    def _wrong_content(self, head: Head, body: Body) -> Failure | None:
        expect = self._plan.options.expect
        for name, wanted in expect.headers.items():
            value = head.get(name.lower().encode())
            if value is None or wanted not in value:
                return Failure(
                    Fault.CONTENT, f"header {name}: {value!r:.100}, expected to contain {wanted!r}"
                )
        if expect.body is None and expect.body_regex is None:
            return None
        text = body.text(head.get(b"content-type"))
        if expect.body is not None and expect.body not in text:
            return Failure(Fault.CONTENT, f"the text {expect.body!r} is not in the body")
        if expect.body_regex is not None and not matches(expect.body_regex, text):
            return Failure(Fault.CONTENT, f"the pattern {expect.body_regex!r} does not match in the body")
        return None

    def _is_good(self, status: int) -> bool:
        wanted = self._plan.options.expect.status
        return status in wanted if wanted else 200 <= status < 300

    def _wrong_status(self, head: Head) -> Failure:
        wanted = self._plan.options.expect.status
        good = " or ".join(str(status) for status in wanted) if wanted else "2xx"
        return Failure(Fault.STATUS, f"status {head.status} instead of {good}")
