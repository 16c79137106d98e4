"""The target: one page, watched by one kind of probe, from one region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str, str, str]
"""What tells the targets of one region apart: vendor, page, probe, and variant (empty where none is)."""


def page_title(page: str, variant: str | None) -> str:
    """What stands for a page in tables, where the variant tells it from others of the same name."""
    return f"{page} · {variant}" if variant else page


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Target:
    """What a probe is pointed at. Compared by identity, so that a probe may keep what it prepared for it."""

    vendor: str
    page: str
    url: str
    region: str
    probe: str
    options: Any
    """The frozen ``Options`` of the kind of probe that ``probe`` names."""
    timeout: float = 10.0
    """Seconds that one whole measurement may take."""
    labels: dict[str, str] = field(default_factory=dict)
    variant: str | None = None
    """What tells this target from others of the same page and probe, such as an advertising channel."""
    continent: str | None = None
    """Where the region lies, as the config says it: AF, AN, AS, EU, NA, OC or SA."""

    @property
    def key(self) -> Key:
        """What tells this target from others of the same region."""
        return self.vendor, self.page, self.probe, self.variant or ""
