"""The shelf: the folder in which what visits left is kept, bounded by count and by bytes.

What belongs to visits that failed lies apart and is kept longer, because it is the evidence: ``up/`` and
``failed/`` have bounds of their own, and the oldest goes first. A set is what one visit left; its name tells
page and time, so that it is found without its sample.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

NAMES = MappingProxyType({"filmstrip": "filmstrip.png", "har": "visit.har", "screenshot": "screenshot.jpg"})
"""The files that a visit may leave, by what they are."""

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept."""

    sets: int
    size: int
    """Bytes."""


UP = Bounds(sets=300, size=200 * 1024 * 1024)
"""Of visits that were up."""
FAILED = Bounds(sets=2000, size=800 * 1024 * 1024)
"""Of all others."""


class Shelf:
    """What is kept in ``folder``. Its methods block: call them in a thread."""

    def __init__(self, folder: Path, up: Bounds = UP, failed: Bounds = FAILED) -> None:
        self._folder = folder
        self._bounds = {"up": up, "failed": failed}

    def keep(self, left: Path, vendor: str, page: str, at: float, *, failed: bool) -> Path:
        """Take over what lies in the folder ``left``; gives its new place, relative to the shelf's.

        ``at`` is when the visit began, in seconds since 1970. ``left`` is gone afterwards.

        Raises:
            OSError: it can't be kept: nothing of it is then on the shelf.
        """
        kind = "failed" if failed else "up"
        moment = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
        words = "-".join(_UNFIT.sub("_", part)[:60] for part in (vendor, page))
        # The time comes first, so that names sort by age; chance keeps two visits of one second apart.
        name = f"{moment}-{words}-{secrets.token_hex(3)}"
        place = self._folder / kind / name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.move(left, place)
        except OSError:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self._tidy(kind, spare=place)
        return place.relative_to(self._folder)

    def files(self, place: Path) -> Mapping[str, str]:
        """The files at ``place``, by what they are, as paths below the folder that the shelf stands in."""
        base = self._folder.parent
        found = {kind: self._folder / place / name for kind, name in NAMES.items()}
        return {kind: str(path.relative_to(base)) for kind, path in found.items() if path.is_file()}

    def _tidy(self, kind: str, spare: Path) -> None:
        """Let the oldest go until the bounds hold; what has just come stays."""
        bounds = self._bounds[kind]
        sets = sorted(path for path in (self._folder / kind).iterdir() if path.is_dir())
        sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in sets}
        count, size = len(sets), sum(sizes.values())
        for path in sets:
            if count <= bounds.sets and size <= bounds.size:
                return
            if path != spare:
                shutil.rmtree(path, ignore_errors=True)
                count, size = count - 1, size - sizes[path]
