"""Visual time: when the pictures changed for the last time, moving things left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Area, Box
from probes.firstscreen.causes import LATEST, PROMPT, Causes
from probes.firstscreen.frames import Step, restless_tiles
from probes.firstscreen.tiles import Grid

if TYPE_CHECKING:
    from probes.firstscreen.tiles import Mask

_LEAST = 0.0005
"""The share of the viewport that must change for it to be seen."""
_LATE = 1.0
"""Seconds after a change in the document within which pictures show it."""
_EARLY = 0.15
"""Seconds before it: what went just before it was the same change, step by step."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the pictures say."""

    at: float | None
    """When they changed for the last time."""
    where: Mask
    """What changed then."""
    masked: Mask
    """What was left out, at least once, because it moves."""


def look(
    found: Sequence[Step],
    grid: Grid,
    causes: Causes,
    *,
    ended: float,
    moving: Sequence[Area] = (),
    drawn: Sequence[Area] = (),
) -> Sight:
    """The last change of what does not move.

    A tile moves if it changed five times or more and still does, or lies where an animation runs. One that
    changes without a cause moves too, except on a canvas, where causes leave no trace; of its changes only
    those count that follow at once from one.
    """
    never = restless_tiles(found, grid, ended) | grid.union(moving)
    canvas = grid.union(drawn)
    causeless = grid.none
    for step in found:
        if not causes.before(step.at, LATEST):
            causeless |= step.changed & ~canvas
    at, where, masked = None, grid.none, never.copy()
    for step in found:
        counted = canvas.copy()
        if causes.before(step.at, PROMPT):
            counted[:] = True
        elif causes.before(step.at, LATEST):
            counted |= ~causeless
        counted &= ~never
        masked |= step.changed & ~counted
        if step.counts[counted].sum() >= _LEAST * grid.width * grid.height:
            at, where = step.at, step.changed & counted
    return Sight(at, where, masked)


def was_shown(found: Sequence[Step], grid: Grid, start: float, end: float, box: Box) -> bool:
    """Whether pictures changed in a box about the time of a change in the document; without pictures, yes."""
    if not found:
        return True
    tiles = grid.under(box)
    return any(
        bool((step.changed & tiles).any()) for step in found if start - _EARLY < step.at <= end + _LATE
    )
