"""Where a page's HTTP/3 is looked for: on the origin that its redirects lead to."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import httpx

from probes.sample import Hop
from probes.target import Target
from probes.visit.options import Common
from probes.visit.step import Origin, step_to
from probes.wire.addresses import Address, Scope

_CREDENTIALS = ("authorization", "cookie")


def origin_of(url: str) -> Origin:
    """Scheme, host and port of a URL that was asked for."""
    return step_to(httpx.URL(url), b"GET", b"").origin


def reached(hops: Sequence[Hop]) -> list[str]:
    """The URLs that answered, in the order of their hops."""
    return [hop.url for hop in hops if hop.status is not None]


def start(target: Target, hops: Sequence[Hop]) -> Target:
    """The target from where on the page's last origin serves it, by the ``hops`` of a visit over TCP.

    That is ``target`` itself unless it redirects to another origin. What the config gives to the page's own
    origin only is not taken along to another one.
    """
    urls = reached(hops)
    if not urls or origin_of(urls[-1]) == origin_of(target.url):
        return target
    last = origin_of(urls[-1])
    first = len(urls)
    while first and origin_of(urls[first - 1]) == last:
        first -= 1
    return dataclasses.replace(target, url=urls[first], options=_without_credentials(target.options))


def scope(hops: Sequence[Hop]) -> Scope | None:
    """How far the page's own address reached; ``None`` where it was not connected to."""
    first = hops[0] if hops else None
    if first is None or first.connect is None or first.address is None:
        return None
    address = Address.parse(first.address)
    return address.scope if address is not None else None


def _without_credentials(options: Common) -> Common:
    headers = {name: value for name, value in options.headers.items() if name.lower() not in _CREDENTIALS}
    return options.model_copy(update={"headers": headers, "cookies": {}})
