"""The fields of HTTP/2 and 3 headers: which we send, and which a server may.

Both versions have the same rules (RFC 9113, sections 8.1 to 8.3; RFC 9114, sections 4.1 to 4.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.exchange import Headers, Request

# What they have no place for (RFC 9113, section 8.2.2; RFC 9114, section 4.2).
_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
_NOT_SENT = _CONNECTION | {b"host", b"te"}

_NAME = re.compile(rb"[^\x00-\x20A-Z:\x7f-\xff]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_STATUS = re.compile(rb"[1-9][0-9]{2}")
_LENGTH = re.compile(rb"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of HTTP, to be named where a server breaks its rules."""

    name: str

    def broken(self, words: str) -> Failure:
        """The failure of a server that broke the rules; ``words`` say which."""
        return Failure(Fault.PROTOCOL, f"{self.name}: {words}")


def request_fields(request: Request) -> Headers:
    """What is sent for ``request``, pseudo-headers first and in Chrome's order."""
    return (
        (b":method", request.method),
        (b":authority", request.authority),
        (b":scheme", request.scheme),
        (b":path", request.target),
        *(field for field in request.headers if field[0] not in _NOT_SENT),
        *(((b"content-length", b"%d" % len(request.body)),) if request.body else ()),
    )


def response_head(fields: Headers, version: Version) -> tuple[int, Headers]:
    """A response's status and its headers.

    Raises:
        Failure: the header is malformed.
    """
    if not fields or fields[0][0] != b":status":
        raise version.broken("a response that does not begin with its status")
    status = fields[0][1]
    if not _STATUS.fullmatch(status):
        raise version.broken(f"a response of status {status!r:.40}")
    return int(status), checked(fields[1:], version)


def checked(fields: Headers, version: Version) -> Headers:
    """``fields``, if they may all stand in a header behind its pseudo-headers, or in a trailer.

    Raises:
        Failure: one of them is malformed.
    """
    for name, value in fields:
        if not _NAME.fullmatch(name):
            what = "a pseudo-header out of its place" if name.startswith(b":") else "a malformed header name"
            raise version.broken(f"{what}: {name!r:.60}")
        if _CONTROL.search(value) or value.strip(b" \t") != value:
            raise version.broken(f"a malformed value of the header {name.decode()}: {value!r:.60}")
        if name in _CONNECTION or (name == b"te" and value != b"trailers"):
            raise version.broken(f"the header {name.decode()}, for which {version.name} has no place")
    return fields


def content_length(headers: Headers, version: Version) -> int | None:
    """The length that ``headers`` announce, if they do.

    Raises:
        Failure: it is no number, or more than one.
    """
    announced = {value for name, value in headers if name == b"content-length"}
    if not announced:
        return None
    value = announced.pop()
    if announced or not _LENGTH.fullmatch(value):
        raise version.broken(f"a malformed content-length: {value!r:.40}")
    return int(value)
