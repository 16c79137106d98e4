"""What a page's config may say about its visits over HTTP."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

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

from probes.patterns import check_pattern
from probes.units import Secret, Size
from probes.wire.addresses import Address

Status = Annotated[int, Field(ge=100, le=599)]
_METHOD = r"^[A-Z]+$"
_HEADER_NAME = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"  # RFC 9110, section 5.6.2
_WRITTEN_BY_THE_ENGINE = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "te", "upgrade"}
)

HeaderName = Annotated[str, Field(pattern=_HEADER_NAME)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Expect(_Frozen):
    """What a good answer looks like. A page is up only if all of it holds."""

    status: Annotated[
        tuple[Status, ...], BeforeValidator(lambda value: (value,) if isinstance(value, int) else value)
    ] = ()
    """The statuses that count as good; every 2xx where none is named."""
    headers: dict[HeaderName, str] = {}
    """Texts that the named headers must contain."""
    body: str | None = None
    """A text that the body must contain."""
    body_regex: str | None = None
    """A regular expression (RE2 syntax) that must match somewhere in the body."""

    @field_validator("body_regex")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            check_pattern(pattern)
        return pattern


class Basic(_Frozen):
    """A user and a password (RFC 7617)."""

    user: str
    """The user's name."""
    password: Secret
    """Where the password is found."""


class Auth(_Frozen):
    """Who we say we are: ``basic`` or ``bearer``, one of them."""

    basic: Basic | None = None
    """A user and a password (RFC 7617)."""
    bearer: Secret | None = None
    """Where a token is found (RFC 6750)."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.basic is None) == (self.bearer is None):
            raise ValueError("name one of basic: {user, password} and bearer")
        return self


class ClientCertificate(_Frozen):
    """Our own certificate (PEM, with its chain) and its key."""

    certificate: Path
    """The file with the certificate and its chain."""
    key: Path
    """The file with its private key, unencrypted."""


def parse_pin(text: str) -> tuple[str, int, Address]:
    """``HOST:PORT:ADDRESS``, as curl's ``--resolve`` has it (an IPv6 address in brackets or bare).

    Raises:
        ValueError: it is not of that form.
    """
    host, _, rest = text.partition(":")
    port_text, _, address_text = rest.partition(":")
    address = Address.parse(address_text.strip("[]"))
    port = int(port_text) if port_text.isdecimal() else 0
    if not host or not 0 < port < 65_536 or address is None:
        raise ValueError(f"{text!r} is not HOST:PORT:ADDRESS, such as www.example.com:443:203.0.113.7")
    return host.lower().rstrip("."), port, address


def parse_server(text: str) -> tuple[str, int]:
    """A name server: an address, or ``ADDRESS:PORT`` (``[ADDRESS]:PORT`` for IPv6).

    Raises:
        ValueError: it is neither.
    """
    if Address.parse(text) is not None:
        return text, 53
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if Address.parse(host) is None or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r} is not the address of a name server, such as 192.0.2.53 or 192.0.2.53:53")
    return host, int(port)


class Common(_Frozen):
    """What a page may set for every kind of probe that visits it over HTTP; everything has a default."""

    headers: dict[HeaderName, str | Secret] = {}
    """Headers to send; they replace ours of the same name (User-Agent, Accept, ...)."""
    cookies: dict[HeaderName, str | Secret] = {}
    """Cookies to send, by name, to the page's own origin only."""
    expect: Expect = Expect()
    """What a good answer looks like."""
    ip: Literal["any", "4", "6"] = "any"
    """The address families to use."""
    redirects: Annotated[int, Field(ge=0, le=50)] = 20
    """How many redirects are followed; 0 takes a redirect for the final response."""
    max_body: Size = 10 * 1024 * 1024
    """How large a body may be as it comes; a larger one is a fault of the content."""
    max_decoded: Size = 50 * 1024 * 1024
    """How large it may be once it is decompressed."""
    allow_networks: tuple[str, ...] = ()
    """Networks (CIDR) that are not public and that a redirect may lead to all the same."""
    resolve: tuple[str, ...] = ()
    """``HOST:PORT:ADDRESS``: addresses that stand in for a look-up."""
    nameservers: tuple[str, ...] = ()
    """Name servers to ask, in the place of this machine's."""
    ca: Path | None = None
    """A file of roots (PEM) that are trusted beside Mozilla's."""
    insecure: bool = False
    """Take any certificate. The sample says so."""

    def for_visit(self, **others: Any) -> Options:
        """The same as options of a whole visit, with ``others`` of its own."""
        common = {name: getattr(self, name) for name in Common.model_fields}
        return Options.model_construct(**common, **others)

    @field_validator("headers")
    @classmethod
    def _free(cls, headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
        for name, value in headers.items():
            if name.lower() in _WRITTEN_BY_THE_ENGINE:
                raise ValueError(f"{name} is written by landwatch itself; leave it out")
            if isinstance(value, str) and not _fits_a_header(value):
                raise ValueError(f"{name} has a character that no header may hold")
        return headers

    @field_validator("ca")
    @classmethod
    def _can_be_read(cls, ca: Path | None, info: ValidationInfo) -> Path | None:
        # Like a secret, a file is looked for only where the config is about to be used.
        if ca is not None and info.context and info.context.get("reveal"):
            try:
                with ca.open("rb"):
                    pass
            except OSError as error:
                raise ValueError(f"the file {ca} can't be read: {error.strerror or error}") from error
        return ca

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


class Options(Common):
    """What a page may set for its visits over HTTP; everything has a default."""

    method: Annotated[str, Field(pattern=_METHOD, examples=["GET", "POST"])] = "GET"
    """The request's method, in capitals."""
    body: str | None = None
    """What is sent as the request's body, in UTF-8."""
    auth: Auth | None = None
    """Sent to the page's own origin only, never after a redirect to another."""
    protocol: Literal["auto", "h1", "h2", "h3"] = "auto"
    """The version of HTTP: what the server chooses of 1.1 and 2, or one; ``h3`` goes over QUIC."""
    client_certificate: ClientCertificate | None = None
    """A certificate of our own, where the page asks for one."""
    proxy: str | None = None
    """An HTTP proxy, ``http://HOST:PORT``. The sample says so: its phases are partly the proxy's."""

    @field_validator("proxy")
    @classmethod
    def _is_http_proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None:
            try:
                url = httpx.URL(proxy)
            except httpx.InvalidURL as error:
                raise ValueError(f"{proxy!r} is not a URL: {error}") from error
            if url.scheme != "http" or not url.host or url.port is None:
                raise ValueError(f"{proxy!r} is not an HTTP proxy such as http://192.0.2.1:3128")
        return proxy

    @model_validator(mode="after")
    def _speaks(self) -> Self:
        if self.proxy is not None and self.protocol in ("h2", "h3"):
            raise ValueError(f"protocol {self.protocol} cannot be forced through a proxy: leave protocol out")
        return self


def _fits_a_header(value: str) -> bool:
    return value.isascii() and value.isprintable()
