"""The cookies of one visit: those of the config, and those that a redirect sets on the way (RFC 6265)."""

from __future__ import annotations

import httpx

from probes.visit.plan import Plan
from probes.wire.exchange import Head


class Cookies:
    """A jar that is empty again at the next visit, and is not even made where nobody sets a cookie."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
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
        own = self._plan.cookies if url.host == self._plan.url.host else {}
        pairs = [f"{name}={value}".encode() for name, value in own.items()]
        if self._jar is not None:
            request = httpx.Request("GET", url)
            self._jar.set_cookie_header(request)
            kept = request.headers.get("cookie")
            if kept:
                pairs.append(kept.encode("latin-1", "replace"))
        return b"; ".join(pairs) if pairs else None
