"""Where ``landwatch check`` puts what a browser's visit left: the files asked for, or a filmstrip."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.sample import Sample

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
"""What a picture may be turned into, by the end of its name."""
KIND = "browser"
"""The kind of probe that leaves something."""


class Souvenirs:
    """Takes the files of visits to where the user wants them. ``wanted`` has the paths by what they are."""

    def __init__(self, wanted: Mapping[str, Path]) -> None:
        self._wanted = wanted
        self._room = tempfile.TemporaryDirectory(prefix="landwatch-check-", ignore_cleanup_errors=True)

    @property
    def folder(self) -> Path:
        """Where the probe puts what it keeps, until it is taken."""
        return Path(self._room.name)

    def take(self, sample: Sample) -> Iterator[tuple[str, Path]]:
        """Take the files of a visit: what each is, and where it is now.

        A filmstrip that nobody asked for is left in the folder of temporary files, to be looked at.

        Raises:
            OSError: a file can't be written where it was asked for.
        """
        seen = sample.evidence.get(KIND) or {}
        for what, name in (seen.get("files") or {}).items():
            source, place = self.folder / name, self._wanted.get(what)
            if place is None and (what != "filmstrip" or self._wanted):
                continue
            if place is None:
                place = Path(tempfile.mkdtemp(prefix="landwatch-")) / source.name
            _put(source, place)
            yield what, place

    def close(self) -> None:
        """Throw the rest away."""
        self._room.cleanup()


def _put(source: Path, place: Path) -> None:
    """Copy a file; a picture becomes what its new name says that it is."""
    ends = place.suffix.lower()
    if ends == source.suffix or not {ends, source.suffix} <= PICTURES:
        shutil.copyfile(source, place)
        return
    from PIL import Image

    with Image.open(source) as picture:
        picture.convert("RGB").save(place)
