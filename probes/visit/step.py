"""One step of a visit: a URL to ask for, with what is made of it worked out once."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host and port: what two URLs must share to share a connection."""


@dataclass(frozen=True, slots=True)
class Step:
    """The request to make next."""

    url: httpx.URL
    text: str
    origin: Origin
    authority: bytes
    target: bytes
    """Path and query."""
    method: bytes
    body: bytes

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return self.origin[0]

    @property
    def host(self) -> str:
        """The host in ASCII: a name, or an address without brackets."""
        return self.origin[1]

    @property
    def port(self) -> int:
        """The port, the scheme's own where the URL names none."""
        return self.origin[2]


def step_to(url: httpx.URL, method: bytes, body: bytes) -> Step:
    """The step that asks for ``url``, an absolute URL of the web."""
    host = url.raw_host.decode("ascii").strip("[]")
    return Step(
        url=url,
        text=str(url.copy_with(fragment=None)),
        origin=(url.scheme, host, url.port or PORTS[url.scheme]),
        authority=url.netloc,
        target=url.raw_path,
        method=method,
        body=body,
    )
