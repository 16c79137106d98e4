"""What a visitor gets who comes unencrypted: whether ``http://`` leads to ``https://``, and at once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from probes.failure import Failure
from probes.sample import Fault, Outcome
from probes.target import Target
from probes.visit.beside import Look, look
from probes.visit.options import Options
from probes.visit.plan import make_plan
from probes.visit.redirect import follow
from probes.visit.step import Step
from probes.wire.addresses import Address
from probes.wire.names import Names

PLAIN_SECONDS = 5.0
"""How long the one request may take, connection and all."""

_MOST_BYTES = 64 * 1024
_TEXT = 500


@dataclass(frozen=True, slots=True)
class Plain:
    """The answer to one request over ``http://``."""

    url: str | None = None
    status: int | None = None
    location: str | None = None
    """Where it redirects to."""
    closed: bool | None = None
    """Whether nothing takes connections there, so that nothing is served in the clear."""
    https: bool | None = None
    """Whether it redirects to ``https://``."""
    same_host: bool | None = None
    """Whether it redirects to the same host."""
    detail: str | None = None

    @property
    def in_clear(self) -> bool | None:
        """Whether the page, or a way on to it, comes unencrypted; ``None`` where that is not known."""
        if self.closed:
            return False
        if self.status is None:
            return None
        return self.https is False and (self.location is not None or 200 <= self.status < 300)

    @property
    def leads(self) -> bool | None:
        """Whether a visitor is led to ``https://`` on the same host, or finds nobody there."""
        if self.closed:
            return True
        return None if self.status is None else bool(self.https and self.same_host)

    def facts(self) -> dict[str, Any]:
        """The answer as evidence."""
        return dataclasses.asdict(self)


async def ask_in_clear(
    names: Names, target: Target, step: Step, port: int, address: Address, seconds: float = PLAIN_SECONDS
) -> Plain:
    """Ask ``address`` once for the page of ``step`` at ``port``, and follow nothing."""
    url = str(step.url.copy_with(scheme="http", port=port))
    chosen = {"redirects": 0, "max_body": _MOST_BYTES, "resolve": _pin(step.host, port, address)}
    options = Options().model_copy(update=chosen)
    plan = make_plan(dataclasses.replace(target, url=url, options=options))
    return judge(plan.first, await look(names, plan, seconds))


def judge(step: Step, seen: Look) -> Plain:
    """What the answer to ``step`` means."""
    if seen.head is None:
        refused = (seen.outcome, seen.fault) == (Outcome.DOWN, Fault.CONNECT)
        return Plain(url=step.text, closed=refused or None, detail=seen.detail)
    status = seen.head.status
    try:
        following = follow(step, seen.head, 1, 1)
    except Failure as failure:
        return Plain(url=step.text, status=status, closed=False, https=False, detail=failure.detail)
    if following is None:
        return Plain(url=step.text, status=status, closed=False, https=False)
    return Plain(
        url=step.text,
        status=status,
        location=following.text[:_TEXT],
        closed=False,
        https=following.scheme == "https",
        same_host=following.host == step.host,
    )


def _pin(host: str, port: int, address: Address) -> tuple[str, ...]:
    """Keeps the request at the server that all else is asked of, as an address in the URL does by itself."""
    return () if Address.parse(host) is not None else (f"{host}:{port}:{address.text}",)
