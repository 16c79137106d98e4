"""Which agents the panels of the dashboard *The monitor itself* are about."""

from __future__ import annotations

from look import Query
from queries import increase

MINE = 'instance=~"$instance"'
"""The agents that were chosen."""
AGENT = "{{instance}}"


def each(metric: str, by: str = "instance") -> str:
    """A gauge of each agent."""
    return f"max by ({by}) ({metric}{{{MINE}}})"


def counted(metric: str, label: str) -> Query:
    """How much a counter of each agent grew of late, by a label."""
    return Query(increase(metric, MINE, "$window", f"instance, {label}"), f"{{{{{label}}}}} {AGENT}")
