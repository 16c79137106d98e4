"""The kinds of text that a config holds: names, URLs, addresses to listen on, and the place of the store.

Each refusal says what is wrong and what would be right, and never repeats a password.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, StrictStr, WithJsonSchema

LONGEST_NAME = 100
LONGEST_URL = 8_000
_PAGE = "https://www.example.com/"
_STORE = "postgresql://db.example.net/landwatch"
_HOST = re.compile(r"(?!-)[\w.-]{1,253}")


def check_name(name: str) -> str:
    """A name that can stand as a label of a metric and in a file's name's place in a table.

    Raises:
        ValueError: it is empty or too long, or has control characters or blanks at an end.
    """
    if not name.strip():
        raise ValueError("a name must not be empty: write one such as spring-sale")
    if len(name) > LONGEST_NAME:
        raise ValueError(
            f"a name has at most {LONGEST_NAME} characters, and this one {len(name)}: shorten it"
        )
    if name != name.strip():
        raise ValueError(f"a name has no blanks at its ends: write {name.strip()!r}")
    if not name.isprintable():
        bad = next(letter for letter in name if not letter.isprintable())
        raise ValueError(f"a name has only printable characters: take out {bad!r}")
    return name


def check_url(url: str) -> str:
    """An http or https URL with a host and without credentials.

    Raises:
        ValueError: it is not.
    """
    if len(url) > LONGEST_URL:
        raise ValueError(f"a URL has at most {LONGEST_URL} characters, and this one {len(url)}")
    if bad := [letter for letter in url if letter.isspace() or not letter.isprintable()]:
        raise ValueError(f"a URL can't hold {bad[0]!r}: write a blank as %20")
    parts = _split(url, _PAGE)
    if parts.scheme not in ("http", "https"):
        # `example.com:8443/sale` has a scheme for urlsplit: what stands before the colon tells.
        if "://" in url:
            raise ValueError(
                f"only http and https are watched, not {parts.scheme}: write https://{_rest(url)}"
            )
        raise ValueError(f"a URL starts with its scheme: write https://{url.lstrip('/')}")
    if "@" in parts.netloc:
        raise ValueError(
            "a URL has no user name or password: set them with `auth` of the http probe, as {env: NAME}"
        )
    _check_host(parts)
    return url


class Address(NamedTuple):
    """Where to listen. An empty host means every address of the machine."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Where a browser on this machine finds what listens there."""
        everywhere = self.host in ("", "0.0.0.0", "::")  # noqa: S104  # compared, not bound
        return f"http://{self._replace(host='127.0.0.1') if everywhere else self}/"


def parse_address(value: Any) -> Address:
    """The address in ``127.0.0.1:9464``, ``[::1]:9464``, ``localhost:9464`` or ``:9464``.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, Address):
        return value
    hint = "write HOST:PORT such as 127.0.0.1:9464, [::1]:9464, or :9464 for every address"
    match = re.fullmatch(
        r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^\[\]:]*)):(?P<port>[0-9]{1,5})", str(value), re.ASCII
    )
    if not match:
        raise ValueError(f"{value!r} is no address to listen on: {hint}")
    port = int(match["port"])
    if port > 65_535:
        raise ValueError(f"port {port} is beyond 65535: {hint}")
    host = match["host"] or match["v6"] or ""
    if match["v6"] is not None and not _is_address(host, 6):
        raise ValueError(f"{host!r} is no IPv6 address: {hint}")
    if re.fullmatch(r"[0-9.]+", host) and not _is_address(host, 4):
        raise ValueError(f"{host!r} is no IPv4 address: {hint}")
    if host and match["v6"] is None and not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is no host: {hint}")
    return Address(host, port)


def check_store(store: str) -> str:
    """``sqlite``, ``sqlite:///PATH`` or ``postgresql://HOST/DATABASE`` without a password.

    Raises:
        ValueError: it is none of these.
    """
    check_store_url(store)
    parts = _split(store, _STORE)
    if parts.password is not None or "password" in parse_qs(parts.query):
        raise ValueError(
            "a password is never written into the config: keep the whole URL in an environment variable "
            "or a file, and write {env: NAME} or {file: PATH}"
        )
    return store


def check_store_url(store: str) -> str:
    """What :func:`check_store` allows, and a password: for a URL that was kept as a secret.

    Raises:
        ValueError: it is no place for a store. The message holds no part of it but the scheme.
    """
    hint = "write sqlite, sqlite:///PATH, or postgresql://HOST/DATABASE"
    if store == "sqlite":
        return store
    parts = _split(store, _STORE)
    if parts.scheme not in ("sqlite", "postgresql", "postgres") or "://" not in store:
        raise ValueError(f"the store is not of a known kind: {hint}")
    if parts.scheme == "sqlite" and (parts.netloc or len(parts.path) < 2):
        raise ValueError(
            "the path of a SQLite store follows three slashes (four where it starts at the root): write "
            "sqlite:///state/landwatch.db or sqlite:////var/lib/landwatch/landwatch.db"
        )
    if parts.scheme != "sqlite" and len(parts.path) < 2:
        raise ValueError("the store's URL names no database: write postgresql://HOST/DATABASE")
    return store


Name = Annotated[
    StrictStr,
    AfterValidator(check_name),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "examples": ["spring-sale"]},
    ),
]
"""A name that becomes a label of metrics."""

Url = Annotated[
    StrictStr,
    AfterValidator(check_url),
    WithJsonSchema(
        {"type": "string", "pattern": "^https?://", "examples": ["https://www.example.com/sale"]},
    ),
]
"""An http or https URL."""

Listen = Annotated[
    Address,
    PlainValidator(parse_address),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": ":[0-9]{1,5}$", "examples": ["127.0.0.1:9464"]}),
]
"""An address to listen on: ``HOST:PORT`` in the config."""

StorePlace = Annotated[
    StrictStr,
    AfterValidator(check_store),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^(sqlite$|sqlite:///.|postgres(ql)?://)",
            "examples": ["sqlite", "postgresql://db.example.net/landwatch"],
        }
    ),
]
"""Where samples are stored."""

LabelName = Annotated[StrictStr, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=LONGEST_NAME)]
"""The name of a label of the user's own."""


def _split(url: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"the URL can't be read, {_plain(error)}: write one such as {example}") from None
    return parts


def _plain(error: ValueError) -> str:
    """The reason without what the URL held, which may be a password."""
    text = str(error)
    return (
        "its port is no number from 1 to 65535" if "ort" in text.split(" ")[0] else "its host is no address"
    )


def _check_host(parts: SplitResult) -> None:
    host = parts.hostname
    if not host:
        raise ValueError("the URL has no host: write one such as https://www.example.com/sale")
    if parts.port == 0:
        raise ValueError("the URL's port is 0: leave it out, or write the port of the page")
    if "[" in parts.netloc:
        return  # urlsplit has checked the address between the brackets
    if (
        not _HOST.fullmatch(host)
        or ".." in host
        or (re.fullmatch(r"[0-9.]+", host) and not _is_address(host, 4))
    ):
        raise ValueError(f"{host!r} is no host: write one such as www.example.com")


def _is_address(host: str, version: int) -> bool:
    try:
        # A zone (`fe80::1%eth0`) is no part of what ipaddress checks the same way in all versions.
        return ipaddress.ip_address(host.partition("%")[0]).version == version
    except ValueError:
        return False


def _rest(url: str) -> str:
    """The URL after its scheme, without credentials."""
    return url.partition("://")[2].rpartition("@")[2]
