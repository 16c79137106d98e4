"""Integers and strings behind a prefix of bits, as HPACK and QPACK have them (RFC 7541, section 5).

The text of a Huffman code that is seen again at every visit is kept: that is most of a header's time.
"""

from __future__ import annotations

from functools import lru_cache

from hpack.exceptions import HPACKError
from hpack.hpack import encode_integer
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman

KEPT_BYTES = 256
"""Longer strings are not kept, so that what is kept stays small whatever a server sends; nor are secrets."""

SECRET = frozenset({b"authorization", b"cookie", b"proxy-authorization"})
"""Fields that are marked never to be indexed, and not kept."""

_huffman = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


class Malformed(Exception):
    """A block that is no header block; the words are what is said of it."""


def write_integer(value: int, bits: int, pattern: int) -> bytes:
    """``value`` behind the upper bits of ``pattern``."""
    made = encode_integer(value, bits)
    made[0] |= pattern
    return bytes(made)


def write_string(text: bytes, *, huffman: bool, bits: int = 7, pattern: int = 0) -> bytes:
    """``text``, coded where that is asked for and shorter."""
    short = _huffman.encode(text) if huffman else text
    if len(short) < len(text):
        return write_integer(len(short), bits, pattern | 1 << bits) + short
    return write_integer(len(text), bits, pattern) + text


def read_integer(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """The integer at ``at`` (section 5.1), and where it ends.

    Raises:
        IndexError: the block ends before it.
        Malformed: it is beyond all bounds.
    """
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
    raise Malformed("has an integer beyond all bounds")


def read_string(block: bytes, at: int, mask: int = 0x7F) -> tuple[bytes, int]:
    """The string at ``at`` (section 5.2), and where it ends.

    Raises:
        IndexError: the block ends before it.
        Malformed: it is no such string.
    """
    coded = block[at] & (mask + 1)
    length, at = read_integer(block, at, mask)
    end = at + length
    if end > len(block):
        raise Malformed("is cut short")
    text = block[at:end]
    if coded:
        text = _kept_text(text) if length <= KEPT_BYTES else _text(text)
    return text, end


def _text(code: bytes) -> bytes:
    try:
        return decode_huffman(code)
    except HPACKError as error:
        raise Malformed(f"cannot be decoded: {error}") from error


_kept_text = lru_cache(maxsize=4096)(_text)
