"""CAA records: which authorities may issue for a name (RFC 8659)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import dns.rdatatype

from probes.failure import Failure
from probes.wire import query
from probes.wire.addresses import Address

CAA_SECONDS = 6.0
"""How long all questions together are waited for."""

_MOST_RECORDS = 20
_TEXT = 200


async def find_caa(
    servers: Sequence[query.Server], host: str, seconds: float = CAA_SECONDS
) -> list[dict[str, Any]] | None:
    """The records that hold for ``host``: its own, or those of the nearest name above that has some.

    Empty where no name up to the top-level domain has any; ``None`` where that is not known, and for a
    host that is an address.
    """
    if Address.parse(host) is not None:
        return None
    labels = host.rstrip(".").split(".")
    try:
        async with asyncio.timeout(seconds):
            for depth in range(len(labels)):
                name = ".".join(labels[depth:])
                found = await _records(servers, name)
                if found:
                    return found
    except (Failure, TimeoutError):
        return None
    return []


async def _records(servers: Sequence[query.Server], name: str) -> list[dict[str, Any]]:
    reply = await query.ask(asyncio.get_running_loop(), servers, f"{name}.", dns.rdatatype.CAA)
    answers = [answer for answer in reply.message.answer if answer.rdtype == dns.rdatatype.CAA]
    records = [
        {
            "name": name,
            "tag": record.tag.decode("ascii", "replace")[:_TEXT],
            "value": record.value.decode("utf-8", "replace")[:_TEXT],
            "critical": bool(record.flags & 128),
        }
        for answer in answers
        for record in answer
    ]
    return sorted(records, key=lambda record: (record["tag"], record["value"]))[:_MOST_RECORDS]
