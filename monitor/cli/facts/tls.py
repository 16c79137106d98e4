"""The connection's encryption, in words."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.cli.printable import printable
from probes.sample import Sample


def facts(sample: Sample) -> Iterator[tuple[str, str]]:
    """What was agreed on, and who the certificate is of."""
    tls = sample.evidence.get("tls", {})
    if tls.get("version"):
        words = f"{tls['version']}, {tls['cipher']}"
        yield "encryption", words if tls.get("verified") else f"{words}, the certificate was not verified"
    if tls.get("subject"):
        yield "issued", printable(f"to {tls['subject']} by {tls['issuer']}")
