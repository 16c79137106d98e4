"""A tunnel through an HTTP proxy (RFC 9110, section 9.3.6)."""

from __future__ import annotations

import h11
import httpx

from probes.failure import Failure
from probes.sample import Fault
from probes.visit.step import Step
from probes.wire.bounds import HEAD_BYTES
from probes.wire.sockets import TimedSocket


async def open_tunnel(socket: TimedSocket, step: Step, proxy: httpx.URL) -> float:
    """Ask the proxy for a way to the host of ``step``; returns the seconds until it had one.

    Raises:
        Failure: the proxy did not open it.
    """
    host = f"[{step.host}]" if ":" in step.host else step.host
    authority = f"{host}:{step.port}".encode()
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_BYTES)
    request = h11.Request(method="CONNECT", target=authority, headers=[(b"host", authority)])
    seen = 0
    try:
        sent = await socket.send(
            (connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b"")
        )
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                data = await socket.receive()
                seen += len(data)
                if not data or seen > HEAD_BYTES:
                    raise Failure(Fault.CONNECT, f"the proxy {proxy.host} closed the connection")
                connection.receive_data(data)
            elif isinstance(event, h11.Response):
                if 200 <= event.status_code < 300:
                    return max(0.0, socket.arrived - sent)
                raise Failure(Fault.CONNECT, f"the proxy {proxy.host} says {event.status_code}")
    except (h11.RemoteProtocolError, OSError) as error:
        raise Failure(Fault.CONNECT, f"the proxy {proxy.host}: {error}") from error
