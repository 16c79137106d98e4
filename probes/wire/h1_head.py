"""The head of an HTTP/1 message (RFC 9112, sections 2 to 5): a request's is written, a response's is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.exchange import Headers, Request

# Line ends without a CR are taken as they are meant (RFC 9112, section 2.2).
_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_STATUS_LINE = re.compile(rb"HTTP/(1\.[0-9]) ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_FIELD = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\xff](?:[\t\x20-\xff]*[\x21-\xff])?)?)[ \t]*"
)
_DIGITS = re.compile(rb"[0-9]{1,18}")

_LENGTH_METHODS = frozenset({b"POST", b"PUT", b"PATCH"})
"""Methods whose request says its length even where that is 0 (RFC 9110, section 8.6)."""


def broken(words: str) -> Failure:
    """The failure of a message that breaks the protocol."""
    return Failure(Fault.PROTOCOL, f"HTTP/1.1: {words}")


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A response's status line and fields, names in lower case."""

    version: bytes
    status: int
    headers: Headers

    def values(self, name: bytes) -> list[bytes]:
        """The members of all fields of ``name``, which is a list (RFC 9110, section 5.6.1), in lower case."""
        members = (part for key, value in self.headers if key == name for part in value.lower().split(b","))
        return [member.strip(b" \t") for member in members if member.strip(b" \t")]

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks.

        Raises:
            Failure: it comes in a transfer coding that nobody asked for.
        """
        codings = self.values(b"transfer-encoding")
        if codings and codings != [b"chunked"]:
            raise broken(f"Transfer-Encoding {b', '.join(codings)!r:.80} is none that was asked for")
        return bool(codings)

    @property
    def length(self) -> int | None:
        """The body's length, where the head says it.

        Raises:
            Failure: it says two, or what is no length.
        """
        said = set(self.values(b"content-length"))
        if not said:
            return None
        (length, *more) = said
        if more or not _DIGITS.fullmatch(length):
            raise broken(f"Content-Length {b', '.join(sorted(said))!r:.80}")
        return int(length)

    @property
    def lasting(self) -> bool:
        """Whether the connection stays open after the response (RFC 9112, section 9.3)."""
        wishes = self.values(b"connection")
        return b"close" not in wishes and (self.version != b"1.0" or b"keep-alive" in wishes)


def split_head(data: bytes, searched: int = 0) -> tuple[bytes, bytes] | None:
    """The head in ``data`` and what follows it; ``None`` where its end is still to come.

    Up to ``searched``, no end was found before.
    """
    end = _END.search(data, max(0, searched - 3))
    return (data[: end.start()], data[end.end() :]) if end else None


def parse_head(head: bytes) -> ResponseHead:
    """What a response's ``head``, without its empty line, says.

    Raises:
        Failure: it is no head of HTTP/1.
    """
    first, *lines = _FOLD.sub(b" ", head).split(b"\n")
    status_line = _STATUS_LINE.fullmatch(first.removesuffix(b"\r"))
    if status_line is None:
        raise broken(f"no status line: {first[:80]!r}")
    headers = []
    for line in lines:
        field = _FIELD.fullmatch(line.removesuffix(b"\r"))
        if field is None:
            raise broken(f"no header field: {line[:80]!r}")
        name, value = field.groups()
        headers.append((name.lower(), value))
    return ResponseHead(status_line[1], int(status_line[2]), tuple(headers))


@lru_cache(maxsize=4096)
def write_request(request: Request) -> bytes:
    """The bytes of a request; kept, because they are the same at every visit."""
    lines = [b"%s %s HTTP/1.1" % (request.method, request.target), b"host: " + request.authority]
    lines += [b"%s: %s" % field for field in request.headers]
    if request.body or request.method in _LENGTH_METHODS:
        lines.append(b"content-length: %d" % len(request.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body
