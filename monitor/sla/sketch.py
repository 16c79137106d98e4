"""A sketch of many figures from which any percentile can be read, within 1 % of its value.

It is the DDSketch of Masson, Rim and Lee (VLDB 2019): a figure is counted in the bucket of its logarithm, and
the buckets of two sketches add up, so a month is the sum of its hours, exactly and in any order. The counts
stand side by side in one whole number, which Python adds in C: merging the sketches of half a year takes a
tenth of what the ``ddsketch`` package takes, and needs no protobuf to be stored.

Figures below 1e-6 count as 0 (a layout shift of none, a grade F); negative ones have a sketch of their own.
Those beyond 1e9 are counted as 1e9.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

ERROR = 0.01
"""How far a percentile may lie from the true one, as a share of it."""
GAMMA = (1 + ERROR) / (1 - ERROR)
SMALLEST = 1e-6
LARGEST = 1e9

_LOG = math.log(GAMMA)
_LOWEST = math.floor(math.log(SMALLEST) / _LOG)
_LANE = 64  # bits of one bucket's count
_LANE_BYTES = _LANE // 8
_SPAN = struct.Struct("<BHHI")  # planes, first bucket, buckets, bytes behind
_NOTHING = bytes(_SPAN.size)
_HEAD = np.dtype(
    [
        ("version", "u1"),
        ("zeros", "<u8"),
        ("planes", "u1"),
        ("skip", "<u2"),
        ("buckets", "<u2"),
        ("size", "<u4"),
    ]
)
"""The same after the version and the zeros."""
_VERSION = 1


def _bucket(size: float) -> int:
    return math.ceil(math.log(min(size, LARGEST)) / _LOG) - _LOWEST


@lru_cache(maxsize=4096)
def _middle(bucket: int) -> float:
    """The value that is within 1 % of all in a bucket."""
    return 2.0 * math.exp((bucket + _LOWEST) * _LOG) / (GAMMA + 1)


@lru_cache(maxsize=4096)
def _edge(bucket: int) -> float:
    """The largest value of a bucket."""
    return math.exp((bucket + _LOWEST) * _LOG)


@lru_cache(maxsize=64)
def _whole_below(limit: float) -> int:
    """The first bucket that is not whole at or below ``limit``."""
    bucket = _bucket(limit)
    return bucket + 1 if _edge(bucket) <= limit else bucket


@dataclass(slots=True)
class Sketch:
    """How many figures lie in which bucket."""

    above: int = 0
    zeros: int = 0
    below: int = 0

    @classmethod
    def of(cls, figures: Iterable[float]) -> Self:
        """A sketch of ``figures``."""
        sketch = cls()
        for figure in figures:
            sketch.add(figure)
        return sketch

    def add(self, figure: float) -> None:
        """Count one more."""
        if figure > SMALLEST:
            self.above += 1 << _LANE * _bucket(figure)
        elif figure < -SMALLEST:
            self.below += 1 << _LANE * _bucket(-figure)
        else:
            self.zeros += 1

    def merge(self, other: Self) -> None:
        """Count all that the other one counted."""
        self.above += other.above
        self.zeros += other.zeros
        self.below += other.below

    @classmethod
    def sum(cls, many: Iterable[Self | bytes]) -> Self:
        """One sketch of all that many count, some of them still bytes: far quicker than one by one."""
        whole, held = cls(), list(many)
        packed = [one for one in held if isinstance(one, bytes)]
        if len(packed) < len(held):
            for one in held:
                if not isinstance(one, bytes):
                    whole.merge(one)
        above, zeros, others = _sum_of_packed(packed)
        whole.above += above
        whole.zeros += zeros
        for other in others:
            whole.merge(cls.from_bytes(other))
        return whole

    @property
    def count(self) -> int:
        """How many figures there are."""
        return _sum(self.above) + self.zeros + _sum(self.below)

    def quantile(self, share: float) -> float | None:
        """The figure that ``share`` of all are at or below: the smallest such; ``None`` of nothing."""
        below, above = list(_lanes(self.below)), list(_lanes(self.above))
        count = sum(held for _, held in below) + self.zeros + sum(held for _, held in above)
        left = min(count, max(1, math.ceil(round(share * count, 6))))
        for bucket, held in reversed(below):
            left -= held
            if left <= 0:
                return -_middle(bucket)
        left -= self.zeros
        if left <= 0:
            return 0.0 if count else None
        for bucket, held in above:  # noqa: B007 (it is the last one at the latest)
            left -= held
            if left <= 0:
                break
        return _middle(bucket)

    def at_most(self, limit: float) -> tuple[int, int]:
        """How many figures are certainly at or below ``limit``, and how many may be."""
        certain = possible = 0
        for _, (least, most), held in self._buckets():
            if most <= limit:
                certain += held
            if least <= limit:
                possible += held
        return certain, possible

    @staticmethod
    def beyond(one: Sketch | bytes, limit: float) -> int:
        """How many figures are not certainly at or below ``limit``; of bytes it is read off them."""
        if isinstance(one, bytes) and limit > SMALLEST and one[-_SPAN.size :] == _NOTHING:
            planes, skip, buckets, _ = _SPAN.unpack_from(one, 9)
            kept = min(buckets, max(0, _whole_below(limit) - skip))
            at = 9 + _SPAN.size
            return sum(
                sum(one[at + plane * buckets + kept : at + (plane + 1) * buckets]) << 8 * plane
                for plane in range(planes)
            )
        opened = Sketch.from_bytes(one) if isinstance(one, bytes) else one
        return opened.count - opened.at_most(limit)[0]

    def _buckets(self) -> Iterator[tuple[float, tuple[float, float], int]]:
        """The value, the bounds and the count of every bucket that holds some, the lowest first."""
        for bucket, held in reversed(list(_lanes(self.below))):
            yield -_middle(bucket), (-_edge(bucket), -_edge(bucket - 1)), held
        if self.zeros:
            yield 0.0, (-SMALLEST, SMALLEST), self.zeros
        for bucket, held in _lanes(self.above):
            yield _middle(bucket), (_edge(bucket - 1), _edge(bucket)), held

    def to_bytes(self) -> bytes:
        """The sketch as a few hundred bytes: the buckets from the first to the last, no wider than needed."""
        return b"".join(
            (bytes((_VERSION,)), self.zeros.to_bytes(8, "little"), _pack(self.above), _pack(self.below))
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The sketch that :meth:`to_bytes` wrote.

        Raises:
            ValueError: ``data`` is no sketch.
        """
        (skip, above), (under, below), zeros = _read(data)
        return cls(above << skip * _LANE, zeros, below << under * _LANE)


