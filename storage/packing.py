"""How sets of slices and figures lie in a row: small, and read in microseconds.

A set is a whole number, bit i for slice i. Most are all ones or empty, and shrink to a few bytes. Figures of
several indicators lie end to end, so that what nobody asks for is stepped over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_PLAIN, _ZLIB = b"\x00", b"\x01"
_WORTH_IT = 16
"""Bytes from which on a set is compressed."""
_LARGEST_SET = 1 << 16
"""Bytes: no set of a day is larger, by far."""
_NAME = struct.Struct("<B")
_FIGURES = struct.Struct("<Q16sddI")  # count, total, least, most, bytes of the sketch
_HEADS = np.dtype(
    [
        ("number", "<u8"),
        ("low", "<i8"),
        ("high", "<i8"),
        ("least", "<f8"),
        ("most", "<f8"),
        ("size", "<u4"),
    ]
)
"""The same, its total in two parts."""
_LOW = 2**64 - 1


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
    return int.from_bytes(unpack_bytes(data), "little")


def unpack_bytes(data: bytes) -> bytes:
    """The same set as bytes, the lowest first, as long as it takes.

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
    return rest


@dataclass(frozen=True, slots=True)
class FigureArrays:
    """The figures of one indicator in many rows, side by side."""

    rows: NDArray[np.int64]
    """Which rows have any."""
    numbers: NDArray[np.int64]
    """How many each has."""
    totals: NDArray[Any]
    """Their sums in whole billionths: of 64 bits, or Python's own numbers where one is larger."""
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    sketches: list[bytes]


def unpack_many(many: Sequence[bytes], wanted: bytes) -> FigureArrays:
    """The figures of one indicator in many rows, each as :func:`pack_figures` wrote it, read all at once.

    Raises:
        ValueError: a row holds none.
    """
    whole = b"".join(many)
    data = np.frombuffer(whole, np.uint8)
    ends = np.cumsum(np.fromiter(map(len, many), np.int64, len(many)))
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    rows = np.flatnonzero(np.diff(ends, prepend=0))
    at, ends = (ends - np.diff(ends, prepend=0))[rows], ends[rows]
    while len(rows):
        names = at + 1
        at = names + data[at]
        if (at + _FIGURES.size > ends).any():
            raise ValueError("the figures are cut off")
        mine = at - names == len(wanted)
        for place, letter in enumerate(wanted):
            mine[mine] = data[names[mine] + place] == letter
        found.append((rows[mine], at[mine]))
        at = at + _FIGURES.size + _sizes(data, at)
        if (at > ends).any():
            raise ValueError("the figures are cut off")
        rows, at, ends = (one[at < ends] for one in (rows, at, ends))
    return _arrays(whole, data, found)


def _sizes(data: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bytes of each sketch, which stand last in its head."""
    heads = data[(at + _FIGURES.size - 4)[:, None] + np.arange(4)]
    sizes: NDArray[np.int64] = heads.view("<u4")[:, 0].astype(np.int64)
    return sizes


def _arrays(
    whole: bytes, data: NDArray[np.uint8], found: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> FigureArrays:
    """The figures whose heads begin at these places."""
    rows = np.concatenate([np.zeros(0, np.int64), *(one for one, _ in found)])
    at = np.concatenate([np.zeros(0, np.int64), *(one for _, one in found)])
    order = np.argsort(rows, kind="stable")
    rows, at = rows[order], at[order]
    heads = data[at[:, None] + np.arange(_FIGURES.size)].view(_HEADS)[:, 0]
    totals: NDArray[Any] = heads["low"]
    if (heads["high"] != totals >> 63).any():
        totals = np.array(
            [(int(high) << 64) + (int(low) & _LOW) for low, high in zip(totals, heads["high"], strict=True)],
            dtype=object,
        )
    begins = at + _FIGURES.size
    ends = begins + heads["size"]
    sketches = [whole[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    numbers = heads["number"].astype(np.int64)
    return FigureArrays(rows, numbers, totals.copy(), heads["least"].copy(), heads["most"].copy(), sketches)


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
