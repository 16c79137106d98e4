"""Tiles: a picture cut into squares, by row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from probes.firstscreen.capture import Area, Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    """Some of the tiles."""
    Counts = NDArray[np.int32]
    """A number for each tile."""

TILE = 16
"""Pixels of a tile's side: what an encoder of JPEG takes together, so that a change does not leak."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The tiles of pictures of one size."""

    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return -(-self.height // TILE), -(-self.width // TILE)

    @property
    def none(self) -> Mask:
        """No tile."""
        import numpy as np

        return np.zeros(self.shape, dtype=np.bool_)

    def under(self, box: Box) -> Mask:
        """The tiles that a box touches."""
        mask = self.none
        top, bottom = floor(box.top * self.height / TILE), ceil(box.bottom * self.height / TILE)
        left, right = floor(box.left * self.width / TILE), ceil(box.right * self.width / TILE)
        mask[top:bottom, left:right] = True
        return mask

    def union(self, areas: Sequence[Area]) -> Mask:
        """The tiles that any of the areas touches."""
        mask = self.none
        for area in areas:
            mask |= self.under(area.box)
        return mask

    def pixels(self, mask: Mask) -> Mask:
        """The pixels of some of the tiles."""
        import numpy as np

        return np.repeat(np.repeat(mask, TILE, axis=0), TILE, axis=1)[: self.height, : self.width]

    def count(self, pixels: Mask) -> Counts:
        """How many of some pixels lie in each tile."""
        import numpy as np

        rows, columns = self.shape
        padded = np.pad(pixels, ((0, rows * TILE - self.height), (0, columns * TILE - self.width)))
        counts: Counts = padded.reshape(rows, TILE, columns, TILE).sum(axis=(1, 3), dtype=np.int32)
        return counts
