"""The geometry of charts: paths of SVG that are stretched to whatever width there is. Pure.

A piece of time is one unit wide. Lines are staircases: a figure of an hour is one for all of that
hour, nothing is drawn where nothing was measured, and no line crosses a gap.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from monitor.report.history import Course, Point

HEIGHT = 100
"""Units from the bottom of a course to its top."""
BAR = 24
"""Units from the bottom of a strip to its top."""
_NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

Kind = TypeVar("Kind", bound=Hashable)
Place = tuple[int, float]
"""A piece by its number, and a figure."""


def bars(kinds: Sequence[Kind], heights: Mapping[Kind, int]) -> dict[Kind, str]:
    """A path for each kind of piece, neighbours of one kind put together."""
    found: dict[Kind, list[str]] = {}
    at = 0
    for kind, run in groupby(kinds):
        width, height = len(list(run)), heights[kind]
        found.setdefault(kind, []).append(f"M{at} {BAR - height}h{width}v{height}h-{width}z")
        at += width
    return {kind: "".join(parts) for kind, parts in found.items()}


def places(points: Sequence[Point], course: Course, *, high: bool = False) -> list[Place]:
    """Where the figures of some points stand; with ``high``, those beside them."""
    figures = ((one.start, one.high if high else one.value) for one in points)
    return [((at - course.start) // course.step, figure) for at, figure in figures if figure is not None]


def staircase(found: Sequence[Place], top: float) -> str:
    """A line over each piece at its figure, joined where pieces touch."""
    parts = []
    for run in _touching(found):
        at, level = run[0][0], _level(run[0][1], top)
        parts.append(f"M{at} {level}")
        parts.append(_along([_level(figure, top) for _, figure in run], level))
    return "".join(parts)


def ground(found: Sequence[Place], top: float) -> str:
    """What lies under the staircase, down to 0."""
    parts = []
    for run in _touching(found):
        level = _level(run[0][1], top)
        parts.append(f"M{run[0][0]} {HEIGHT}V{level}")
        parts.append(_along([_level(figure, top) for _, figure in run], level))
        parts.append(f"V{HEIGHT}z")
    return "".join(parts)


def scale(wanted: float) -> float:
    """The top of a scale that starts at 0 and holds ``wanted``: a round number, a little above it."""
    if wanted <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(nice * power for nice in _NICE if nice * power >= wanted * (1 - 1e-9))


def _level(figure: float, top: float) -> int:
    """How far below the top; what reaches beyond either end is drawn at it."""
    return HEIGHT - round(min(max(figure / top, 0.0), 1.0) * HEIGHT)


def _touching(found: Sequence[Place]) -> Iterator[list[Place]]:
    run: list[Place] = []
    for one in found:
        if run and one[0] != run[-1][0] + 1:
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _along(levels: Sequence[int], at: int) -> str:
    """Steps from ``at`` on, equal ones put together."""
    parts = []
    for level, run in groupby(levels):
        if level != at:
            parts.append(f"v{level - at}")
            at = level
        parts.append(f"h{len(list(run))}")
    return "".join(parts)
