"""Header compression (RFC 7541) on the tables and the Huffman code of the hpack package.

What we send makes no use of the server's memory, so a field is always the same bytes and can be kept.
What we receive is decoded without the package's own decoder: that one logs each step and has no way to
keep the text of a Huffman code that is seen again at every visit, which is most of its time.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache

from hpack.table import HeaderTable

from probes.wire.bounds import HEAD_BYTES
from probes.wire.exchange import Headers
from probes.wire.h2_frames import broken
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

TABLE_BYTES = 4096
"""The largest memory of fields that the server may have us keep: the default, which we do not raise."""

_ENTRY_BYTES = 32
"""What a field counts for beside its own length (section 4.1)."""

_STATIC = HeaderTable.STATIC_TABLE
_STATIC_LENGTH = len(_STATIC)


def encode(fields: Headers) -> bytes:
    """The header block of ``fields``, which does not depend on what was sent before."""
    return b"".join(
        [
            _encode(name, value, False)
            if name in SECRET or len(value) > KEPT_BYTES
            else _kept(name, value, True)
            for name, value in fields
        ]
    )


def _encode(name: bytes, value: bytes, huffman: bool) -> bytes:
    index, values = HeaderTable.STATIC_TABLE_MAPPING.get(name, (0, {}))
    if value in values:
        return write_integer(values[value], 7, 0x80)
    # Without indexing; for a secret "never indexed", which binds whoever passes it on.
    start = write_integer(index, 4, 0x10 if name in SECRET else 0)
    return (
        start + (b"" if index else write_string(name, huffman=huffman)) + write_string(value, huffman=huffman)
    )


_kept = lru_cache(maxsize=2048)(_encode)


class HeaderDecoder:
    """Decodes a connection's header blocks, one after another, with the memory that they share."""

    __slots__ = ("_entries", "_limit", "_size")

    def __init__(self) -> None:
        self._entries: deque[_Field] = deque()
        self._size = 0
        self._limit = TABLE_BYTES

    def decode(self, block: bytes) -> Headers:
        """The fields of ``block``.

        Raises:
            Failure: it is no header block, or is too large when decoded.
        """
        try:
            return tuple(self._decode(block))
        except IndexError:
            raise broken("a header block is cut short") from None
        except Malformed as error:
            raise broken(f"a header block {error}") from error

    def _decode(self, block: bytes) -> list[_Field]:
        fields: list[_Field] = []
        at, end, room, resizes = 0, len(block), HEAD_BYTES, 0
        while at < end:
            first = block[at]
            if first & 0x80:
                index, at = read_integer(block, at, 0x7F)
                field = self._known(index)
            elif first & 0x40:
                field, at = self._literal(block, at, 0x3F)
                self._remember(field)
            elif first & 0x20:
                resizes += 1
                if fields or resizes > 2:
                    raise broken("a header block changes its table's size where it may not")
                at = self._resize(block, at)
                continue
            else:
                field, at = self._literal(block, at, 0x0F)
            room -= len(field[0]) + len(field[1]) + _ENTRY_BYTES
            if room < 0:
                raise broken(f"a header larger than {HEAD_BYTES} bytes when decoded")
            fields.append(field)
        return fields

    def _literal(self, block: bytes, at: int, mask: int) -> tuple[_Field, int]:
        index, at = read_integer(block, at, mask)
        if index:
            name = self._known(index)[0]
        else:
            name, at = read_string(block, at)
        value, at = read_string(block, at)
        return (name, value), at

    def _known(self, index: int) -> _Field:
        if 0 < index <= _STATIC_LENGTH:
            return _STATIC[index - 1]
        place = index - _STATIC_LENGTH - 1
        if not 0 <= place < len(self._entries):
            raise broken(f"a header block refers to an unknown field ({index})")
        return self._entries[place]

    def _remember(self, field: _Field) -> None:
        self._entries.appendleft(field)
        self._size += len(field[0]) + len(field[1]) + _ENTRY_BYTES
        self._evict()

    def _resize(self, block: bytes, at: int) -> int:
        self._limit, at = read_integer(block, at, 0x1F)
        if self._limit > TABLE_BYTES:
            raise broken(f"a header table of {self._limit} bytes, where {TABLE_BYTES} are allowed")
        self._evict()
        return at

    def _evict(self) -> None:
        while self._size > self._limit:
            name, value = self._entries.pop()
            self._size -= len(name) + len(value) + _ENTRY_BYTES
