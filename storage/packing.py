"""How sets of slices and figures lie in a row: small, and read in microseconds.

A set is a whole number, bit i for slice i. Most are all ones or empty, and shrink to a few bytes. Figures of
several indicators lie end to end, so that what nobody asks for is stepped over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

_PLAIN, _ZLIB = b"\x00", b"\x01"
_WORTH_IT = 16
"""Bytes from which on a set is compressed."""
_LARGEST_SET = 1 << 16
"""Bytes: no set of a day is larger, by far."""
_NAME = struct.Struct("<B")
_FIGURES = struct.Struct("<Q16sddI")  # count, total, least, most, bytes of the sketch


class PackedFigures(NamedTuple):
    """The figures of one indicator in a period."""

    name: str
    number: int
    """How many there are."""
    total: int
    """Their sum in whole billionths."""
    least: float
    most: float
    sketch: bytes


def pack_set(members: int) -> bytes:
    """A set as bytes."""
    data = members.to_bytes(-(-members.bit_length() // 8), "little")
    if len(data) < _WORTH_IT:
        return _PLAIN + data
    packed = zlib.compress(data)
    return _ZLIB + packed if len(packed) < len(data) else _PLAIN + data


def unpack_set(data: bytes) -> int:
    """The set that :func:`pack_set` wrote.

    Raises:
        ValueError: ``data`` is none.
    """
    kind, rest = data[:1], data[1:]
    if kind == _ZLIB:
        try:
            rest = zlib.decompressobj().decompress(rest, _LARGEST_SET)
        except zlib.error as error:
            raise ValueError(f"not a set of slices: {error}") from error
    elif kind != _PLAIN:
        raise ValueError(f"a set of slices of the kind {kind!r} is not known")
    return int.from_bytes(rest, "little")


def pack_figures(figures: Iterable[PackedFigures]) -> bytes:
    """The figures of several indicators as bytes, in the order of their names."""
    parts = []
    for one in sorted(figures):
        name, total = one.name.encode(), one.total.to_bytes(16, "little", signed=True)
        parts += [
            _NAME.pack(len(name)),
            name,
            _FIGURES.pack(one.number, total, one.least, one.most, len(one.sketch)),
            one.sketch,
        ]
    return b"".join(parts)


def unpack_figures(data: bytes, wanted: Collection[bytes] | None = None) -> list[PackedFigures]:
    """The figures that :func:`pack_figures` wrote, or those of the indicators with these names alone.

    Raises:
        ValueError: ``data`` holds none.
    """
    found = []
    at, end = 0, len(data)
    try:
        while at < end:
            begin = at + 1
            at = begin + data[at]
            name = data[begin:at]
            number, total, least, most, size = _FIGURES.unpack_from(data, at)
            at += _FIGURES.size + size
            if wanted is None or name in wanted:
                whole = int.from_bytes(total, "little", signed=True)
                sketch = data[at - size : at]
                found.append(PackedFigures(name.decode(), number, whole, least, most, sketch))
    except struct.error as error:
        raise ValueError("the figures are cut off") from error
    if at != end:
        raise ValueError("the figures are cut off")
    return found
