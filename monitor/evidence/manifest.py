"""The manifest: what a bundle holds, what was asked, what the verdicts rest on, and which bundle came before.

Its own SHA-256 stands for the whole bundle: whoever holds that number can tell whether anything was changed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.evidence.asked import Asked
from monitor.evidence.failure import Unreadable
from monitor.evidence.names import MANIFEST, MOST_FILES

EARLIEST, LATEST = 2000, 2199
"""Years that a bundle may be about."""
LONGEST = timedelta(days=4000)
"""The time between the first sample and the last."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256."""
RelativePath = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,3}$", max_length=250)
]
"""A path below the bundle: it can't lead out of it, and no part of it is hidden."""
_Count = Annotated[int, Field(ge=0)]
_Words = Annotated[str, Field(max_length=2000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class Entry(_Part):
    """One file of the bundle."""

    path: RelativePath
    size: Annotated[int, Field(ge=0, le=2**50)]
    """Bytes."""
    sha256: Digest


class SamplesHeld(_Part):
    """The raw samples of the bundle."""

    count: _Count
    since: AwareDatetime
    """They began at it or later."""
    until: AwareDatetime
    """They began before it, and were in the store when the bundle was made."""
    raw_from: AwareDatetime
    """From when on every sample that was taken is there. What lies before it rests on rollups."""


class Basis(_Part):
    """What one verdict rests on."""

    vendor: str
    page: str
    objective: str
    finding: Literal["met", "breached", "unproven"]
    since: AwareDatetime
    until: AwareDatetime
    raw_from: AwareDatetime
    """From when on the verdict rests on raw samples; before, on rollups."""


class Keepsakes(_Part):
    """What was kept of browsers' visits that were bad."""

    visits: _Count = 0
    """Visits whose files are there."""
    missing: _Count = 0
    """Visits whose files were not found: older ones made room, or another machine has them."""
    left_out: _Count = 0
    """Visits whose files were too many or too large."""


class ChainPlace(_Part):
    """Where the bundle stands among those of its installation."""

    installation: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    """Chosen by chance when the first bundle was made."""
    number: Annotated[int, Field(ge=1, le=2**40)]
    """1 for the first bundle, and one more for each."""
    previous: Digest | None
    """The SHA-256 of the manifest before; null for the first."""

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if (self.number == 1) != (self.previous is None):
            raise ValueError("the first bundle follows none, and each other one follows one")
        return self


class Manifest(_Part):
    """All of it."""

    format: Literal[1] = 1
    """Grows when a bundle of one version can't be read by one before."""
    landwatch: Annotated[str, Field(max_length=100)]
    """The version that made the bundle."""
    made_at: AwareDatetime
    chain: ChainPlace
    asked: Asked
    config_sha256: Digest
    """Of ``config.json``."""
    samples: SamplesHeld
    verdicts: Annotated[list[Basis], Field(max_length=100_000)]
    keepsakes: Keepsakes
    notes: Annotated[list[_Words], Field(max_length=200)]
    """What else is to be known."""
    files: Annotated[list[Entry], Field(max_length=MOST_FILES)]
    """Every file but the manifest itself and the sums, which hold the manifest's hash too."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        twice = [path for path, count in Counter(one.path for one in self.files).items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0]} is listed twice")
        for moment in (self.made_at, self.asked.until, self.samples.since, self.samples.raw_from):
            _check_year(moment)
        if self.samples.until > self.made_at or self.asked.until > self.made_at:
            raise ValueError("it is about a time after it was made")
        if self.samples.raw_from < self.samples.since:
            raise ValueError("it has all samples from a moment on at which they had not begun")
        if self.samples.until - self.samples.since > LONGEST + timedelta(days=1):
            raise ValueError("its samples are of a time longer than anything is kept")
        return self

    def to_bytes(self) -> bytes:
        """As it is written."""
        return self.model_dump_json(indent=2).encode() + b"\n"

    @property
    def sums(self) -> bytes:
        """The file that ``sha256sum -c`` takes."""
        lines = [f"{one.sha256}  {one.path}\n" for one in self.files]
        return "".join([*lines, f"{digest(self.to_bytes())}  {MANIFEST}\n"]).encode()


def read_manifest(data: bytes) -> Manifest:
    """The manifest in a file's content.

    Raises:
        Unreadable: it is none.
    """
    try:
        found = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise Unreadable(MANIFEST, f"it is no manifest: {mistake(error)}") from error
    if found.to_bytes() != data:
        raise Unreadable(MANIFEST, "it is not written as landwatch writes it")
    return found


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def mistake(error: ValidationError) -> str:
    """The first mistake that pydantic found, in a few words."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}"[:300] if place else str(first["msg"])[:300]


def _check_year(moment: datetime) -> None:
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"nothing is watched in the year {moment.year}")
