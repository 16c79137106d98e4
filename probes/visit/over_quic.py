"""The connection of a hop over QUIC. Imported only where a visit goes over it: the library takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from probes.wire.addresses import Address
from probes.wire.dial import Dialled, race
from probes.wire.h3 import ALPN, Http3
from probes.wire.names import Lookup
from probes.wire.quic import QuicLink, connect
from probes.wire.trust import Trust

__all__ = ["Http3", "quic_evidence", "reach"]


async def reach(
    lookup: Lookup, port: int, permit: Callable[[Address], None], host: str, trust: Trust
) -> Dialled[QuicLink]:
    """Shake hands with ``host`` at the first address that answers.

    Raises:
        Refused: the one that did showed a certificate that is not accepted.
        Failure: no address answered, or the one that did is not to be spoken to.
    """
    loop = asyncio.get_running_loop()
    return await race(lookup, permit, lambda address: connect(loop, address, port, host, ALPN, trust))


def quic_evidence(link: QuicLink) -> dict[str, Any]:
    """What the connection was, as far as is known by now."""
    return {
        "version": link.quic_version,
        "alpn": link.alpn,
        "retry": link.retried,
        "validated": "retry" if link.retried else "handshake",
        "zero_rtt": link.zero_rtt,
        "datagrams": link.datagrams,
    }
