"""The head of an HTTP/1 message (RFC 9112, sections 2 to 5): a request's is written, a response's is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from probes.failure import Failure
from probes.sample import Fault
from probes.wire.exchange import Headers, Request

# Line ends without a CR are taken as they are meant (RFC 9112, section 2.2).
_FOLD = re.compile(rb"\r?\n[ \t]+")
_STATUS_LINE = re.compile(rb"HTTP/(1\.[0-9]) ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_FIELD = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\xff](?:[\t\x20-\xff]*[\x21-\xff])?)?)[ \t]*"
)
_DIGITS = re.compile(rb"[0-9]{1,18}")

KEPT_BYTES = 256
"""Up to this length, what a line says is kept: most lines are the same at each visit."""

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
        members: list[bytes] = []
        for key, value in self.headers:
            if key == name:
                members += [part.strip(b" \t") for part in value.lower().split(b",")]
        return [member for member in members if member]

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
    begin = max(0, searched - 3)
    found = [at for at in (data.find(b"\n\r\n", begin), data.find(b"\n\n", begin)) if at >= 0]
    if not found:
        return None
    end = min(found)
    return data[:end].removesuffix(b"\r"), data[data.index(b"\n", end + 1) + 1 :]


def parse_head(head: bytes) -> ResponseHead:
    """What a response's ``head``, without its empty line, says.

    Raises:
        Failure: it is no head of HTTP/1.
    """
    if b"\n " in head or b"\n\t" in head:
        head = _FOLD.sub(b" ", head)
    first, *lines = head.split(b"\n")
    status_line = _STATUS_LINE.fullmatch(first.removesuffix(b"\r"))
    if status_line is None:
        raise broken(f"no status line: {first[:80]!r}")
    headers = tuple([_kept_field(line) if len(line) <= KEPT_BYTES else _field(line) for line in lines])
    return ResponseHead(status_line[1], int(status_line[2]), headers)


def _field(line: bytes) -> tuple[bytes, bytes]:
    field = _FIELD.fullmatch(line.removesuffix(b"\r"))
    if field is None:
        raise broken(f"no header field: {line[:80]!r}")
    name, value = field.groups()
    return name.lower(), value


_kept_field = lru_cache(maxsize=4096)(_field)


@lru_cache(maxsize=4096)
def write_request(request: Request) -> bytes:
    """The bytes of a request; kept, because they are the same at every visit."""
    lines = [b"%s %s HTTP/1.1" % (request.method, request.target), b"host: " + request.authority]
    lines += [b"%s: %s" % field for field in request.headers]
    if request.body or request.method in _LENGTH_METHODS:
        lines.append(b"content-length: %d" % len(request.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body
