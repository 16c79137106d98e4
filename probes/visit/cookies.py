"""The cookies that redirects set in the course of one visit (RFC 6265)."""

from __future__ import annotations

import httpx

from probes.wire.exchange import Head, Headers


class Cookies:
    """A jar that is empty again at the next visit, and is not even made where nobody sets a cookie."""

    def __init__(self) -> None:
        self._jar: httpx.Cookies | None = None

    def take(self, url: httpx.URL, head: Head) -> None:
        """Keep what the response at ``url`` sets."""
        if head.get(b"set-cookie") is None:
            return
        if self._jar is None:
            self._jar = httpx.Cookies()
        headers = [(name, value) for name, value in head.headers if name == b"set-cookie"]
        self._jar.extract_cookies(
            httpx.Response(head.status, headers=headers, request=httpx.Request("GET", url))
        )

    def header(self, url: httpx.URL) -> bytes | None:
        """The Cookie header for ``url``, or ``None`` where there is nothing to send."""
        if self._jar is None:
            return None
        request = httpx.Request("GET", url)
        self._jar.set_cookie_header(request)
        kept = request.headers.get("cookie")
        return kept.encode("latin-1", "replace") if kept else None


def with_cookie(headers: Headers, cookie: bytes) -> Headers:
    """``headers`` with ``cookie`` beside what their Cookie header has: there must be but one."""
    before = [value for name, value in headers if name == b"cookie"]
    others = tuple((name, value) for name, value in headers if name != b"cookie")
    return (*others, (b"cookie", b"; ".join([*before, cookie])))
