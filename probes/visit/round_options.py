"""What a page may set for the rounds of looks beside its visits over HTTP."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

import httpx
from pydantic import Field, field_validator, model_validator

from probes.units import Seconds
from probes.visit.options import Options
from probes.wire.addresses import Address

MOST_ORIGINS = 8
"""How many origins may be named: each costs the round a visit."""

SHORTEST_ROUND = 10.0
"""Seconds: a round is several visits, and no vendor is to be asked for that all the time."""

_HOST = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9._-]{1,253}")


class RoundOptions(Options):
    """What a page may set for its visits over HTTP, and for the looks that are made beside them."""

    round_every: Annotated[Seconds, Field(ge=SHORTEST_ROUND)] = 300.0
    """The time between two rounds of the looks that the next keys ask for."""
    addresses: Literal["one", "all"] = "one"
    """Whether, in a round, every address of the page's name is visited."""
    cache_bust: bool = False
    """Whether, in a round, the page is asked for once more under an address that no cache can know."""
    origins: Annotated[tuple[str, ...], Field(max_length=MOST_ORIGINS)] = ()
    """Servers behind the shield (address or host, with or without a port) that are asked for the page."""
    protocols: tuple[Literal["h1", "h2", "h3"], ...] = ()
    """The versions of HTTP over which, in a round, the page is visited beside one another."""

    @property
    def looks(self) -> bool:
        """Whether anything is asked for that is looked at in rounds."""
        return self.addresses == "all" or self.cache_bust or bool(self.origins or self.protocols)

    @field_validator("origins")
    @classmethod
    def _are_hosts(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for text in origins:
            parse_origin(text)
        return origins

    @model_validator(mode="after")
    def _can_be_looked_at(self) -> Self:
        if self.proxy is not None:
            for name, asked in (
                ("addresses: all", self.addresses == "all"),
                ("origins", self.origins),
                ("protocols", self.protocols),
            ):
                if asked:
                    raise ValueError(f"{name} can't stand beside proxy: it is the proxy that connects")
        if self.origins and self.method != "GET":
            raise ValueError(f"origins are asked by GET, and can't stand beside method: {self.method}")
        if self.cache_bust and self.method not in ("GET", "HEAD"):
            raise ValueError(
                f"cache_bust can't stand beside method: {self.method}, whose answers no cache keeps"
            )
        return self


def parse_origin(text: str) -> tuple[str, int | None]:
    """The host and port of an origin: an address or a host, with or without a port (``[ADDRESS]:PORT``).

    Raises:
        ValueError: it is neither.
    """
    if Address.parse(text) is not None:
        return text, None
    try:
        url = httpx.URL(f"origin://{text}")  # no scheme of the web: its usual port would be left out
    except httpx.InvalidURL:
        url = httpx.URL()
    host = url.raw_host.decode("ascii")
    whole = url.netloc.decode("ascii").lower() == text.lower()
    numbered = url.port is None or 0 < url.port < 65_536
    if not (whole and numbered and (_HOST.fullmatch(host) or Address.parse(host))):
        raise ValueError(
            f"{text!r} is not an origin such as 203.0.113.7, 203.0.113.7:8443 or origin.example.com"
        )
    return host, url.port
