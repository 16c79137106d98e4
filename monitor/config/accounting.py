"""How an objective is counted: presets named after what contracts say, windows, quorums, hours of service."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from monitor.config.moments import Clock
from monitor.sla.promise import By
from monitor.sla.quorum import ALL, ANY, MAJORITY, Quorum
from monitor.sla.slices import LENGTHS
from monitor.sla.windows import STAGES, ServiceHours
from probes.units import (
    DURATION_PATTERN,
    RATIO_PATTERN,
    format_duration,
    format_ratio,
    parse_duration,
    parse_ratio,
)

SHORTEST_WINDOW = 60.0
MONTH = "month"
QUORUMS = MappingProxyType({"majority": MAJORITY, "any": ANY, "all": ALL})


@dataclass(frozen=True, slots=True)
class Preset:
    """A way of counting availability that contracts commonly agree on."""

    by: By
    quorum: Quorum = MAJORITY
    length: int = 0
    consecutive: int = 1


PRESETS = MappingProxyType(
    {
        "quorum-time": Preset(By.TIME),
        "any-region": Preset(By.TIME, ANY),
        "region-mean": Preset(By.REGIONS),
        "request-ratio": Preset(By.REQUESTS),
        "five-minute-ratio": Preset(By.REQUESTS, length=300),
        "five-minute-outages": Preset(By.TIME, length=60, consecutive=5),
    }
)
"""Every preset by name; docs/objectives.md explains each."""

PresetName = Literal[
    "quorum-time", "any-region", "region-mean", "request-ratio", "five-minute-ratio", "five-minute-outages"
]


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = get_args(Weekday)


class Hours(BaseModel):
    """The hours in which a service was promised."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    days: Annotated[list[Weekday], Field(min_length=1)] = list(WEEK)
    """The days of the week."""
    opens: Annotated[Clock, Field(alias="from")]
    """When they begin, in the objective's time zone."""
    closes: Annotated[Clock, Field(alias="until")]
    """When they end; at or before `from`, that is on the next day."""

    def of(self, zone: str) -> ServiceHours:
        """The hours as the judge sees them."""
        return ServiceHours(frozenset(map(WEEK.index, self.days)), self.opens, self.closes, zone)


def parse_window(written: Any) -> float | str:
    """Seconds of a rolling window, or the word for another.

    Raises:
        ValueError: it is neither, or too short.
    """
    if written == MONTH or (isinstance(written, str) and written in STAGES):
        return str(written)
    try:
        length = parse_duration(written)
    except ValueError as error:
        raise ValueError(f"{error}; or one of {', '.join((MONTH, *STAGES))}") from None
    if length < SHORTEST_WINDOW:
        raise ValueError(f"must be at least {format_duration(SHORTEST_WINDOW)}")
    return length


def format_window(window: float | str) -> str:
    """A window as :func:`parse_window` reads it."""
    return window if isinstance(window, str) else format_duration(window)


def parse_quorum(written: Any) -> Quorum:
    """A word for a quorum, or the share of the regions that more must see a page down than.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(written, Quorum):
        return written
    if isinstance(written, str) and written in QUORUMS:
        return QUORUMS[written]
    try:
        share = parse_ratio(written)
    except ValueError:
        share = 1.0
    if share >= 1.0:
        raise ValueError(
            f"{written!r} is no quorum: write majority, any, all, or a share below 100% such as 18%"
        )
    return Quorum(share)


def format_quorum(quorum: Quorum) -> str:
    """A quorum as :func:`parse_quorum` reads it."""
    return next((name for name, one in QUORUMS.items() if one == quorum), format_ratio(quorum.more_than))


def parse_slice(written: Any) -> int:
    """Seconds of the slices that were agreed on.

    Raises:
        ValueError: slices are not so long.
    """
    length = parse_duration(written)
    if length not in LENGTHS:
        raise ValueError(
            f"{written!r} is no length of a slice: write {', '.join(map(format_duration, LENGTHS))}"
        )
    return int(length)


WindowField = Annotated[
    float | str,
    BeforeValidator(parse_window),
    PlainSerializer(format_window, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": DURATION_PATTERN, "examples": ["30d"]},
                {"type": "string", "enum": [MONTH, *STAGES]},
            ]
        }
    ),
]
"""A window: ``30d`` or a word in the config."""

QuorumField = Annotated[
    Quorum,
    BeforeValidator(parse_quorum),
    PlainSerializer(format_quorum, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(QUORUMS)},
                {"type": "string", "pattern": RATIO_PATTERN, "examples": ["18%"]},
            ]
        }
    ),
]
"""A quorum: a word or a share in the config."""

SliceField = Annotated[
    int,
    BeforeValidator(parse_slice),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "enum": [format_duration(length) for length in LENGTHS]}),
]
"""The length of slices, one of a few."""
