"""What this machine's network reaches at all: many have no IPv6, and that is no page's fault."""

from __future__ import annotations

import socket

from probes.sample import Outcome
from probes.trace import Trace
from probes.visit.beside import Look
from probes.wire.addresses import Address


class Reach:
    """Remembers the address families in which this process has had a connection."""

    def __init__(self) -> None:
        self._families: set[socket.AddressFamily] = set()

    def note(self, trace: Trace) -> None:
        """Take note of the connections of a visit or a look."""
        for hop in trace.hops:
            address = Address.parse(hop.address) if hop.address and hop.connect is not None else None
            if address is not None:
                self._families.add(address.family)

    def doubt(self, look: Look, family: socket.AddressFamily) -> str | None:
        """Why a connection that failed may be this machine's fault; ``None`` where there is no such doubt."""
        if look.connected or look.outcome is not Outcome.DOWN or family in self._families:
            return None
        version = 6 if family == socket.AF_INET6 else 4
        return f"{look.detail}; nothing has taken a connection over IPv{version} from here yet"
