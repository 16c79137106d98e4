"""What the browser's words for a failure mean, and what stood behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from probes.chromium.fence import Connection
from probes.chromium.hops import NO_PAGE, last_connection, place_of
from probes.failure import Failure, OwnFault
from probes.firstscreen.capture import Capture
from probes.sample import Fault

_CODE = re.compile(r"\b(?:net::)?(ERR_[A-Z0-9_]+)\b")

# The first that fits, from the start of the code on.
_TABLE: tuple[tuple[str, Fault], ...] = (
    ("ERR_NAME_", Fault.DNS),
    ("ERR_DNS_", Fault.DNS),
    ("ERR_ICANN_NAME_COLLISION", Fault.DNS),
    ("ERR_CERT_", Fault.TLS),
    ("ERR_CERTIFICATE_", Fault.TLS),
    ("ERR_SSL_", Fault.TLS),
    ("ERR_BAD_SSL_", Fault.TLS),
    ("ERR_ECH_", Fault.TLS),
    ("ERR_CLIENT_AUTH_", Fault.TLS),
    ("ERR_CONNECTION_REFUSED", Fault.CONNECT),
    ("ERR_CONNECTION_FAILED", Fault.CONNECT),
    ("ERR_CONNECTION_TIMED_OUT", Fault.CONNECT),
    ("ERR_ADDRESS_", Fault.CONNECT),
    ("ERR_SOCKS_", Fault.CONNECT),
    ("ERR_TIMED_OUT", Fault.TIMEOUT),
    ("ERR_TOO_MANY_REDIRECTS", Fault.REDIRECT),
    ("ERR_UNSAFE_REDIRECT", Fault.REDIRECT),
    ("ERR_INVALID_REDIRECT", Fault.REDIRECT),
    ("ERR_UNSAFE_PORT", Fault.REDIRECT),
    ("ERR_UNKNOWN_URL_SCHEME", Fault.REDIRECT),
    ("ERR_DISALLOWED_URL_SCHEME", Fault.REDIRECT),
    ("ERR_INVALID_URL", Fault.REDIRECT),
    ("ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS", Fault.REDIRECT),
    ("ERR_HTTP_RESPONSE_CODE_FAILURE", Fault.STATUS),
    ("ERR_INVALID_AUTH_CREDENTIALS", Fault.STATUS),
    ("ERR_ABORTED", Fault.CONTENT),
    ("ERR_CONTENT_DECODING_", Fault.CONTENT),
    ("ERR_BLOCKED_BY_", Fault.CONTENT),
    ("ERR_FILE_", Fault.CONTENT),
)
_OURS = (
    "ERR_PROXY_",
    "ERR_NETWORK_CHANGED",
    "ERR_INSUFFICIENT_RESOURCES",
    "ERR_OUT_OF_MEMORY",
    "ERR_NO_BUFFER_SPACE",
)
_BROKE_OFF = ("ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED", "ERR_CONNECTION_ABORTED")
# What a proxy's refusal looks like from inside the browser.
_BEHIND = ("ERR_SOCKS_", "ERR_NAME_", "ERR_ADDRESS_", "ERR_CONNECTION_", "ERR_TUNNEL_", "ERR_TIMED_OUT")


def code_of(words: str) -> str | None:
    """The browser's code in ``words``, such as ``ERR_ABORTED``."""
    found = _CODE.search(words)
    return found[1] if found else None


def failure_of(words: str, connection: Connection | None, *, encrypted: bool) -> Failure:
    """The failure that the browser's ``words`` tell, with what the fence saw of its last ``connection``."""
    code = code_of(words)
    if code is None:
        return Failure(Fault.CONTENT, words)
    if connection is not None and connection.failure is not None and code.startswith(_BEHIND):
        return connection.failure
    if code.startswith(_OURS):
        return OwnFault(Fault.INTERNAL, f"the browser could not visit: {code}")
    if code in _BROKE_OFF:
        handshake = encrypted and (connection is None or not connection.received)
        where = "in the TLS handshake" if handshake else "before there was a response"
        return Failure(Fault.TLS if handshake else Fault.PROTOCOL, f"the connection broke {where}: {code}")
    fault = next((fault for start, fault in _TABLE if code.startswith(start)), Fault.PROTOCOL)
    return Failure(fault, f"{_WORDS.get(code, 'the browser came to no page')}: {code}")


def why_no_page(capture: Capture, connections: Iterable[Connection]) -> Failure:
    """Why the browser came to no page, by what it asked for last, and what the fence saw of that."""
    main = [request for request in capture.requests if request.main]
    words = capture.error or "no page came"
    if not main:
        return failure_of(words, None, encrypted=False)
    last = main[-1]
    if place_of(last.url) is None:
        return Failure(Fault.REDIRECT, f"the page leads out of the web, to {last.url[:100]}")
    if last.status in NO_PAGE:
        return Failure(Fault.CONTENT, f"status {last.status}: there is no page")
    if "ERR_" not in words and last.failed is not None:
        words = last.failed
    connection = last_connection(connections, last.url)
    if connection is not None and connection.datagrams and not connection.received:
        silent = Failure(Fault.CONNECT, "nothing answered over QUIC")
        return connection.failure or silent
    return failure_of(words, connection, encrypted=last.url.startswith("https:"))


_WORDS = {
    "ERR_ABORTED": "the answer was no page to be shown",
    "ERR_UNKNOWN_URL_SCHEME": "the page leads out of the web",
    "ERR_TOO_MANY_REDIRECTS": "redirects went on and on",
    "ERR_UNSAFE_PORT": "it leads to a port that browsers avoid",
    "ERR_HTTP_RESPONSE_CODE_FAILURE": "an error status without a page",
}
