"""What browsers' bad visits left behind: filmstrips, requests (HAR) and pictures, copied into a bundle.

Bad are visits that were not up, and those whose first screen took longer than was promised of the page. Of
these the newest, and the slowest, are taken, as far as bounds go.
"""

from __future__ import annotations

import heapq
import os
import re
import shutil
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from monitor.config import Config
from monitor.evidence.manifest import Keepsakes
from probes.keepsake.shelf import NAMES
from probes.sample import Outcome, Sample

FOLDER = "visits"
"""Where they lie in a bundle: a folder for each visit, named by its sample."""
MOST_FAILED = 200
MOST_SLOW = 50
LARGEST_FILE = 32 * 1024 * 1024
LARGEST = 512 * 1024 * 1024
"""Bytes of all together."""
_KIND = "browser"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Files = Mapping[str, str]
"""Paths below the state folder, by what they are."""


class _File(NamedTuple):
    what: str
    path: Path
    size: int


@dataclass(slots=True)
class BadVisits:
    """The visits that are worth a look, found as samples pass by."""

    promised: Mapping[tuple[str, str], float]
    """The most seconds that a first screen may take, by vendor and page."""
    failed: deque[tuple[str, Files]] = field(default_factory=lambda: deque(maxlen=MOST_FAILED))
    slow: list[tuple[float, str, Files]] = field(default_factory=list)
    found: int = 0

    @classmethod
    def of(cls, config: Config) -> BadVisits:
        """None yet, with what a config promises."""
        promised: dict[tuple[str, str], float] = {}
        for objective in config.objectives:
            selector = objective.promise.selector
            for vendor in config.vendors if objective.indicator == "first_screen" else ():
                for page in vendor.pages:
                    if selector.takes(vendor.name, page.name, page.labels):
                        key = vendor.name, page.name
                        promised[key] = min(promised.get(key, objective.target), objective.target)
        return cls(promised)

    def look(self, sample: Sample) -> None:
        """Take note of one, where it was bad and left something."""
        files = _files(sample)
        if not files or not _ID.fullmatch(sample.id):
            return
        took = sample.vitals.get("first_screen", 0.0)
        most = self.promised.get((sample.vendor, sample.page), float("inf"))
        if sample.outcome is not Outcome.UP:
            self.failed.append((sample.id, files))
        elif took > most:
            heapq.heappush(self.slow, (took, sample.id, files))
            if len(self.slow) > MOST_SLOW:
                heapq.heappop(self.slow)
        else:
            return
        self.found += 1

    def copy(self, state: Path, bundle: Path) -> Keepsakes:
        """Copy their files into a bundle; what is not there any more is counted."""
        chosen = [
            *reversed(self.failed),
            *((name, files) for _, name, files in sorted(self.slow, reverse=True)),
        ]
        left_out, missing, size, visits = self.found - len(chosen), 0, 0, 0
        for name, files in chosen:
            there = list(_there(state, files))
            weight = sum(each.size for each in there)
            if size + weight > LARGEST:
                left_out += 1
            elif there and _copied(there, bundle / FOLDER / name):
                size, visits = size + weight, visits + 1
            else:
                missing += 1
        return Keepsakes(visits=visits, missing=missing, left_out=left_out)


def _files(sample: Sample) -> Files:
    seen: Any = sample.evidence.get(_KIND)
    files = seen.get("files") if isinstance(seen, dict) else None
    if not isinstance(files, dict):
        return {}
    return {what: path for what, path in files.items() if what in NAMES and isinstance(path, str)}


def _copied(files: Iterable[_File], place: Path) -> bool:
    """Copy a visit's files, unless one of them made room for a newer visit's meanwhile."""
    place.mkdir(parents=True)
    try:
        for each in files:
            shutil.copyfile(each.path, place / NAMES[each.what])
    except FileNotFoundError:
        shutil.rmtree(place)
        return False
    return True


def _there(state: Path, files: Files) -> Iterator[_File]:
    """Those that are plain files on the shelf, and not too large. A store's word is not taken for a path."""
    shelf = os.path.realpath(state / _KIND)
    for what, name in files.items():
        try:
            path = Path(os.path.realpath(state / name))
            about = path.stat()
        except (OSError, ValueError):
            continue
        on_the_shelf = path.is_relative_to(shelf) and path.name == NAMES[what]
        if on_the_shelf and stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST_FILE:
            yield _File(what, path, about.st_size)
