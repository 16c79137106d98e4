"""The series of one target that come of its samples' evidence and vitals.

Most pages have little of either, so a block is made when there is first something to say in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.metrics import declared
from monitor.metrics.block import Block, Frozen, Number, series_line
from monitor.metrics.readings import READINGS, Reading, number, part, word
from probes.edge.caching import STATUSES
from probes.sample import Outcome, Sample

MOST_VITALS = 50
"""Names of vitals that one target has series for; what comes beyond them is left out."""
EDGE_LABELS = ("network", "pop", "continent")


class EvidenceSeries:
    """What a target's scheduled and untainted samples say beside their times. ``labels`` are the target's."""

    __slots__ = ("_blocks", "_edge", "_labels", "_vitals")

    def __init__(self, labels: str) -> None:
        self._labels = labels
        self._blocks: dict[str, Block] = {}
        self._vitals: dict[str, int] = {}
        self._edge: tuple[str, ...] | None = None

    def record(self, sample: Sample) -> None:
        """Let a sample speak; what it is silent about is no longer known."""
        evidence = sample.evidence
        up = sample.outcome is Outcome.UP
        for reading in READINGS:
            found = evidence.get(reading.key)
            if found is not None:
                self._show(reading, reading.read(found))
            elif self._blocks and not (up and reading.of_round and reading.key not in evidence):
                self._hide(reading.family.name)
        edge = evidence.get("edge")
        if edge is not None or self._edge is not None:
            self._see_edge(edge)
        if sample.vitals or self._vitals:
            self._see_vitals(sample.vitals)

    def forget(self) -> None:
        """Know nothing any more. What was counted stays counted."""
        for name in self._blocks.keys() - {declared.CACHE.name}:
            self._hide(name)
        self._edge = None

    def freeze(self, into: Mapping[str, list[Frozen]]) -> None:
        """Append the blocks as they stand now to the lists of their families, by the family's name."""
        for name, block in self._blocks.items():
            into[name].append(block.freeze())

    def _show(self, reading: Reading, values: Sequence[Number]) -> None:
        name = reading.family.name
        block = self._blocks.get(name)
        if block is None:
            if values.count(None) == len(values):
                return
            lines = [self._line(name, **more) for more in reading.labels]
            block = self._blocks[name] = Block(lines, None)
        block.values[:] = values

    def _hide(self, name: str) -> None:
        block = self._blocks.get(name)
        if block is not None:
            block.values[:] = [None] * len(block.values)

    def _see_vitals(self, vitals: Mapping[str, float]) -> None:
        """Every number gets out under its name, so that a new kind's figures need no word here."""
        name = declared.VITAL.name
        self._hide(name)
        for vital, value in vitals.items():
            place = self._vitals.get(vital)
            if place is None:
                if len(self._vitals) >= MOST_VITALS or not word(vital):
                    continue
                block = self._blocks.setdefault(name, Block())
                place = self._vitals[vital] = block.add(self._line(name, vital=vital), None)
            self._blocks[name].values[place] = number(value)

    def _see_edge(self, edge: Any) -> None:
        network, *where = (word(part(edge, key)) for key in EDGE_LABELS)
        seen = (network, *where) if network else None
        if seen != self._edge:
            self._edge = seen
            self._name_edge(seen)
        self._count_response(part(edge, "cache"), known=seen is not None)

    def _name_edge(self, seen: tuple[str, ...] | None) -> None:
        """Have one series, which names the edge of now: another edge is another series."""
        name = declared.EDGE.name
        if seen is None:
            self._blocks.pop(name, None)
            return
        words = dict(zip(EDGE_LABELS, seen, strict=True))
        self._blocks[name] = Block([self._line(name, **words)], 1)

    def _count_response(self, status: Any, *, known: bool) -> None:
        """Count what the cache did. All series stand at 0 from the first response of an edge on."""
        counted = isinstance(status, str) and status in STATUSES
        block = self._blocks.get(declared.CACHE.name)
        if block is None:
            if not (counted or known):
                return
            lines = [self._line(declared.CACHE.name, status=each) for each in STATUSES]
            block = self._blocks[declared.CACHE.name] = Block(lines)
        if counted:
            block.values[STATUSES.index(status)] += 1  # type: ignore[operator]  # never None

    def _line(self, name: str, **more: str) -> str:
        return series_line(name, self._labels, **more)
