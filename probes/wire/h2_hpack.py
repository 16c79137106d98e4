"""Header compression (RFC 7541) on the tables and the Huffman code of the hpack package.

What we send makes no use of the server's memory, so a field is always the same bytes and can be kept.
What we receive is decoded without the package's own decoder: that one logs each step and has no way to
keep the text of a Huffman code that is seen again at every visit, which is most of its time.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache

from hpack.exceptions import HPACKError
from hpack.hpack import encode_integer
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

from probes.wire.bounds import HEAD_BYTES
from probes.wire.exchange import Headers
from probes.wire.h2_frames import broken

_Field = tuple[bytes, bytes]

TABLE_BYTES = 4096
"""The largest memory of fields that the server may have us keep: the default, which we do not raise."""

_ENTRY_BYTES = 32
"""What a field counts for beside its own length (section 4.1)."""

_KEPT_BYTES = 256
"""Longer strings are not kept, so that what is kept stays small whatever a server sends; nor are secrets."""

_STATIC = HeaderTable.STATIC_TABLE
_STATIC_LENGTH = len(_STATIC)

_SECRET = frozenset({b"authorization", b"cookie", b"proxy-authorization"})

_huffman = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


def encode(fields: Headers) -> bytes:
    """The header block of ``fields``, which does not depend on what was sent before."""
    return b"".join(
        [
            _encode(name, value, False)
            if name in _SECRET or len(value) > _KEPT_BYTES
            else _kept(name, value, True)
            for name, value in fields
        ]
    )


def _encode(name: bytes, value: bytes, huffman: bool) -> bytes:
    index, values = HeaderTable.STATIC_TABLE_MAPPING.get(name, (0, {}))
    if value in values:
        return _integer(values[value], 7, 0x80)
    # Without indexing; for a secret "never indexed", which binds whoever passes it on.
    start = _integer(index, 4, 0x10 if name in _SECRET else 0)
    return start + (b"" if index else _string(name, huffman)) + _string(value, huffman)


_kept = lru_cache(maxsize=2048)(_encode)


def _string(text: bytes, huffman: bool) -> bytes:
    short = _huffman.encode(text) if huffman else text
    if len(short) < len(text):
        return _integer(len(short), 7, 0x80) + short
    return _integer(len(text), 7, 0) + text


def _integer(value: int, bits: int, pattern: int) -> bytes:
    made = encode_integer(value, bits)
    made[0] |= pattern
    return bytes(made)


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
        except HPACKError as error:
            raise broken(f"a header block cannot be decoded: {error}") from error

    def _decode(self, block: bytes) -> list[_Field]:
        fields: list[_Field] = []
        at, end, room, resizes = 0, len(block), HEAD_BYTES, 0
        while at < end:
            first = block[at]
            if first & 0x80:
                index, at = _read_integer(block, at, 0x7F)
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
        index, at = _read_integer(block, at, mask)
        if index:
            name = self._known(index)[0]
        else:
            name, at = _read_string(block, at)
        value, at = _read_string(block, at)
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
        self._limit, at = _read_integer(block, at, 0x1F)
        if self._limit > TABLE_BYTES:
            raise broken(f"a header table of {self._limit} bytes, where {TABLE_BYTES} are allowed")
        self._evict()
        return at

    def _evict(self) -> None:
        while self._size > self._limit:
            name, value = self._entries.pop()
            self._size -= len(name) + len(value) + _ENTRY_BYTES


def _read_integer(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """The integer at ``at`` (section 5.1), and where it ends."""
    value = block[at] & mask
    at += 1
    if value < mask:
        return value, at
    for shift in (0, 7, 14, 21):
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise broken("a header block has an integer beyond all bounds")


def _read_string(block: bytes, at: int) -> tuple[bytes, int]:
    """The string at ``at`` (section 5.2), and where it ends."""
    coded = block[at] & 0x80
    length, at = _read_integer(block, at, 0x7F)
    end = at + length
    if end > len(block):
        raise broken("a header block is cut short")
    text = block[at:end]
    if coded:
        text = _kept_text(text) if length <= _KEPT_BYTES else decode_huffman(text)
    return text, end


_kept_text = lru_cache(maxsize=4096)(decode_huffman)
