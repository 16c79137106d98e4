"""The first words of TLS, as bytes: a ClientHello, and what a server may answer it with.

RFC 8446 (TLS 1.3: sections 4.1.2 to 4.2.8 and 5.1) and RFC 5246 (TLS 1.2: sections 6.2.1 and 7.4.1). No key
is made and nothing is encrypted: TLS 1.3 is offered with an empty list of key shares, so that the server
names the group that it wants (a HelloRetryRequest, section 4.2.8), and the connection ends there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from probes.wire.addresses import Address

TLS10, TLS11, TLS12, TLS13 = 0x0301, 0x0302, 0x0303, 0x0304

MOST_BYTES = 32 * 1024
"""How much of an answer is looked at: a ServerHello has a few hundred bytes."""

_ALERT, _HANDSHAKE = 21, 22
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_MOST_IN_RECORD = 2**14 + 256
_CLOSE_NOTIFY, _FATAL = 0, 2

_SERVER_NAME, _GROUPS, _POINT_FORMATS, _SIGNATURES, _ALPN = 0, 10, 11, 13, 16
_PADDING, _MASTER_SECRET, _VERSIONS, _KEY_SHARE, _RENEGOTIATION = 21, 23, 43, 51, 0xFF01

# Whatever a certificate may be signed with, the oldest too: it is not judged here.
_SIGNATURE_SCHEMES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B),
    *(0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0202),
)
_u16 = struct.Struct("!H")


class Malformed(ValueError):
    """What came is no answer in TLS."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a ClientHello offers."""

    version: int
    """TLS 1.3 is offered alone; up to 1.2 a server may choose an older one too."""
    suites: tuple[int, ...]
    groups: tuple[int, ...]
    alpn: tuple[bytes, ...] = (b"h2", b"http/1.1")


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What the server agreed to."""

    version: int
    suite: int
    group: int | None
    """The key exchange group, where the answer names it (in TLS 1.3)."""


@dataclass(frozen=True, slots=True)
class Alert:
    """That the server did not agree, by its number (RFC 8446, section 6)."""

    code: int


def encode(offer: Offer, host: str, random: bytes) -> bytes:
    """The record with the ClientHello; ``random`` is 64 bytes, of which a session id is made too."""
    modern = offer.version == TLS13
    body = _u16.pack(min(offer.version, TLS12)) + random[:32]
    body += _vector8(random[32:64] if modern else b"")
    body += _vector16(b"".join(_u16.pack(suite) for suite in offer.suites)) + _vector8(b"\x00")
    extensions = b"".join(_extension(kind, data) for kind, data in _extensions(offer, host))
    # Some servers hang at a hello of 256 to 511 bytes (RFC 7685).
    length = len(body) + 2 + len(extensions) + 4
    if 255 < length < 512:
        extensions += _extension(_PADDING, bytes(max(1, 512 - length - 4)))
    body += _vector16(extensions)
    message = bytes([_CLIENT_HELLO]) + len(body).to_bytes(3) + body
    return bytes([_HANDSHAKE]) + _u16.pack(TLS10) + _vector16(message)


def _extensions(offer: Offer, host: str) -> Iterator[tuple[int, bytes]]:
    if Address.parse(host) is None:  # RFC 6066, section 3: an address is no server name
        yield _SERVER_NAME, _vector16(b"\x00" + _vector16(host.encode("ascii")))
    yield _GROUPS, _vector16(b"".join(_u16.pack(group) for group in offer.groups))
    yield _POINT_FORMATS, _vector8(b"\x00")
    if offer.version >= TLS12:
        yield _SIGNATURES, _vector16(b"".join(_u16.pack(scheme) for scheme in _SIGNATURE_SCHEMES))
    yield _ALPN, _vector16(b"".join(_vector8(name) for name in offer.alpn))
    if offer.version == TLS13:
        yield _VERSIONS, _vector8(_u16.pack(TLS13))
        yield _KEY_SHARE, _vector16(b"")
    else:
        yield _MASTER_SECRET, b""
        yield _RENEGOTIATION, _vector8(b"")


def decode(data: bytes) -> ServerHello | Alert | None:
    """What the server answers in ``data``, all that came so far; ``None`` where more must come.

    Raises:
        Malformed: it is no answer.
    """
    messages = b""
    for kind, payload in _records(data):
        if kind == _ALERT:
            if len(payload) != 2:
                raise Malformed("an alert of another length than two bytes")
            level, code = payload
            if level == _FATAL or code == _CLOSE_NOTIFY:
                return Alert(code)
            continue  # a warning, such as that the name is not known: the answer follows
        if kind != _HANDSHAKE:
            raise Malformed(f"a record of kind {kind} in the place of a ServerHello")
        messages += payload
        if messages[:1] != bytes([_SERVER_HELLO]):
            raise Malformed("a handshake that does not begin with a ServerHello")
        end = 4 + int.from_bytes(messages[1:4])
        if len(messages) >= 4 and end > MOST_BYTES:
            raise Malformed(f"a ServerHello of {end} bytes")
        if len(messages) >= 4 and len(messages) >= end:
            return _server_hello(_Reader(messages[4:end]))
    if len(data) >= MOST_BYTES:
        raise Malformed("no ServerHello in all that came")
    return None


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The whole records in ``data``."""
    at = 0
    while len(data) - at >= 5:
        kind, major, _, length = struct.unpack_from("!BBBH", data, at)
        if major != 3 or not 0 < length <= _MOST_IN_RECORD:
            raise Malformed("no record of TLS")
        if len(data) - at < 5 + length:
            return
        yield kind, data[at + 5 : at + 5 + length]
        at += 5 + length
    # Of a record that is not whole, the first byte is enough to see that it is none.
    if at < len(data) and data[at] not in (_ALERT, _HANDSHAKE):
        raise Malformed("no record of TLS")


def _server_hello(reader: _Reader) -> ServerHello:
    version = reader.u16()
    reader.take(32)  # random bytes, which tell a HelloRetryRequest; what is asked for is read alike in both
    reader.take(reader.u8())  # the session's id, sent back
    suite = reader.u16()
    reader.u8()  # the compression, none
    group = None
    if reader.left:  # an old server may leave the extensions out
        extensions = _Reader(reader.take(reader.u16()))
        while extensions.left:
            kind = extensions.u16()
            data = _Reader(extensions.take(extensions.u16()))
            if kind == _VERSIONS:
                version = data.u16()
            elif kind == _KEY_SHARE:
                group = data.u16()
    return ServerHello(version, suite, group)


class _Reader:
    """Bytes that are read from the front, and not beyond their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def left(self) -> bool:
        """Whether there is more."""
        return bool(self._data)

    def take(self, count: int) -> bytes:
        if count > len(self._data):
            raise Malformed("a ServerHello that ends too soon")
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int(_u16.unpack(self.take(2))[0])


def _vector8(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def _vector16(data: bytes) -> bytes:
    return _u16.pack(len(data)) + data


def _extension(kind: int, data: bytes) -> bytes:
    return _u16.pack(kind) + _vector16(data)
