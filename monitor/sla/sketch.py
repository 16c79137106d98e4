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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

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
_VERSION = 1


def _bucket(size: float) -> int:
    return math.ceil(math.log(min(size, LARGEST)) / _LOG) - _LOWEST


def _middle(bucket: int) -> float:
    """The value that is within 1 % of all in a bucket."""
    return 2.0 * math.exp((bucket + _LOWEST) * _LOG) / (GAMMA + 1)


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
        whole = cls()
        by_skip: dict[tuple[bool, int], int] = {}
        for one in many:
            if not isinstance(one, bytes):
                whole.merge(one)
                continue
            (skip, above), (under, below), zeros = _read(one)
            by_skip[True, skip] = by_skip.get((True, skip), 0) + above
            if below:
                by_skip[False, under] = by_skip.get((False, under), 0) + below
            whole.zeros += zeros
        for (is_above, skip), counts in by_skip.items():
            if is_above:
                whole.above += counts << skip * _LANE
            else:
                whole.below += counts << skip * _LANE
        return whole

    @property
    def count(self) -> int:
        """How many figures there are."""
        return _sum(self.above) + self.zeros + _sum(self.below)

    def quantile(self, share: float) -> float | None:
        """The figure that ``share`` of all are at or below: the smallest such; ``None`` of nothing."""
        rank = max(1, math.ceil(round(share * self.count, 6)))
        passed = 0
        value = None
        for value, _, held in self._buckets():  # noqa: B007 (the last one counts where the loop ends)
            passed += held
            if passed >= rank:
                break
        return value

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
