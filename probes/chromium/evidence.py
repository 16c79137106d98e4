"""What a visit shows beside its figures: requests and bytes by kind and party, what failed, what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from probes.chromium.hops import place_of
from probes.firstscreen.capture import Capture, Request

MOST_TOLD = 20
"""How many failed requests and console errors are told."""
MOST_WORDS = 300
"""How many characters of each."""

_KINDS = {
    "Document": "document",
    "Stylesheet": "style",
    "Script": "script",
    "Image": "image",
    "Font": "font",
    "Media": "media",
    "XHR": "fetch",
    "Fetch": "fetch",
    "WebSocket": "websocket",
}


class Console:
    """What the page complained of, bounded."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.count = 0

    def say(self, words: str) -> None:
        """Take note of an error."""
        self.count += 1
        if len(self.errors) < MOST_TOLD:
            self.errors.append(words[:MOST_WORDS])


def requests_by_kind(capture: Capture) -> dict[str, int]:
    """How many requests there were, by kind."""
    return dict(Counter(_kind(request) for request in _of_the_web(capture)).most_common())


def bytes_by_kind(capture: Capture) -> dict[str, int]:
    """How many bytes came over the wire, by kind, as the browser counts them."""
    counted: Counter[str] = Counter()
    for request in _of_the_web(capture):
        counted[_kind(request)] += request.bytes
    return dict(counted.most_common())


def third_party(capture: Capture) -> dict[str, int]:
    """What went to hosts of another registrable name than the last document's, as far as names tell."""
    own = _site(_last_document(capture))
    foreign = [request for request in _of_the_web(capture) if _site(request.url) != own]
    return {"requests": len(foreign), "bytes": sum(request.bytes for request in foreign)}


def failed_requests(capture: Capture, refused: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """The requests that failed, and why; those that the fence forbade say so."""
    forbidden = frozenset(refused)
    failed = [request for request in capture.requests if request.failed is not None]
    return [
        {
            "url": request.url[:MOST_WORDS],
            "kind": _kind(request),
            "error": "forbidden by the fence" if place_of(request.url) in forbidden else request.failed,
        }
        for request in failed[:MOST_TOLD]
    ]


def total_bytes(capture: Capture) -> int:
    """All that came over the wire."""
    return sum(request.bytes for request in _of_the_web(capture))


def _of_the_web(capture: Capture) -> list[Request]:
    return [one for one in capture.requests if place_of(one.url) is not None and not one.cached]


def _kind(request: Request) -> str:
    return _KINDS.get(request.kind, "other")


def _last_document(capture: Capture) -> str:
    documents = [request.url for request in capture.requests if request.main]
    return documents[-1] if documents else capture.url


# Where a name has so short a last part but one, it mostly belongs to a registry: co.uk, com.br.
_REGISTRY = 3


def _site(url: str) -> str:
    """The last labels of the host: a guess at its registrable name."""
    place = place_of(url)
    if place is None:
        return ""
    host = place[0]
    labels = host.split(".")
    if ":" in host or labels[-1].isdecimal() or len(labels) < 3:
        return host
    short = len(labels[-2]) <= _REGISTRY and len(labels[-1]) == 2
    return ".".join(labels[-3 if short else -2 :])
