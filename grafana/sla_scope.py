"""Which objectives the panels of the dashboard *SLA* are about."""

from __future__ import annotations

from queries import PAGES

CHOSEN = f'{PAGES}, objective=~"$objective"'
"""The objectives that were chosen."""
LEGEND = "{{vendor}} / {{page}}: {{objective}}"
