"""Moments, dates and times of day, as people write them in a config."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StrictStr, WithJsonSchema

MINUTES = 1440
"""Minutes of a day."""


def parse_moment(text: Any) -> datetime:
    """The moment in ``2026-10-05T22:00:00+02:00``, or with ``Z`` for UTC.

    Raises:
        ValueError: it is none, or has no time zone.
    """
    if isinstance(text, datetime):
        return text
    hint = "write one such as 2026-10-05T22:00:00Z or 2026-10-05T22:00+02:00"
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise ValueError(f"{text!r} is no moment: {hint}") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} does not say in which time zone: {hint}")
    return moment


def parse_date(text: Any) -> date:
    """The date in ``2026-10-05``.

    Raises:
        ValueError: it is none.
    """
    if isinstance(text, date):
        return text
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is no date, {error}: write one such as 2026-10-05") from None
    raise ValueError(f"{text!r} is no date: write one such as 2026-10-05")


def parse_clock(text: Any) -> int:
    """Minutes since midnight in a time of day such as ``09:00``; ``24:00`` is the day's end.

    Raises:
        ValueError: it is none.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = re.fullmatch(r"(\d\d):([0-5]\d)", text if isinstance(text, str) else "", re.ASCII)
    minutes = int(match[1]) * 60 + int(match[2]) if match else MINUTES + 1
    if minutes > MINUTES:
        raise ValueError(f'{text!r} is no time of day: write one such as "09:00"')
    return minutes


def format_clock(minutes: int) -> str:
    """A time of day as :func:`parse_clock` reads it."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def check_zone(name: str) -> str:
    """The name of a time zone that there is.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # the last one is a folder of zones, such as Europe
        raise ValueError(f"{name!r} is no time zone: write one such as Europe/Berlin or UTC") from None
    return name


Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-10-05T22:00:00Z"]}),
]
"""A moment with its time zone."""

Day = Annotated[
    date,
    BeforeValidator(parse_date),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-10-05"]}),
]
"""A date."""

Clock = Annotated[
    int,
    BeforeValidator(parse_clock),
    PlainSerializer(format_clock, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{2}:[0-5][0-9]$", "examples": ["09:00"]}),
]
"""A time of day: ``09:00`` in the config, minutes since midnight in the program."""

Zone = Annotated[
    StrictStr,
    AfterValidator(check_zone),
    WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]}),
]
"""The name of a time zone."""
