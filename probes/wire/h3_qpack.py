"""Header compression of HTTP/3 (RFC 9204) with the static table alone.

We keep no table for the server and use none of its, so that no header waits for another stream, a field is
always the same bytes, and a server has nothing of ours to fill.
"""

from __future__ import annotations

from functools import lru_cache

from probes.wire.bounds import HEAD_BYTES
from probes.wire.exchange import Headers
from probes.wire.h3_frames import broken
from probes.wire.h3_static import STATIC
from probes.wire.prefixed import (
    KEPT_BYTES,
    SECRET,
    Malformed,
    read_integer,
    read_string,
    write_integer,
    write_string,
)

_Field = tuple[bytes, bytes]

_ENTRY_BYTES = 32
"""What a field counts for beside its own length (RFC 9114, section 4.2.2)."""

_NO_TABLE = bytes(2)
"""What a header block begins with that refers to no table but the static one (section 4.5.1)."""

_FIELDS = {field: index for index, field in reversed(list(enumerate(STATIC)))}
_NAMES = {field[0]: index for index, field in reversed(list(enumerate(STATIC)))}


def encode(fields: Headers) -> bytes:
    """The header block of ``fields``."""
    return _NO_TABLE + b"".join(
        [
            _encode(name, value, False)
            if name in SECRET or len(value) > KEPT_BYTES
            else _kept(name, value, True)
            for name, value in fields
        ]
    )


def _encode(name: bytes, value: bytes, huffman: bool) -> bytes:
    index = _FIELDS.get((name, value))
    if index is not None and huffman:
        return write_integer(index, 6, 0xC0)
    # A secret is marked never to be indexed, which binds whoever passes it on.
    index = _NAMES.get(name)
    if index is not None:
        start = write_integer(index, 4, 0x70 if name in SECRET else 0x50)
    else:
        start = write_string(name, huffman=huffman, bits=3, pattern=0x30 if name in SECRET else 0x20)
    return start + write_string(value, huffman=huffman)


_kept = lru_cache(maxsize=2048)(_encode)


def decode(block: bytes) -> Headers:
    """The fields of ``block``.

    Raises:
        Failure: it is no header block, refers to a table that there is none of, or is too large.
    """
    try:
        return tuple(_decode(block))
    except IndexError:
        raise broken("a header block is cut short") from None
    except Malformed as error:
        raise broken(f"a header block {error}") from error


def _decode(block: bytes) -> list[_Field]:
    required, at = read_integer(block, 0, 0xFF)
    _, at = read_integer(block, at, 0x7F)
    if required:
        raise Malformed("refers to a table that we keep none of")
    fields: list[_Field] = []
    end, room = len(block), HEAD_BYTES
    while at < end:
        field, at = _field(block, at)
        room -= len(field[0]) + len(field[1]) + _ENTRY_BYTES
        if room < 0:
            raise broken(f"a header larger than {HEAD_BYTES} bytes when decoded")
        fields.append(field)
    return fields


def _field(block: bytes, at: int) -> tuple[_Field, int]:
    """The field at ``at`` (section 4.5), and where it ends."""
    first = block[at]
    if first & 0xC0 == 0xC0:
        index, at = read_integer(block, at, 0x3F)
        return _known(index), at
    if first & 0xD0 == 0x50:
        index, at = read_integer(block, at, 0x0F)
        name = _known(index)[0]
    elif first & 0xE0 == 0x20:
        name, at = read_string(block, at, 0x07)
    else:
        raise Malformed("refers to a table that we keep none of")
    value, at = read_string(block, at)
    return (name, value), at


def _known(index: int) -> _Field:
    if index >= len(STATIC):
        raise Malformed(f"refers to an unknown field ({index})")
    return STATIC[index]
