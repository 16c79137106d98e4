"""Looking at one page's encryption from all sides, after the handshake that its sample is made of."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic

from probes.encryption.ask import Server, ask
from probes.encryption.caa import find_caa
from probes.encryption.chain import read_chain
from probes.encryption.findings import Seen
from probes.encryption.look import look
from probes.encryption.plain import Plain, ask_in_clear
from probes.encryption.roots import Roots
from probes.encryption.staple import read_staple
from probes.encryption.survey import VERSIONS, survey
from probes.failure import Failure
from probes.target import Target
from probes.visit.plan import Plan
from probes.wire.names import Names

MARGIN_SECONDS = 0.3
"""What is left of the run's deadline to put together what was found."""


async def examine(
    names: Names,
    target: Target,
    plan: Plan,
    server: Server,
    seen: Seen,
    roots: Roots,
    *,
    plain_port: int | None,
    deadline: float,
) -> None:
    """Write into ``seen`` what can be found out before ``deadline``; never raises for the page."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, deadline - MARGIN_SECONDS - monotonic())):
            async with asyncio.TaskGroup() as group:
                group.create_task(_server(server, seen, roots))
                group.create_task(_caa(names, plan, seen))
                if plain_port is None:
                    seen.plain = Plain(
                        detail="its port is known only for pages at port 443 (http_port names another)"
                    )
                else:
                    group.create_task(_plain(names, target, plan, server, seen, plain_port))


async def _server(server: Server, seen: Seen, roots: Roots) -> None:
    """One hello after another, and at last the full handshake, which shows that the server still answers."""
    shown = False
    try:
        await survey(lambda offer: ask(server, offer), seen.survey)
        seen.shown = await look(server)
        shown = True
    except Failure:
        pass
    finally:
        if not shown:
            seen.survey.doubt()
        spoken = {name: number for number, name in VERSIONS.items()}.get(seen.version or "")
        if spoken is not None:
            seen.survey.versions[spoken] = True
    if seen.shown is not None:
        seen.chain = read_chain(seen.shown.chain, roots)
        if seen.chain is not None:
            leaf, issuer = seen.chain.leaf, seen.chain.issuer
            seen.staple = read_staple(seen.shown.staple, leaf, issuer, seen.now)


async def _caa(names: Names, plan: Plan, seen: Seen) -> None:
    servers = names.servers(plan.first.host, plan.first.port, pins=plan.pins, servers=plan.servers)
    if servers is not None:
        seen.caa = await find_caa(servers, plan.first.host)


async def _plain(names: Names, target: Target, plan: Plan, server: Server, seen: Seen, port: int) -> None:
    seen.plain = await ask_in_clear(names, target, plan.first, port, server.address)
