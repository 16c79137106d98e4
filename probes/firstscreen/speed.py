"""Speed index: the mean time at which what is seen reached its final state, by histograms of the pictures.

The reckoning is that of WebPageTest and Lighthouse (speedline): how near the colours of a picture are to the
last one's, between those of the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Capture
from probes.firstscreen.frames import TILE, Grid, Step, pictures

_PAINT = 0.1
"""Seconds within which pictures show what the document says."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from probes.firstscreen.frames import Picture

    Histogram = NDArray[np.int64]


def speed_index(capture: Capture, grid: Grid, found: Sequence[Step], first_screen: float) -> float | None:
    """Seconds; ``None`` where nothing changed.

    What still changes after the first screen has no final state, and is left out, as are animations.
    """
    import numpy as np

    end = first_screen + _PAINT
    moving = grid.union(capture.dom.moving if capture.dom else ())
    for step in found:
        if step.at > end:
            moving |= step.changed
    pixels = np.repeat(np.repeat(~moving, TILE, axis=0), TILE, axis=1)[: grid.height, : grid.width]
    shown = ((at, picture) for at, picture in pictures(capture.frames, grid) if at <= end)
    return index_of([(min(at, first_screen), _histogram(picture[pixels])) for at, picture in shown])


def index_of(seen: Sequence[tuple[float, Histogram]]) -> float | None:
    """The index of histograms and their times in order."""
    if not seen:
        return None
    first, last = seen[0][1], seen[-1][1]
    whole = abs(last - first)
    total = int(whole.sum())
    if total == 0:
        return None
    index, before, missing = 0.0, 0.0, 1.0
    for at, histogram in seen:
        index += missing * (at - before)
        before = at
        missing = 1.0 - float(_least(abs(histogram - first), whole).sum()) / total
    return index


def _least(one: Histogram, other: Histogram) -> Histogram:
    import numpy as np

    return np.minimum(one, other)


def _histogram(pixels: Picture) -> Histogram:
    """How often each level of each colour occurs."""
    import numpy as np

    return np.concatenate([np.bincount(pixels[:, colour], minlength=256) for colour in range(3)])
