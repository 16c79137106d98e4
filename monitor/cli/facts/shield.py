"""Signs of a shield in front of the page, in words."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.cli.printable import printable
from probes.sample import Sample


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """How surely there is one, and why."""
    shield = sample.evidence.get("shield")
    if shield is None:
        return
    if shield["confidence"] == "none":
        yield "shield", "no sign of one"
        return
    name = f" of {shield['network']}" if shield["network"] else ""
    yield "shield", printable(f"{shield['confidence']} signs{name}: {'; '.join(shield['reasons'])}")
