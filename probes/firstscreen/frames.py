"""Frames: where one picture of a visit differs from the one before, by tiles."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Area, Box, Frame
from probes.firstscreen.moving import OFTEN, still_moves

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    """Rows of pixels of three colours."""
    Counts = NDArray[np.int32]
    """Changed pixels by row and column of tiles."""
    Mask = NDArray[np.bool_]
    """Tiles, by row and column."""

TILE = 16
"""Pixels of a tile's side: what the encoder of JPEG takes together, so that a change does not leak."""
_DIFFERENT = 10
"""Levels of 255 by which a pixel must change."""
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


@dataclass(frozen=True, slots=True)
class Grid:
    """Pictures of one size, cut into tiles."""

    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of tiles."""
        return -(-self.height // TILE), -(-self.width // TILE)

    def tiles(self, box: Box) -> Mask:
        """The tiles that a box touches."""
        import numpy as np

        mask = np.zeros(self.shape, dtype=np.bool_)
        top, bottom = floor(box.top * self.height / TILE), ceil(box.bottom * self.height / TILE)
        left, right = floor(box.left * self.width / TILE), ceil(box.right * self.width / TILE)
        mask[top:bottom, left:right] = True
        return mask

    def union(self, areas: Sequence[Area]) -> Mask:
        """The tiles that any of the areas touches."""
        import numpy as np

        mask = np.zeros(self.shape, dtype=np.bool_)
        for area in areas:
            mask |= self.tiles(area.box)
        return mask

    def differences(self, before: Picture, after: Picture) -> Counts:
        """How many pixels of each tile changed visibly."""
        import numpy as np

        different = (np.maximum(before, after) - np.minimum(before, after)).max(axis=2) > _DIFFERENT
        rows, columns = self.shape
        padded = np.pad(different, ((0, rows * TILE - self.height), (0, columns * TILE - self.width)))
        counts: Counts = padded.reshape(rows, TILE, columns, TILE).sum(axis=(1, 3), dtype=np.int32)
        return counts


def decode(jpeg: bytes) -> Picture | None:
    """The picture, or ``None`` where the bytes are none, or far too large."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            if image.width * image.height > _MOST_PIXELS:
                return None
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def grid_of(frames: Sequence[Frame]) -> Grid | None:
    """The size that the pictures have at the end."""
    for frame in reversed(frames):
        picture = decode(frame.jpeg)
        if picture is not None:
            return Grid(picture.shape[1], picture.shape[0])
    return None


def pictures(frames: Sequence[Frame], grid: Grid) -> Iterator[tuple[float, Picture]]:
    """The frames decoded; those that are broken, or of another size, are left out."""
    for frame in frames:
        picture = decode(frame.jpeg)
        if picture is not None and picture.shape[:2] == (grid.height, grid.width):
            yield frame.at, picture


def steps(frames: Sequence[Frame], grid: Grid) -> list[Step]:
    """What changed, and when: one step for each picture that differs from the one before."""
    found: list[Step] = []
    before: Picture | None = None
    for at, picture in pictures(frames, grid):
        if before is not None:
            counts = grid.differences(before, picture)
            if counts.any():
                found.append(Step(at, counts))
        before = picture
    return found


def restless_tiles(found: Sequence[Step], grid: Grid, ended: float) -> Mask:
    """Tiles that changed five times or more, and still do."""
    import numpy as np

    mask = np.zeros(grid.shape, dtype=np.bool_)
    if not found:
        return mask
    changed = np.stack([step.changed for step in found])
    times = np.array([step.at for step in found])
    for row, column in np.argwhere(changed.sum(axis=0) >= OFTEN):
        mask[row, column] = still_moves(times[changed[:, row, column]].tolist(), ended)
    return mask
