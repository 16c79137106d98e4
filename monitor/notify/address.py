"""Addresses of channels, as apprise has them: whether one can be sent to, and sending to it.

The library is loaded when it is first needed: it reads a hundred services, which takes a second. It logs what
it does, addresses included; nothing of that leaves this module but the words of a failure, redacted.
"""

from __future__ import annotations

import logging
import re
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Literal

from monitor.config.schema import closest
from monitor.notify.redact import redacted

LONGEST = 300
"""Characters of a failure's words that are kept."""

_SERVICE = re.compile(r"([A-Za-z][A-Za-z0-9.-]{1,30})://")
_HINT = "write one such as mailtos://, slack://, tgram:// or jsons://"

Tone = Literal["failure", "warning", "info", "success"]
"""How a message is marked where a service has colours or signs."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent."""

    title: str
    body: str
    tone: Tone = "info"


class DeliveryFailed(Exception):
    """A message was not taken, and why, without any part of the address."""


def problem_of(url: str) -> str | None:
    """Why an address can't be sent to; ``None`` where it can. Nothing is connected to.

    The words hold no part of it but the name of its service.
    """
    match = _SERVICE.match(url)
    if match is None:
        return f"it does not begin with a service: {_HINT}"
    if _service(url) is not None:
        return None
    name = match[1].lower()
    known = _library().NotificationManager().schemas()
    if name in known:
        return f"it is no complete address of {name}: see what apprise asks for with that service"
    nearest = closest(name, known)
    return f"no service is called {name!r}: {f'did you mean {nearest!r}?' if nearest else _HINT}"


def send(url: str, message: Message) -> None:
    """Send a message, and return when it was taken. It blocks, for as long as the service lets it.

    Raises:
        DeliveryFailed: it was not taken.
    """
    service = _service(url)
    if service is None:
        raise DeliveryFailed("the address is not one that can be sent to")
    try:
        library = _library()
        box = library.Apprise(service, asset=service.asset)
        result = box.notify(
            title=message.title, body=message.body, notify_type=message.tone, body_format="text"
        )
    except Exception as error:  # a service's own bug: its words may hold anything
        raise DeliveryFailed(_words([repr(error)], url)) from None
    if not result:
        raise DeliveryFailed(_words([entry.message for entry in result.logs()], url))


def _service(url: str) -> Any | None:
    """The service of an address; ``None`` where it is no complete one."""
    library = _library()
    # No pictures from elsewhere, nothing kept on disk, and no threads that outlive their deadline: the caller
    # has its own. A redirect is not followed: it would carry a message to where nobody meant it to go.
    asset = library.AppriseAsset(
        app_id="landwatch",
        app_desc="landwatch",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        async_mode=False,
        http_redirects=False,
        service_timeout=0,
    )
    try:
        return library.Apprise.instantiate(url, asset=asset)
    except Exception:  # as above
        return None


def _words(said: list[str], url: str) -> str:
    words = "; ".join(dict.fromkeys(" ".join(each.split()) for each in said)) or "the service did not take it"
    return redacted(words, url)[:LONGEST]


@cache
def _library() -> Any:
    """apprise, with its own logging kept to itself: what it says may hold addresses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules that some service is made with
        library: Any = import_module("apprise")
        library.NotificationManager().load_modules()
    for name in (library.LOGGER_NAME, "requests", "urllib3"):
        log = logging.getLogger(name)
        log.propagate = False
        log.setLevel(logging.WARNING)
    return library
