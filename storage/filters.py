"""The filter: which samples somebody asks the store for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from probes.sample import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFilter:
    """What a sample must match; ``None`` matches all.

    ``since`` is inside the span and ``until`` outside, so that neighbouring spans share no sample.
    """

    since: datetime | None = None
    until: datetime | None = None
    vendor: str | None = None
    page: str | None = None
    region: str | None = None
    probe: str | None = None
    variant: str | None = None
    outcome: Outcome | None = None


EVERY_SAMPLE = SampleFilter()
"""The filter that every sample matches."""