def _sum_of_packed(many: Sequence[bytes]) -> tuple[int, int, list[bytes]]:
    """The counts above zero and the zeros of sketches, added up in C, and those that are left.

    These have negative figures, or are no sketches.
    """
    if not many:
        return 0, 0, []
    whole = b"".join(many)
    data = np.frombuffer(whole, np.uint8)
    sizes = np.fromiter(map(len, many), np.int64, len(many))
    if sizes.min() < _HEAD.itemsize + _SPAN.size:
        raise ValueError("the sketch is cut off")
    ends = np.cumsum(sizes)
    at = ends - sizes
    heads = data[at[:, None] + np.arange(_HEAD.itemsize)].view(_HEAD)[:, 0]
    planes, skips, buckets = (heads[name].astype(np.int64) for name in ("planes", "skip", "buckets"))
    held = planes * buckets
    # What stands last in one with negative figures may be zeros too: its length tells it apart.
    plain = (heads["version"] == _VERSION) & (planes <= _LANE_BYTES) & (held == heads["size"])
    plain &= sizes == _HEAD.itemsize + held + _SPAN.size
    plain &= ~data[ends[:, None] - np.arange(1, _SPAN.size + 1)].any(axis=1)
    columns = (at + _HEAD.itemsize, planes, skips, buckets)
    stretches = list(zip(*(one[plain].tolist() for one in columns), strict=True))
    others = [many[place] for place in np.flatnonzero(~plain).tolist()]
    return _sum_of_planes(whole, stretches), sum(heads["zeros"][plain].tolist()), others


