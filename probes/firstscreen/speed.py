"""Speed index: the mean time at which what is seen reached its final state, by histograms of the pictures.

The reckoning is that of WebPageTest and Lighthouse (speedline): how near the colours of a picture are to the
last one's, between those of the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Frame
from probes.firstscreen.frames import TILE, Grid, pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from probes.firstscreen.frames import Mask, Picture

    Histogram = NDArray[np.int64]


def speed_index(frames: Sequence[Frame], grid: Grid, masked: Mask, end: float) -> float | None:
    """Seconds, from pictures up to ``end``, when the last one was shown; ``None`` where nothing changed."""
    import numpy as np

    pixels = np.repeat(np.repeat(~masked, TILE, axis=0), TILE, axis=1)[: grid.height, : grid.width]
    seen = [(at, _histogram(picture[pixels])) for at, picture in pictures(frames, grid) if at <= end]
    return index_of(seen)


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
