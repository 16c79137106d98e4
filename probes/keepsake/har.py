"""The requests of a visit as an HTTP Archive 1.2 (w3c.github.io/web-performance/specs/HAR/Overview.html).

Times are the browser's. What would give somebody's rights away (cookies, authorization) is left out of the
headers, and bodies are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from probes.firstscreen.capture import Capture, Request
from probes.firstscreen.result import Vitals

SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
"""Headers whose values are left out."""
LEFT_OUT = "(left out by landwatch)"

_VERSIONS = {"h1": "HTTP/1.1", "h2": "HTTP/2.0", "h3": "HTTP/3.0", "http/1.1": "HTTP/1.1"}


def har(capture: Capture, vitals: Vitals | None, browser: tuple[str, str]) -> bytes:
    """The archive as JSON. ``browser`` is its name and version."""
    page = {
        "startedDateTime": _date(capture, 0.0),
        "id": "page_1",
        "title": capture.url,
        "pageTimings": {"onContentLoad": None, "onLoad": _ms(capture.load), **_figures(vitals)},
    }
    log = {
        "version": "1.2",
        "creator": {"name": "landwatch", "version": "0.1"},
        "browser": {"name": browser[0], "version": browser[1]},
        "pages": [page],
        "entries": list(_entries(capture)),
    }
    return orjson.dumps({"log": log}, option=orjson.OPT_INDENT_2)


def _figures(vitals: Vitals | None) -> dict[str, float | None]:
    """The visit's own figures, under names of our own as the format asks (a leading underscore)."""
    if vitals is None:
        return {}
    return {
        "_firstScreen": _ms(vitals.first_screen),
        "_firstContentfulPaint": _ms(vitals.fcp),
        "_largestContentfulPaint": _ms(vitals.lcp),
    }


def _entries(capture: Capture) -> Iterator[dict[str, Any]]:
    requests = capture.requests
    for place, request in enumerate(requests):
        following = next((one for one in requests[place + 1 :] if one.id == request.id), None)
        timings = _timings(request)
        entry: dict[str, Any] = {
            "pageref": "page_1",
            "startedDateTime": _date(capture, request.started),
            "time": sum(took for took in timings.values() if took > 0) - max(0.0, timings["ssl"]),
            "request": _asked(request),
            "response": _answered(request, following.url if request.redirected and following else ""),
            "cache": {},
            "timings": timings,
            "_resourceType": request.kind.lower(),
        }
        if request.address:
            entry["serverIPAddress"] = request.address.strip("[]")
        if request.failed:
            entry["response"]["_error"] = request.failed
        yield entry


def _asked(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        "httpVersion": _version(request),
        "cookies": [],
        "headers": _headers(request.request_headers),
        "queryString": _query(request.url),
        "headersSize": -1,
        "bodySize": -1,
    }


def _answered(request: Request, redirect: str) -> dict[str, Any]:
    return {
        "status": request.status or 0,
        "statusText": "",
        "httpVersion": _version(request),
        "cookies": [],
        "headers": _headers(request.response_headers),
        "content": {"size": request.bytes, "mimeType": request.mime or "x-unknown"},
        "redirectURL": redirect,
        "headersSize": -1,
        "bodySize": request.bytes,
        "_transferSize": request.bytes,
    }


def _timings(request: Request) -> dict[str, float]:
    """Milliseconds by phase; -1 where it did not happen. ``connect`` holds ``ssl``, as the format has it."""
    timing = request.timing
    dns = _between(timing, "dnsStart", "dnsEnd")
    connect = _between(timing, "connectStart", "connectEnd")
    ssl = _between(timing, "sslStart", "sslEnd")
    send = max(0.0, _between(timing, "sendStart", "sendEnd"))
    wait = max(0.0, _between(timing, "sendEnd", "receiveHeadersEnd"))
    began = next((timing[name] for name in _FIRST if timing.get(name, -1.0) >= 0.0), 0.0)
    sent = request.sent if request.sent is not None else request.started
    blocked = max(0.0, (sent - request.started) * 1000 + began)
    receive = 0.0
    if request.ended is not None:
        arrived = sent + max(0.0, timing.get("receiveHeadersEnd", 0.0)) / 1000
        receive = max(0.0, (request.ended - arrived) * 1000)
    return {
        "blocked": blocked,
        "dns": dns,
        "connect": connect,
        "ssl": ssl,
        "send": send,
        "wait": wait,
        "receive": receive,
    }


_FIRST = ("dnsStart", "connectStart", "sendStart")


def _between(timing: Mapping[str, float], start: str, end: str) -> float:
    first, last = timing.get(start, -1.0), timing.get(end, -1.0)
    return last - first if first >= 0.0 and last >= first else -1.0


def _headers(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, "value": LEFT_OUT if name.lower() in SECRET else value}
        for name, value in headers.items()
    ]


def _query(url: str) -> Sequence[dict[str, str]]:
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return []
    return [{"name": name, "value": value} for name, value in pairs]


def _version(request: Request) -> str:
    return _VERSIONS.get(request.protocol or "", request.protocol or "unknown")


def _date(capture: Capture, seconds: float) -> str:
    return datetime.fromtimestamp(capture.started + seconds, UTC).isoformat(timespec="milliseconds")


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