def _sum_of_planes(whole: bytes, stretches: Sequence[tuple[int, int, int, int]]) -> int:
    """The lanes of planes: where they begin, how many they are, their first bucket and how many they have.

    Planes of one place, padded and laid under each other, are a matrix, whose columns are added up.
    """
    if not stretches:
        return 0
    first = min(skip for _, _, skip, _ in stretches)
    width = max(skip + buckets for _, _, skip, buckets in stretches) - first
    pads = [bytes(length) for length in range(width + 1)]
    above = 0
    for place in range(max(planes for _, planes, _, _ in stretches)):
        parts: list[bytes] = []
        for at, planes, skip, buckets in stretches:
            if planes > place:
                at += place * buckets
                left = skip - first
                parts += (pads[left], whole[at : at + buckets], pads[width - left - buckets])
        lanes = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, width).sum(axis=0, dtype=np.uint64)
        above += int.from_bytes(lanes.astype("<u8").tobytes(), "little") << 8 * place
    return above << first * _LANE


def _read(data: bytes) -> tuple[tuple[int, int], tuple[int, int], int]:
    """The first bucket and the counts from there on, above and below zero, and the zeros."""
    try:
        if data[0] != _VERSION:
            raise ValueError(f"a sketch of version {data[0]} is not known")
        above, end = _unpack(data, 9)
        below, end = _unpack(data, end)
    except (IndexError, struct.error) as error:
        raise ValueError("the sketch is cut off") from error
    if end != len(data):
        raise ValueError("the sketch has another length than it says")
    return above, below, int.from_bytes(data[1:9], "little")


def _lanes(counts: int) -> Iterator[tuple[int, int]]:
    """The buckets that hold some, with how many."""
    skip = ((counts & -counts).bit_length() - 1) // _LANE if counts else 0
    counts >>= skip * _LANE
    data = counts.to_bytes(-(-counts.bit_length() // _LANE) * _LANE_BYTES, "little")
    for place, held in enumerate(struct.unpack(f"<{len(data) // _LANE_BYTES}Q", data), skip):
        if held:
            yield place, held


def _sum(counts: int) -> int:
    return sum(held for _, held in _lanes(counts))


def _pack(counts: int) -> bytes:
    """The lanes as planes of bytes: the lowest ones, then the next, as far as the largest count goes."""
    if not counts:
        return _SPAN.pack(0, 0, 0, 0)
    skip = ((counts & -counts).bit_length() - 1) // _LANE
    counts >>= skip * _LANE
    buckets = -(-counts.bit_length() // _LANE)
    data = counts.to_bytes(buckets * _LANE_BYTES, "little")
    planes = [data[place::_LANE_BYTES] for place in range(_LANE_BYTES)]
    while not any(planes[-1]):
        planes.pop()
    return _SPAN.pack(len(planes), skip, buckets, len(planes) * buckets) + b"".join(planes)


def _unpack(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """The first bucket and the counts from there on, and where they end."""
    planes, skip, buckets, size = _SPAN.unpack_from(data, at)
    at += _SPAN.size
    if not buckets:
        return (0, 0), at
    end = at + size
    if end > len(data) or size != planes * buckets or planes > _LANE_BYTES:
        raise ValueError("the sketch is cut off")
    lanes = bytearray(buckets * _LANE_BYTES)
    for plane in range(planes):
        lanes[plane::_LANE_BYTES] = data[at + plane * buckets : at + (plane + 1) * buckets]
    return (skip, int.from_bytes(lanes, "little")), end
