"""The watch: a target, and how often it is measured. What the config asks for and the schedule runs."""

from __future__ import annotations

from dataclasses import dataclass

from probes.target import Target


@dataclass(frozen=True, slots=True)
class Watch:
    """One line of the schedule."""

    target: Target
    every: float
    """Seconds between the starts of two runs."""
    bursts: bool
    """Whether a first failure starts a burst."""
