"""Verdicts as exit codes, so that a script can act on them."""

from __future__ import annotations

from types import MappingProxyType

from monitor.sla.verdict import Finding, worst

__all__ = ["EXIT_CODES", "worst"]

EXIT_CODES = MappingProxyType({Finding.MET: 0, Finding.BREACHED: 1, Finding.UNPROVEN: 3})
"""2 is wrong usage, as for every command."""
