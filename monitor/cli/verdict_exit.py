"""Verdicts as exit codes, so that a script can act on them."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from monitor.sla.verdict import Finding

EXIT_CODES = MappingProxyType({Finding.MET: 0, Finding.BREACHED: 1, Finding.UNPROVEN: 3})
"""2 is wrong usage, as for every command."""


def worst(findings: Iterable[Finding]) -> Finding:
    """What several verdicts come to: one breach is a breach, and all must be met for the whole to be."""
    found = set(findings)
    if Finding.BREACHED in found:
        return Finding.BREACHED
    return Finding.MET if found == {Finding.MET} else Finding.UNPROVEN
