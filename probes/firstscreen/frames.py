"""Frames: where one picture of a visit differs from the one before, by tiles."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Frame
from probes.firstscreen.moving import OFTEN, still_moves
from probes.firstscreen.tiles import Grid

if TYPE_CHECKING:
    from PIL import Image

    from probes.firstscreen.tiles import Counts, Mask

    Picture = Image.Image
    """Pixels of three colours."""

_DIFFERENT = 10
"""Levels of 255 by which a colour of a pixel must change."""
_MOST_PIXELS = 4_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One picture beside the one before it."""

    at: float
    counts: Counts
    """How many pixels of each tile changed."""

    @property
    def changed(self) -> Mask:
        """The tiles that changed."""
        return self.counts > 0


def decode(jpeg: bytes) -> Picture | None:
    """The picture, or ``None`` where the bytes are none, or far too large."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            return None if image.width * image.height > _MOST_PIXELS else image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def grid_of(frames: Sequence[Frame]) -> Grid | None:
    """The size that the pictures have at the end."""
    for frame in reversed(frames):
        picture = decode(frame.jpeg)
        if picture is not None:
            return Grid(*picture.size)
    return None


def pictures(frames: Sequence[Frame], grid: Grid) -> Iterator[tuple[float, Picture]]:
    """The frames decoded; those that are broken, or of another size, are left out."""
    for frame in frames:
        picture = decode(frame.jpeg)
        if picture is not None and picture.size == (grid.width, grid.height):
            yield frame.at, picture


def steps(frames: Sequence[Frame], grid: Grid) -> list[Step]:
    """What changed, and when: one step for each picture that differs from the one before."""
    found: list[Step] = []
    before: Picture | None = None
    for at, picture in pictures(frames, grid):
        different = None if before is None else _differences(before, picture)
        if different is not None:
            found.append(Step(at, grid.count(different)))
        before = picture
    return found


def restless_tiles(found: Sequence[Step], grid: Grid, ended: float) -> Mask:
    """Tiles that changed five times or more, and still do."""
    import numpy as np

    mask = grid.none
    if not found:
        return mask
    changed = np.stack([step.changed for step in found])
    times = np.array([step.at for step in found])
    for row, column in np.argwhere(changed.sum(axis=0) >= OFTEN):
        mask[row, column] = still_moves(times[changed[:, row, column]].tolist(), ended)
    return mask


def _differences(before: Picture, after: Picture) -> Mask | None:
    """The pixels that changed visibly, or ``None`` if none did."""
    import numpy as np
    from PIL import ImageChops

    red, green, blue = ImageChops.difference(before, after).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    different = np.asarray(most) > _DIFFERENT
    return different if different.any() else None
