"""The requests of one visit, from the events of the DevTools protocol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from probes.firstscreen.capture import Request

_MOST_REQUESTS = 2000
_MOST_HEADERS = 100
_MOST_TEXT = 4000
_POLLS = 3
"""A request for the same address after so many is a poll: it says nothing about the page's rest."""
_SILENT = frozenset({"Ping", "Preflight", "CSPViolationReport", "WebSocket", "EventSource", "Prefetch"})
"""Kinds that bring nothing to be seen, or never end."""
BLOCKING = frozenset({"Document", "Stylesheet", "Script"})
"""Kinds whose end is waited for."""


class Network:
    """Takes the protocol's events as they come, bounded."""

    def __init__(self, frame: str) -> None:
        self.requests: list[Request] = []
        self.truncated = False
        self.wall: float | None = None
        """Unix time of the first request for the page's document."""
        self._frame = frame
        self._zero = 0.0
        self._open: dict[str, Request] = {}
        self._asked: Counter[str] = Counter()
        self._polls: set[str] = set()
        self._aside: set[str] = set()

    @property
    def stirred(self) -> float:
        """When a request that matters last began or ended."""
        moments = (
            one.started if one.ended is None else one.ended for one in self.requests if self.matters(one)
        )
        return max(moments, default=0.0)

    def since_start(self, monotonic: float) -> float:
        """The browser's monotonic time as seconds from the visit's start."""
        return monotonic - self._zero

    def sent(self, event: Mapping[str, Any]) -> None:
        """``Network.requestWillBeSent``: a request, or what a redirect made of one."""
        asked, name, kind = event["request"], event["requestId"], str(event.get("type", "Other"))
        main = kind == "Document" and event.get("frameId") == self._frame
        if self.wall is None:
            if not main:
                return
            self.wall, self._zero = float(event["wallTime"]), float(event["timestamp"])
        at = self.since_start(event["timestamp"])
        before = self._open.pop(name, None)
        if before is not None and "redirectResponse" in event:
            self._answered(before, event["redirectResponse"], at)
            before.ended, before.redirected = at, True
        if len(self.requests) >= _MOST_REQUESTS:
            self.truncated = True
            return
        url = _text(asked["url"])
        request = Request(name, url, kind, _text(asked.get("method")), at, main)
        request.request_headers = _headers(asked.get("headers"))
        self.requests.append(request)
        self._begin(request)

    def responded(self, event: Mapping[str, Any]) -> None:
        """``Network.responseReceived``: a response's head."""
        request = self._open.get(event["requestId"])
        if request is not None:
            self._answered(request, event["response"], self.since_start(event["timestamp"]))

    def served_from_cache(self, event: Mapping[str, Any]) -> None:
        """``Network.requestServedFromCache``."""
        request = self._open.get(event["requestId"])
        if request is not None:
            request.cached = True

    def finished(self, event: Mapping[str, Any]) -> None:
        """``Network.loadingFinished``."""
        request = self._open.pop(event["requestId"], None)
        if request is not None:
            request.ended = self.since_start(event["timestamp"])
            request.bytes = max(request.bytes, int(event.get("encodedDataLength", 0)))

    def failed(self, event: Mapping[str, Any]) -> None:
        """``Network.loadingFailed``."""
        request = self._open.pop(event["requestId"], None)
        if request is not None:
            request.ended = self.since_start(event["timestamp"])
            request.failed = _text(event.get("blockedReason") or event.get("errorText"))

    def set_aside(self, urls: Iterable[str]) -> None:
        """Wait no more for images that nobody sees."""
        if len(self._aside) < _MOST_REQUESTS:
            self._aside.update(urls)

    def pending(self) -> list[Request]:
        """Requests under way that say something about the page's rest."""
        return [one for one in self._open.values() if self.matters(one)]

    def matters(self, request: Request) -> bool:
        """Whether a request may bring something to be seen: no report, no poll, no image out of view."""
        if request.kind in _SILENT or _key(request) in self._polls:
            return False
        return request.kind != "Image" or request.url not in self._aside

    def causes(self) -> list[float]:
        """When something was there that may have changed the page, in ascending order."""
        counts: Counter[str] = Counter()
        ends = []
        for request in self.requests:
            counts[_key(request)] += 1
            if request.ended is None or request.kind in _SILENT or counts[_key(request)] > _POLLS:
                continue
            ends.append(request.ended)
        return sorted(ends)

    def _begin(self, request: Request) -> None:
        self._open[request.id] = request
        key = _key(request)
        self._asked[key] += 1
        if self._asked[key] > _POLLS:
            self._polls.add(key)

    def _answered(self, request: Request, response: Mapping[str, Any], at: float) -> None:
        request.responded = at
        request.status = int(response["status"]) or None
        request.protocol = _text(response.get("protocol")) or None
        request.address = _text(response.get("remoteIPAddress")) or None
        request.mime = _text(response.get("mimeType")) or None
        request.bytes = int(response.get("encodedDataLength", 0))
        request.response_headers = _headers(response.get("headers"))
        timing = response.get("timing")
        if isinstance(timing, dict):
            request.timing, sent = _timing(timing)
            request.sent = None if sent is None else self.since_start(sent)


def _key(request: Request) -> str:
    """A request without what makes each poll another one. A document is never a poll."""
    return request.id if request.kind in BLOCKING else request.url.partition("?")[0]


def _timing(timing: Mapping[str, Any]) -> tuple[dict[str, float], float | None]:
    numbers = {
        str(name): float(value)
        for name, value in timing.items()
        if isinstance(value, int | float) and isfinite(value)
    }
    return numbers, numbers.pop("requestTime", None)


def _headers(headers: object) -> dict[str, str]:
    if not isinstance(headers, dict):
        return {}
    return {_text(name): _text(value) for name, value in list(headers.items())[:_MOST_HEADERS]}


def _text(value: object) -> str:
    return str(value or "")[:_MOST_TEXT]
