"""How long and how often everything is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Seconds, and how many times in turn."""

    warm_up: float = 2.0
    rounds: int = 5
    window: float = 8.0
    """One measurement of cost, and that of another client, which is taken once."""
    accuracy_window: float = 12.0
    accuracy_rounds: int = 2
    scale_warm_up: float = 16.0
    scale_window: float = 75.0
    targets: int = 200
    every: float = 1.0
    """The load of cost and accuracy: each of the targets every so many seconds."""
    browser_visits: int = 5
    lighthouse_visits: int = 3
    every_page: int = 1
    """Each so many-th page of the page set is visited for its first screen."""
    screen_visits: int = 3
    judge_rounds: int = 5
    """Reports on each database, and slices that are judged."""


FULL = Plan()
QUICK = Plan(
    warm_up=2.0,
    rounds=1,
    window=5.0,
    accuracy_window=6.0,
    accuracy_rounds=1,
    scale_warm_up=16.0,
    scale_window=20.0,
    browser_visits=3,
    lighthouse_visits=1,
    every_page=8,
    screen_visits=1,
    judge_rounds=3,
)
