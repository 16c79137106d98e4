"""Where a redirect leads, as browsers follow it (the Fetch standard, HTTP-redirect fetch)."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.exchange import Head

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SCHEMES = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Next:
    """The request to make next."""

    url: httpx.URL
    method: bytes
    body: bytes


def follow(step: Next, head: Head, hops: int, most: int) -> Next | None:
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
        return Next(url, b"GET", b"")
    return Next(url, step.method, step.body)


def _resolve(base: httpx.URL, location: str) -> httpx.URL:
    try:
        # Header bytes beyond ASCII are UTF-8 in practice; they reach us as Latin-1.
        url = base.join(location.encode("latin-1").decode("utf-8", "replace").strip())
        port = url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise Failure(
            Fault.REDIRECT, f"the redirect to {location!r:.200} cannot be followed: {error}"
        ) from error
    if url.scheme not in _SCHEMES:
        raise Failure(Fault.REDIRECT, f"the redirect to {location!r:.200} leaves the web")
    if not url.host or port == 0:
        raise Failure(Fault.REDIRECT, f"the redirect to {location!r:.200} names no host")
    return url
