"""Amounts of KPIs: each in its unit, and what could be meant in two ways refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import kpi

from monitor.config.kpis import KPIS
from monitor.scorecard.amounts import parse_amount, write_amount
from monitor.scorecard.notation import DecimalSign, Notation

POINT = Notation()
COMMA = Notation(DecimalSign.COMMA)
UNSAID = Notation(None)


@pytest.mark.parametrize(
    ("text", "name", "notation", "value"),
    [
        ("30", "content", POINT, 30),
        (" 4.25 ", "organic_rank", POINT, 4.25),
        ("4,25", "organic_rank", COMMA, 4.25),
        ("30", "content", UNSAID, 30),
        ("45%", "completion_rate", POINT, 0.45),
        ("45 %", "completion_rate", POINT, 0.45),
        ("45\u00a0%", "completion_rate", UNSAID, 0.45),
        ("0.93%", "ctr", POINT, 0.0093),
        ("0,93 %", "ctr", COMMA, 0.0093),
        ("100%", "ctr", POINT, 1),
        ("12.50", "cpa", POINT, 12.5),
        ("12.50 EUR", "cpa", Notation(currency="EUR"), 12.5),
        ("3.2", "roas", POINT, 3.2),
        ("320%", "roas", POINT, 3.2),
        ("0", "spend", POINT, 0),
    ],
)
def test_an_amount_is_read_in_the_unit_of_its_kpi(
    text: str, name: str, notation: Notation, value: float
) -> None:
    assert parse_amount(text, kpi(name), notation) == value


@pytest.mark.parametrize(
    ("text", "name", "notation", "words"),
    [
        ("0.45", "completion_rate", POINT, "'0.45' may be 45% or 0.45%: a share has a %"),
        ("1", "completion_rate", POINT, "'1' may be 100% or 1%"),
        ("45", "completion_rate", POINT, "a share has a %: write 45%"),
        ("100.1%", "completion_rate", POINT, "more than the whole"),
        ("30%", "content", POINT, "content is a number, and no share: write it without %"),
        ("30%", "cpa", POINT, "cpa is money, and no share"),
        ("-3", "content", POINT, "less than nothing"),
        ("\N{MINUS SIGN}3", "content", POINT, "less than nothing"),
        (
            "4,25",
            "organic_rank",
            POINT,
            "has a comma, and fractions have a point here: write 4.25 if it is one",
        ),
        (
            "4.25",
            "organic_rank",
            COMMA,
            "has a point, and fractions have a comma here: write 4,25 if it is one",
        ),
        ("1.234", "content", UNSAID, "may be a fraction or thousands"),
        ("1,234,567", "content", POINT, "has signs between its thousands: take them out"),
        ("1'234.5", "content", POINT, "has signs between its thousands"),
        ("1\u00a0234", "content", POINT, "has signs between its thousands"),
        ("1.234,5", "content", COMMA, "has signs between its thousands"),
        ("", "content", POINT, "'' is no number: write a number such as 12"),
        ("1e5", "content", POINT, "is no number"),
        ("nan", "content", POINT, "is no number"),
        ("many", "cpa", POINT, "write an amount such as 12.50"),
        ("much", "roas", POINT, "write a ratio such as 3.2"),
        ("%", "ctr", POINT, "write a share such as 45%"),
        ("\u0664", "content", POINT, "is no number"),
        ("12.50 EUR", "cpa", POINT, "write `scorecard.currency: EUR`"),
        ("12.50 USD", "cpa", Notation(currency="EUR"), "USD is not the currency of the scorecard: write EUR"),
        ("12 EUR", "content", POINT, "is no number"),
        ("1000000000000001", "content", POINT, "more than any business has"),
        ("9" * 41, "content", POINT, "at most 40 characters, and this one 41"),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused_with_what_would_be_right(
    text: str, name: str, notation: Notation, words: str
) -> None:
    with pytest.raises(ValueError) as caught:
        parse_amount(text, kpi(name), notation)
    assert words in str(caught.value)


@given(name=st.sampled_from(sorted(KPIS)), amount=st.decimals(0, 1, places=9))
def test_what_is_written_is_read_back_exactly(name: str, amount: object) -> None:
    value = float(str(amount))
    one = kpi(name)
    assert parse_amount(write_amount(value, one.unit), one, POINT) == value


@given(name=st.sampled_from(sorted(KPIS)), text=st.text(max_size=50))
def test_no_text_is_read_as_what_no_kpi_can_be(name: str, text: str) -> None:
    try:
        value = parse_amount(text, kpi(name), POINT)
    except ValueError:
        return
    assert 0 <= value <= 1e15
    assert kpi(name).unit != "share" or value <= 1
