"""HTTP/2's frames (RFC 9113, sections 4, 6 and 7): their kinds, their errors, and how they are made."""

from __future__ import annotations

import struct

from probes.failure import Failure
from probes.wire.fields import Version

HTTP2 = Version("HTTP/2")

DATA = 0x0
HEADERS = 0x1
PRIORITY = 0x2
RST_STREAM = 0x3
SETTINGS = 0x4
PUSH_PROMISE = 0x5
PING = 0x6
GOAWAY = 0x7
WINDOW_UPDATE = 0x8
CONTINUATION = 0x9

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITISED = 0x20

FRAME_BYTES = 16_384
"""The largest payload that a side takes unless its settings say otherwise; ours do not."""

FRAME_HEADER = struct.Struct(">HBBBL")

_KINDS = (
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
)
_ERRORS = (
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
)


def broken(words: str) -> Failure:
    """The failure of a server that broke HTTP/2's rules; ``words`` say which."""
    return HTTP2.broken(words)


def kind_name(kind: int) -> str:
    """What RFC 9113 calls frames of ``kind``."""
    return _KINDS[kind] if kind < len(_KINDS) else f"frame of type {kind}"


def error_name(code: int) -> str:
    """What RFC 9113 calls the error ``code``."""
    return _ERRORS[code] if code < len(_ERRORS) else f"error {code}"


def make_frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame as it goes over the wire."""
    length = len(payload)
    return FRAME_HEADER.pack(length >> 8, length & 0xFF, kind, flags, stream) + payload


def header_frames(stream: int, block: bytes, *, end_stream: bool, size: int) -> bytes:
    """A header as HEADERS and as many CONTINUATION as frames of ``size`` make necessary."""
    ending = END_STREAM if end_stream else 0
    if len(block) <= size:
        return make_frame(HEADERS, END_HEADERS | ending, stream, block)
    made = [make_frame(HEADERS, ending, stream, block[:size])]
    for at in range(size, len(block), size):
        last = END_HEADERS if at + size >= len(block) else 0
        made.append(make_frame(CONTINUATION, last, stream, block[at : at + size]))
    return b"".join(made)


def data_frames(stream: int, data: bytes, *, end_stream: bool, size: int) -> bytes:
    """A piece of a body as DATA frames of at most ``size``."""
    made = []
    for at in range(0, len(data), size):
        last = END_STREAM if end_stream and at + size >= len(data) else 0
        made.append(make_frame(DATA, last, stream, data[at : at + size]))
    return b"".join(made)
