"""What a page's config may say about its visits with a browser."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

import httpx
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from probes.units import Seconds, Secret
from probes.visit.options import Basic, HeaderName, Status, parse_pin, parse_server

Selector = Annotated[str, Field(min_length=1, max_length=1000)]
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "host"})


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Expect(_Frozen):
    """What a visitor must find. A page is up only if all of it holds."""

    status: Annotated[
        tuple[Status, ...], BeforeValidator(lambda value: (value,) if isinstance(value, int) else value)
    ] = ()
    """The statuses that count as good; every 2xx where none is named."""
    selector: Selector | None = None
    """A selector of something that must be visible."""
    text: str | None = None
    """A text that must be visible."""


class Step(_Frozen):
    """One thing that a visitor does."""

    goto: str | None = None
    """An address to go to."""
    click: Selector | None = None
    """A selector of what is clicked."""
    fill: Selector | None = None
    """A selector of the field that is filled with ``value``."""
    select: Selector | None = None
    """A selector of the list in which ``value`` is chosen."""
    press: str | None = None
    """A key that is pressed, such as ``Enter``."""
    wait_for: Selector | None = None
    """A selector of something that must become visible."""
    value: str | Secret | None = None
    """What is filled in or chosen."""
    name: str | None = None
    """What the step is called in the sample; its own words where there is none."""
    within: Seconds = 10.0
    """How long the step may take."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        chosen = [kind for kind in STEPS if getattr(self, kind) is not None]
        if len(chosen) != 1:
            raise ValueError(f"a step does one thing: name one of {', '.join(STEPS)}")
        if (self.value is None) is (chosen[0] in ("fill", "select")):
            raise ValueError("fill and select need a value, and other steps take none")
        if self.goto is not None and not is_web(self.goto):
            raise ValueError(f"{self.goto!r} is not a page such as https://www.example.com/")
        return self

    @property
    def kind(self) -> str:
        """What is done."""
        return next(kind for kind in STEPS if getattr(self, kind) is not None)


STEPS = ("goto", "click", "fill", "select", "press", "wait_for")
"""What a step may be."""


class Options(_Frozen):
    """What a page may set for its visits with a browser; everything has a default."""

    profile: Literal["mobile", "desktop"] = "mobile"
    """The device that visits."""
    network: Literal["none", "4g", "slow-4g", "3g"] = "none"
    """The network that the visitor is in: its delay and its rates hold for all that the visit does."""
    http3: bool = False
    """Go to the page's own origin over HTTP/3 alone, as a browser does that knows of it from before."""
    cpu: Annotated[float, Field(ge=1, le=20)] = 1.0
    """How many times slower the processor is made."""
    runs: Annotated[int, Field(ge=1, le=9)] = 1
    """Visits in a round, of which the median by first screen is the sample."""
    limit: Annotated[Seconds, Field(gt=0, le=60)] = 12.0
    """How long a visit is watched; a page that has not come to rest by then is marked incomplete."""
    expect: Expect = Expect()
    """What a visitor must find."""
    hide: tuple[Selector, ...] = ()
    """Selectors of what is not shown, such as a consent banner."""
    steps: Annotated[tuple[Step, ...], Field(max_length=50)] = ()
    """What the visitor does once the page is there."""
    keep: Literal["all", "failures", "none"] = "all"
    """Of which visits a filmstrip, the requests (HAR) and a picture are kept in the state folder."""
    headers: dict[HeaderName, str] = {}
    """Headers that are sent with every request, those to other parties too; so no secrets."""
    cookies: dict[HeaderName, str | Secret] = {}
    """Cookies of the page's own host, by name."""
    auth: Basic | None = None
    """A user and a password (RFC 7617), for the page's own origin only."""
    user_agent: str | None = None
    """The browser's name, in place of the profile's."""
    ip: Literal["any", "4", "6"] = "any"
    """The address families to use."""
    allow_networks: tuple[str, ...] = ()
    """Networks (CIDR) that are not public and that the page may lead to all the same."""
    resolve: tuple[str, ...] = ()
    """``HOST:PORT:ADDRESS``: addresses that stand in for a look-up."""
    nameservers: tuple[str, ...] = ()
    """Name servers to ask, in the place of this machine's."""
    ca: Path | None = None
    """A file of roots (PEM) that are trusted beside the browser's."""
    insecure: bool = False
    """Take any certificate. The sample says so."""
    executable: Path | None = None
    """The browser's binary, in place of the one that is found."""
    user: str | None = None
    """The user as whom the browser runs where landwatch is root; ``landwatch-browser`` if there is one."""

    @property
    def binary(self) -> str | None:
        """The browser's binary as text."""
        return None if self.executable is None else str(self.executable)

    @model_validator(mode="after")
    def _over_http3(self) -> Self:
        if self.http3 and self.network != "none":
            raise ValueError(f"network {self.network} is not made for HTTP/3: leave one of the two out")
        if self.http3 and self.insecure:
            raise ValueError("over HTTP/3 a browser takes no certificate on trust: name its root in ca")
        return self

    @field_validator("headers")
    @classmethod
    def _no_credentials(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if name.lower() in _CREDENTIALS:
                raise ValueError(f"{name} would be sent to other parties too: use cookies or auth")
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"{name} has a character that no header may hold")
        return headers

    @field_validator("ca", "executable")
    @classmethod
    def _can_be_read(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if path is not None and info.context and info.context.get("reveal"):
            try:
                with path.open("rb"):
                    pass
            except OSError as error:
                raise ValueError(f"the file {path} can't be read: {error.strerror or error}") from error
        return path

    @field_validator("allow_networks")
    @classmethod
    def _networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for text in networks:
            try:
                ipaddress.ip_network(text)
            except ValueError as error:
                raise ValueError(f"{text!r} is not a network such as 10.0.0.0/8: {error}") from error
        return networks

    @field_validator("resolve")
    @classmethod
    def _pins(cls, pins: tuple[str, ...]) -> tuple[str, ...]:
        for text in pins:
            parse_pin(text)
        return pins

    @field_validator("nameservers")
    @classmethod
    def _servers(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        for text in servers:
            parse_server(text)
        return servers


def is_web(text: str) -> bool:
    """Whether ``text`` is the URL of a page."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.raw_host)
