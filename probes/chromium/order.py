"""What a worker is told to visit: plain values, secrets revealed, fit for a line of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from probes.chromium.options import Options
from probes.target import Target
from probes.units import Secret
from probes.visit.step import PORTS


@dataclass(frozen=True, slots=True)
class Order:
    """One round of visits to one page."""

    url: str
    host: str
    """In ASCII."""
    port: int
    seconds: float
    """What the whole may take."""
    options: Mapping[str, Any]
    """The option's values by name, as JSON has them."""
    keep: bool = False
    """Whether pictures and requests are left in a folder for the daemon to take."""
    values: tuple[str | None, ...] = ()
    """What each step fills in or chooses."""
    cookies: Mapping[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None

    def chosen(self) -> Options:
        """The options, as a model."""
        return Options.model_validate(self.options)


def order_for(target: Target, seconds: float, *, keep: bool) -> Order:
    """What a worker is told to visit ``target``.

    Raises:
        ValueError: a secret can't be had, or the URL does not fit the options.
        httpx.InvalidURL: its URL is none.
    """
    options: Options = target.options
    url = httpx.URL(target.url)
    if options.http3 and url.scheme != "https":
        raise ValueError("http3 needs an https URL")
    if options.http3 and ":" in url.host:
        # Chromium takes no such origin by --origin-to-force-quic-on, and would go there over TCP.
        raise ValueError("http3 needs a URL with a name or an IPv4 address")
    # A config's model has more fields than the options: how often the page is visited, for one.
    plain = options.model_dump(mode="json", include=Options.model_fields.keys() - {"cookies", "auth"})
    for step in plain["steps"]:
        if isinstance(step["value"], dict):
            step["value"] = ""  # what it is stands in ``values``
    return Order(
        url=target.url,
        host=url.raw_host.decode("ascii").strip("[]").lower().rstrip("."),
        port=url.port or PORTS[url.scheme],
        seconds=seconds,
        options=plain,
        keep=keep,
        values=tuple(None if step.value is None else _reveal(step.value) for step in options.steps),
        cookies={name: _reveal(value) for name, value in options.cookies.items()},
        auth=(options.auth.user, options.auth.password.reveal()) if options.auth else None,
    )


def _reveal(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
