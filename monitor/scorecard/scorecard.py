"""What a scorecard holds, whatever it is shown as: a card for each vendor, and the vendors compared.

A report of a stage has its scorecard as ``Report.scorecard``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from monitor.config.kpis import Group

__all__ = ["Card", "Column", "Group", "Kind", "Line", "Result", "Row", "Scorecard", "all_in_all"]


class Kind(StrEnum):
    """What a line is about."""

    OBJECTIVE = "objective"  # measured, and judged by the judge
    KPI = "kpi"  # imported


class Result(StrEnum):
    """What a line comes to."""

    PASS = "pass"  # noqa: S105  # no password
    FAIL = "fail"
    NOT_ENOUGH = "not enough data"
    RUNNING = "running"  # the stage is not over, and it can still be passed and failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One objective or KPI of one vendor."""

    name: str
    kind: Kind
    group: Group
    unit: str
    """What ``value`` is in: a KPI's unit or an indicator's, ``change`` or ``growth a month``."""
    target: float | None = None
    target_words: str = ""
    """The target as a person reads it; empty where there is none, and the line is only shown."""
    value: float | None = None
    value_words: str = "-"
    """The figure as a person reads it, never on the other side of its target than the figure is."""
    result: Result | None = None
    """``None``: nothing is asked of it, and it is only shown."""
    words: str = ""
    """What it comes to, in one sentence."""
    missing: tuple[str, ...] = ()
    """What is missing for a pass or a fail."""
    notes: tuple[str, ...] = ()
    """What else is to be known about the figure."""
    days: int | None = None
    """Of how many days a KPI's figure is made."""
    of: int | None = None
    """How many days have passed, of which it could be made."""
    evidence: tuple[str, ...] = ()
    """Commands that show what the line rests on."""
    sources: tuple[str, ...] = ()
    """The files that a KPI's values came from, with their SHA-256."""

    @property
    def judged(self) -> bool:
        """Whether anything is asked of it."""
        return self.result is not None


def all_in_all(parts: Iterable[Line | Card]) -> Result:
    """What lines or cards come to: one fail is a fail, and all must be passed for the whole to be."""
    found = {one.result for one in parts if one.result is not None}
    for result in (Result.FAIL, Result.NOT_ENOUGH, Result.RUNNING):
        if result in found:
            return result
    return Result.PASS if found else Result.NOT_ENOUGH


@dataclass(frozen=True, slots=True)
class Card:
    """The lines of one vendor."""

    vendor: str
    lines: tuple[Line, ...]

    @property
    def result(self) -> Result:
        """What they come to."""
        return all_in_all(self.lines)

    @property
    def counts(self) -> Counter[Result]:
        """How many lines came to what; without those of which nothing is asked."""
        return Counter(line.result for line in self.lines if line.result is not None)

    def group(self, group: Group) -> tuple[Line, ...]:
        """The lines of one group."""
        return tuple(line for line in self.lines if line.group == group)


@dataclass(frozen=True, slots=True)
class Column:
    """An objective or KPI by which vendors are compared, and what each of them promised."""

    name: str
    kind: Kind
    target_words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One vendor in the comparison."""

    vendor: str
    cells: tuple[Line | None, ...]
    """Its line for each column; ``None`` where it has none."""
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The scorecard of a stage."""

    made_at: datetime
    stage: str
    first: date
    """The first day whose KPIs count."""
    last: date
    """The last one."""
    running: bool
    """Whether days of it are still to come."""
    over: str
    """Over which time, in words."""
    cards: tuple[Card, ...]

    @property
    def lines(self) -> Iterator[Line]:
        """All of them."""
        return (line for card in self.cards for line in card.lines)

    @property
    def result(self) -> Result:
        """What all vendors come to."""
        return all_in_all(self.cards)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What vendors can be compared by: all that any of them has a line for."""
        found: dict[tuple[str, Kind], Column] = {}
        for line in self.lines:
            column = Column(line.name, line.kind, line.target_words)
            found.setdefault((line.name, line.kind), column)
        return tuple(found.values())

    @property
    def comparison(self) -> tuple[Row, ...]:
        """The vendors against the same promises, one row for each."""
        rows, columns = [], self.columns
        for card in self.cards:
            of_column = {(line.name, line.kind): line for line in card.lines}
            cells = tuple(of_column.get((column.name, column.kind)) for column in columns)
            rows.append(Row(card.vendor, cells, card.result))
        return tuple(rows)
