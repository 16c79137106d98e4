"""How figures are shown: colours, the figures from which on they change, and what numbers stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

GREEN, ORANGE, RED, GREY, BLUE = "green", "orange", "red", "#8e8e8e", "blue"

LINK = {
    "title": "Look at this page",
    "url": "/d/landwatch-page?var-vendor=${__data.fields.vendor:percentencode}"
    "&var-page=${__data.fields.page:percentencode}&${__url_time_range}",
}
"""From a row of a table to its page."""

Steps = Sequence[tuple[float | None, str]]
"""From which figure on which colour is shown; the first has no figure."""
Meanings = Mapping[int, tuple[str, str]]
"""What a number stands for: a word and its colour."""

VERDICTS: Meanings = MappingProxyType({0: ("met", GREEN), 1: ("unproven", GREY), 2: ("breached", RED)})
YES_IS_GOOD: Meanings = MappingProxyType({0: ("no", ORANGE), 1: ("yes", GREEN)})
YES_IS_BAD: Meanings = MappingProxyType({0: ("no", GREEN), 1: ("yes", RED)})
YES_OR_NO: Meanings = MappingProxyType({0: ("no", GREY), 1: ("yes", BLUE)})


def at_most(target: float) -> Steps:
    """Red from above a target on."""
    return ((None, GREEN), (target, RED))


def at_least(target: float) -> Steps:
    """Red below a target."""
    return ((None, RED), (target, GREEN))


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and how its series are called."""

    expr: str
    legend: str = ""
    steps: Steps = ()
    """Colours of its own, beside other queries' figures in large."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a query that gives each row a number."""

    name: str
    expr: str
    unit: str = ""
    decimals: int | None = None
    steps: Steps = ()
    meanings: Meanings = field(default_factory=dict)
    hidden: bool = False
    """Whether it is there for its labels only."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the figures of a panel are shown."""

    unit: str = "short"
    decimals: int | None = None
    steps: Steps = ((None, BLUE),)
    meanings: Meanings = field(default_factory=dict)
    least: float | None = None
    most: float | None = None
