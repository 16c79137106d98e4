"""Amounts in a file of KPIs, each in the unit of its KPI. What could be meant in two ways is refused."""

from __future__ import annotations

import re
from decimal import Decimal

from monitor.config.kpis import Kpi, KpiUnit
from monitor.scorecard.notation import Notation

LONGEST = 40
"""Characters of an amount; no figure of a business needs more."""
LARGEST = 10**15
_PLAIN = re.compile(r"[0-9]+(?:([.,])[0-9]+)?", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,' \u2019\u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?", re.ASCII)
_CURRENCY = re.compile(r"(.*[0-9]) ?([A-Z]{3})", re.ASCII)
_SIGNS = {"point": ".", "comma": ","}


def parse_amount(text: str, kpi: Kpi, notation: Notation) -> float:
    """The value of a KPI, in its unit; a share as a number from 0 to 1.

    Raises:
        ValueError: it is none, or could be meant in two ways; it says what would be right.
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise ValueError(f"a value has at most {LONGEST} characters, and this one {len(text)}")
    if text.startswith(("-", "\N{MINUS SIGN}")):
        raise ValueError(f"{text!r} is less than nothing, and no KPI is: write what there was")
    if kpi.unit == KpiUnit.MONEY:
        text = _without_currency(text, notation)
    percent = text.endswith("%")
    number = _number(text.removesuffix("%").rstrip(), kpi, notation)
    if number > LARGEST:
        raise ValueError(f"{text} is more than any business has: is the unit right?")
    if kpi.unit == KpiUnit.SHARE:
        return _share(text, number, percent=percent)
    if percent and kpi.unit != KpiUnit.RATIO:
        raise ValueError(f"{kpi.name} is {_noun(kpi)}, and no share: write it without %")
    return float(number.scaleb(-2) if percent else number)


def write_amount(value: float, unit: str) -> str:
    """A value as :func:`parse_amount` reads it back, exactly."""
    number = Decimal(repr(value))
    if unit != KpiUnit.SHARE:
        return f"{trimmed(number):f}"
    return f"{trimmed(number.scaleb(2)):f}%"


def trimmed(number: Decimal) -> Decimal:
    """Without idle zeros behind the point."""
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize()


def _share(text: str, number: Decimal, *, percent: bool) -> float:
    if not percent:
        if number > 1:
            raise ValueError(f"a share has a %: write {text}%")
        fraction = f"{trimmed(number.scaleb(2)):f}"
        raise ValueError(f"{text!r} may be {fraction}% or {text}%: a share has a %, write what is meant")
    if number > 100:
        raise ValueError(f"{text!r} is more than the whole: a share is at most 100%")
    return float(number.scaleb(-2))


def _number(text: str, kpi: Kpi, notation: Notation) -> Decimal:
    match = _PLAIN.fullmatch(text)
    if match is None:
        if _GROUPED.fullmatch(text):
            raise ValueError(f"{text!r} has signs between its thousands: take them out")
        raise ValueError(f"{text!r} is no number: write {_example(kpi)}")
    if match[1] is None:
        return Decimal(text)
    if notation.decimal is None:
        raise ValueError(
            f"{text!r} may be a fraction or thousands in a file whose cells no comma divides: "
            "say --decimal comma or --decimal point"
        )
    if match[1] != _SIGNS[notation.decimal]:
        other = "comma" if match[1] == "," else "point"
        raise ValueError(
            f"{text!r} has a {other}, and fractions have a {notation.decimal.value} here: write "
            f"{text.replace(match[1], _SIGNS[notation.decimal])} if it is one; thousands have no sign"
        )
    return Decimal(text.replace(",", "."))


def _without_currency(text: str, notation: Notation) -> str:
    match = _CURRENCY.fullmatch(text)
    if match is None:
        return text
    if notation.currency is None:
        raise ValueError(f"the config names no currency: write `scorecard.currency: {match[2]}` there")
    if match[2] != notation.currency:
        raise ValueError(f"{match[2]} is not the currency of the scorecard: write {notation.currency}")
    return match[1]


def _noun(kpi: Kpi) -> str:
    return {KpiUnit.NUMBER: "a number", KpiUnit.MONEY: "money"}[KpiUnit(kpi.unit)]


def _example(kpi: Kpi) -> str:
    examples = {
        KpiUnit.NUMBER: "a number such as 12",
        KpiUnit.SHARE: "a share such as 45%",
        KpiUnit.MONEY: "an amount such as 12.50",
        KpiUnit.RATIO: "a ratio such as 3.2",
    }
    return examples[KpiUnit(kpi.unit)]
