"""Where a redirect leads, as browsers follow it (the Fetch standard, HTTP-redirect fetch)."""

from __future__ import annotations

import httpx

from probes.failure import Failure
from probes.sample import Fault
from probes.visit.step import PORTS, Step, step_to
from probes.wire.exchange import Head

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def follow(step: Step, head: Head, hops: int, most: int) -> Step | None:
    """What the response to ``step`` redirects to; ``None`` where it is final.

    ``hops`` is how many requests there were, ``most`` how many redirects are followed.

    Raises:
        Failure: it redirects to something that is no page, or once too often.
    """
    if head.status not in _REDIRECTS or most == 0:
        return None
    location = head.get(b"location")
    if location is None:
        raise Failure(Fault.REDIRECT, f"status {head.status} without a Location")
    if hops > most:
        raise Failure(Fault.REDIRECT, f"more than {most} redirects, the last to {location!r:.200}")
    url = _resolve(step.url, location)
    to_get = step.method == b"POST" if head.status in (301, 302) else head.status == 303
    if to_get and step.method != b"HEAD":
        return step_to(url, b"GET", b"")
    return step_to(url, step.method, step.body)


def _resolve(base: httpx.URL, location: str) -> httpx.URL:
    try:
        # Header bytes beyond ASCII are UTF-8 in practice; they reach us as Latin-1.
        text = location.encode("latin-1").decode("utf-8", "replace").strip()
        named = httpx.URL(text)
        url = base.join(named)
        port = 80 if url.port is None else url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise Failure(
            Fault.REDIRECT, f"the redirect to {location!r:.200} cannot be followed: {error}"
        ) from error
    if url.scheme not in PORTS:
        raise Failure(Fault.REDIRECT, f"the redirect to {location!r:.200} leaves the web")
    # A scheme without a host would be joined as if it were a path of ours.
    if not url.raw_host or (named.scheme and not named.raw_host) or not 0 < port < 65_536:
        raise Failure(Fault.REDIRECT, f"the redirect to {location!r:.200} names no host")
    return url
