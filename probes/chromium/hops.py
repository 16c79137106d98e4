"""The navigation's hops: what the browser says of its requests for the document, and the fence of the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import httpx

from probes.chromium.fence import Connection
from probes.firstscreen.capture import Capture, Request
from probes.sample import Hop
from probes.visit.step import PORTS

_PROTOCOLS = {"http/1.1": "h1", "http/1.0": "h1", "http/0.9": "h1", "h2": "h2", "h3": "h3"}

ABORTED = "net::ERR_ABORTED"
NO_PAGE = frozenset({204, 205})
"""Statuses after which a browser stays where it is."""

Place = tuple[str, int]
"""Host and port."""


def place_of(url: str) -> Place | None:
    """Where ``url`` is asked for; ``None`` where it is not of the web."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    standard = {**PORTS, "ws": 80, "wss": 443}.get(parsed.scheme)
    if standard is None:
        return None
    host = parsed.raw_host.decode("ascii", "replace").strip("[]").lower().rstrip(".")
    return host, parsed.port or standard


def documents(capture: Capture) -> list[Request]:
    """The requests for the page's document, in order, those that led to what was shown.

    Where a page leads on to something that is no page (another program, a download, nothing), it stays.
    """
    main = [request for request in capture.requests if request.main]
    shown = [
        request for request in main if place_of(request.url) is not None and not _came_to_nothing(request)
    ]
    return shown or [request for request in main if place_of(request.url) is not None]


def _came_to_nothing(request: Request) -> bool:
    return request.failed == ABORTED or (request.status in NO_PAGE and not request.redirected)


def last_connection(connections: Iterable[Connection], url: str) -> Connection | None:
    """The last connection that was asked for on behalf of ``url``."""
    place = place_of(url)
    found = [one for one in connections if _place(one) == place]
    return found[-1] if found else None


def correct_addresses(capture: Capture, connections: Sequence[Connection]) -> None:
    """Put the servers' addresses in the place of the fence's own, which is all that the browser saw."""
    known = {_place(one): one.address for one in connections if one.address is not None}
    for request in capture.requests:
        place = place_of(request.url) if request.address is not None else None
        request.address = known.get(place) if place is not None else None


def hops_of(capture: Capture, connections: Sequence[Connection]) -> list[Hop]:
    """Each request for the page's document: redirects, and where scripts sent the visitor on."""
    left = sorted(
        (one for one in connections if _stood(one) and one.ended is not None),
        key=lambda one: one.ended or 0.0,
    )
    return [_hop(request, left) for request in documents(capture)]


def first_byte(capture: Capture) -> float | None:
    """When the final document's head was there, in seconds from the visit's start."""
    asked = documents(capture)
    if not asked or asked[-1].status is None:
        return None
    return _moment(asked[-1], "receiveHeadersEnd")


def _hop(request: Request, connections: list[Connection]) -> Hop:
    hop = Hop(request.url, request.status, request.address)
    hop.protocol = _PROTOCOLS.get(request.protocol or "", request.protocol)
    place = place_of(request.url)
    reused = request.status is not None and request.timing.get("connectStart", -1.0) < 0
    if not reused:
        for index, one in enumerate(connections):
            if _place(one) == place:
                hop.dns, hop.connect, hop.address = one.dns, one.connect, one.address
                if one.datagrams and request.status is not None:
                    hop.connect = _handshake(request, one)
                del connections[index]
                break
    if request.status is None:
        return hop
    if hop.protocol != "h3":  # QUIC's handshake is encryption's too, and one phase
        hop.tls = _between(request, "sslStart", "sslEnd")
    hop.wait = _between(request, "sendEnd", "receiveHeadersEnd")
    head = _moment(request, "receiveHeadersEnd")
    if request.ended is not None and request.failed is None and head is not None:
        hop.transfer = max(0.0, request.ended - head)
    return hop


def _stood(connection: Connection) -> bool:
    return connection.received > 0 if connection.datagrams else connection.connect is not None


def _handshake(request: Request, connection: Connection) -> float | None:
    """How long QUIC's handshake took: the look-up lies in what the browser takes for it."""
    took = _between(request, "connectStart", "connectEnd")
    return None if took is None else max(0.0, took - (connection.dns or 0.0))


def _between(request: Request, start: str, end: str) -> float | None:
    begun, ended = request.timing.get(start, -1.0), request.timing.get(end, -1.0)
    return None if begun < 0 or ended < begun else (ended - begun) / 1000


def _moment(request: Request, name: str) -> float | None:
    milliseconds = request.timing.get(name, -1.0)
    if milliseconds < 0 or request.sent is None:
        return None
    return request.sent + milliseconds / 1000


def _place(connection: Connection) -> Place:
    return connection.host.lower().rstrip("."), connection.port
