"""The advertising channels: how each leads a visitor to a page (``channels.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Channel:
    """How one channel leads a visitor to a page, and how its crawler asks for it."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    """What it adds to the page's address: ``utm_*`` and its click parameters."""
    in_app: str
    """The user agent of the browser in its app."""
    browser: str
    """The user agent of the plain browser of the same system."""
    referrer: str
    crawler: str
    """The user agent of its own crawler."""


@cache
def channels() -> MappingProxyType[str, Channel]:
    """The channels by name, in the order of the file."""
    table = tomllib.loads((files("probes.advertising") / "channels.toml").read_text(encoding="utf-8"))
    found = {}
    for entry in table["channel"]:
        utm = {"utm_source": entry["name"], "utm_medium": entry["medium"], **table["campaign"]}
        found[entry["name"]] = Channel(
            name=entry["name"],
            parameters=tuple((utm | entry["click"]).items()),
            in_app=entry["in_app"],
            browser=table["browser"][entry["system"]],
            referrer=entry["referrer"],
            crawler=entry["crawler"],
        )
    return MappingProxyType(found)


@cache
def tracking_names() -> frozenset[str]:
    """Every parameter that some channel adds."""
    return frozenset(name for channel in channels().values() for name, _ in channel.parameters)
