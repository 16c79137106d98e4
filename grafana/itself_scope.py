"""Which agents the panels of the dashboard *The monitor itself* are about."""

from __future__ import annotations

MINE = 'instance=~"$instance"'
"""The agents that were chosen."""
AGENT = "{{instance}}"


def each(metric: str, by: str = "instance") -> str:
    """A gauge of each agent."""
    return f"max by ({by}) ({metric}{{{MINE}}})"
