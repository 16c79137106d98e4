"""How amounts are written in a file of KPIs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DecimalSign(StrEnum):
    """What stands before the fraction of a number."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class Notation:
    """What has to be known to read an amount."""

    decimal: DecimalSign | None = DecimalSign.POINT
    """``None``: nobody has said, and only whole numbers can be read."""
    currency: str | None = None
    """Of all money, where it is known."""
