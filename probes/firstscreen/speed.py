"""Speed index: the mean time at which what is seen reached its final state, by histograms of the pictures.

The reckoning is that of WebPageTest and Lighthouse (speedline): how near the colours of a picture are to the
last one's, between those of the first one.
"""

from __future__ import annotations

from collections.abc import Sequence

from probes.firstscreen.capture import Capture
from probes.firstscreen.frames import Step, pictures
from probes.firstscreen.tiles import Grid

_PAINT = 0.1
"""Seconds within which pictures show what the document says."""


def speed_index(capture: Capture, grid: Grid, found: Sequence[Step], first_screen: float) -> float | None:
    """Seconds; ``None`` where nothing changed.

    What still changes after the first screen has no final state, and is left out, as are animations.
    """
    from PIL import Image

    end = first_screen + _PAINT
    moving = grid.union(capture.dom.moving if capture.dom else ())
    for step in found:
        if step.at > end:
            moving |= step.changed
    mask = Image.fromarray(grid.pixels(~moving))
    early = [frame for frame in capture.frames if frame.at <= end]
    shown = [(min(at, first_screen), picture.histogram(mask)) for at, picture in pictures(early, grid)]
    return index_of(shown)


def index_of(shown: Sequence[tuple[float, Sequence[int]]]) -> float | None:
    """The index of pictures in the order of time, each by how often each level of each colour occurs."""
    if not shown:
        return None
    first, last = shown[0][1], shown[-1][1]
    whole = [abs(end - start) for start, end in zip(first, last, strict=True)]
    if not any(whole):
        return None
    index, before, missing = 0.0, 0.0, 1.0
    for at, levels in shown:
        index += missing * (at - before)
        moved = (abs(level - start) for start, level in zip(first, levels, strict=True))
        missing = 1.0 - sum(map(min, moved, whole)) / sum(whole)
        before = at
    return index
