"""Availability over time as a chart: a row for the page, and one for each region. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from monitor.report.history import Cell, Strip
from monitor.report.html.axis import Frame, Tick, frame, ticks
from monitor.report.html.drawing import bars
from monitor.report.report import Judgement
from monitor.report.words import covered, figure
from monitor.sla.promise import By
from monitor.sla.verdict import seconds
from probes.units import format_duration

EVERYWHERE = "all regions"
_LITTLE = 0.01
_NOTHING = 1e-6


class State(StrEnum):
    """What a piece of time was. Each is drawn at a height of its own, so that it needs no colour."""

    WORSE = "worse"
    BAD = "bad"
    GOOD = "good"
    SPARSE = "sparse"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"


HEIGHTS: Mapping[State, int] = MappingProxyType(
    {
        State.WORSE: 24,
        State.BAD: 17,
        State.GOOD: 10,
        State.SPARSE: 6,
        State.UNKNOWN: 2,
        State.EXCLUDED: 1,
    }
)
_MEANINGS = MappingProxyType(
    {
        State.WORSE: "bad for 1 % of the measured time or more",
        State.BAD: "bad for less than that",
        State.GOOD: "good",
        State.SPARSE: "good, but measured less than the promise asks for",
        State.UNKNOWN: "not measured",
        State.EXCLUDED: "excluded (maintenance, or outside the hours of service)",
    }
)


class Row(NamedTuple):
    """A row of a strip."""

    name: str
    paths: dict[State, str]
    value: str
    bad: str
    covered: str


class StripChart(NamedTuple):
    """What the template draws."""

    title: str
    about: str
    frame: Frame
    rows: Sequence[Row]
    ticks: Sequence[Tick]
    legend: Sequence[tuple[State, str, int]]


def strip_chart(one: Judgement, strip: Strip) -> StripChart:
    """The chart of a promise of availability."""
    needed = one.verdict.promise.accounting.coverage
    named = {EVERYWHERE: strip.page, **strip.regions} if _by_quorum(one, strip) else dict(strip.regions)
    states = {name: [state_of(cell, needed) for cell in cells] for name, cells in named.items()}
    rows = [_row(one, name, cells, states[name]) for name, cells in named.items()]
    seen = {state for each in states.values() for state in each}
    return StripChart(
        one.objective.name,
        _about(one, strip),
        frame(strip.span, strip.start, strip.step),
        rows,
        ticks(strip.span.start, strip.span.end),
        [(state, _MEANINGS[state], HEIGHTS[state]) for state in State if state in seen],
    )


def state_of(cell: Cell, needed: float) -> State:
    """What a piece of time was; ``needed`` is the share of it that should have been measured."""
    if cell.bad > 0:
        return State.WORSE if cell.bad >= _LITTLE * cell.known else State.BAD
    if cell.known > 0:
        return State.GOOD if cell.known >= needed * cell.eligible - _NOTHING else State.SPARSE
    return State.UNKNOWN if cell.eligible > _NOTHING else State.EXCLUDED


def _by_quorum(one: Judgement, strip: Strip) -> bool:
    """Whether the page has a row of its own: where it is judged by one that is no region's."""
    alike = all(list(cells) == list(strip.page) for cells in strip.regions.values())
    return one.verdict.promise.accounting.by is By.TIME and (len(strip.regions) > 1 or not alike)


def _row(one: Judgement, name: str, cells: Sequence[Cell], states: Sequence[State]) -> Row:
    """The figures are the verdict's own; of one region they are those of its slices."""
    if name == EVERYWHERE:
        value, share = one.verdict.value, one.verdict.coverage
    else:
        found = one.verdict.regions.get(name)
        value, share = (found.value, found.coverage) if found else (None, 0.0)
    bad = sum(cell.bad for cell in cells)
    known = any(cell.known for cell in cells)
    return Row(
        name,
        bars(states, HEIGHTS),
        figure(one.objective, value),
        seconds(bad) if known else "-",
        covered(share),
    )


def _about(one: Judgement, strip: Strip) -> str:
    words = f"Each bar is {format_duration(strip.step)}, the higher the worse."
    by = one.verdict.promise.accounting.by
    if by is By.REGIONS:
        return f"{words} The promise gives each region the same weight."
    if by is By.REQUESTS:
        return f"{words} The promise counts visits; this is time."
    return words
