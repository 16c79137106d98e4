from __future__ import annotations

import random

import pytest
from simulator import START, moment_of

from monitor.sla.anomaly import anomalies
from monitor.sla.rollups import Figures, Rollup
from monitor.sla.slices import DAY, HOUR, Slices

DAYS = 20


def hours(chance: random.Random, spread: float = 0.02) -> list[Rollup]:
    """Twenty days: 200 ms at night, 300 ms by day."""
    rows = []
    for place in range(DAYS * 24):
        usual = 0.3 if 8 <= place % 24 < 20 else 0.2
        rows.append(hour(place, [usual * (1 + chance.gauss(0, spread)) for _ in range(9)]))
    return rows


def hour(place: int, values: list[float]) -> Rollup:
    figures = Figures()
    for value in values:
        figures.add(value)
    return Rollup(Slices(START + place * HOUR, HOUR, 15), figures={"ttfb": figures})


SINCE = START + 15 * DAY


def test_a_page_that_is_as_it_always_was_is_no_anomaly() -> None:
    assert anomalies("eu", "ttfb", hours(random.Random(1)), SINCE) == []


def test_an_hour_that_is_worse_than_that_hour_ever_was_is_one() -> None:
    """300 ms are usual at noon, and out of range at three in the morning."""
    rows = hours(random.Random(2))
    place = 16 * 24 + 3
    rows[place] = hour(place, [0.3] * 9)
    (found,) = anomalies("eu", "ttfb", rows[::-1], SINCE)
    assert (found.start, found.region, found.indicator) == (moment_of(place * HOUR), "eu", "ttfb")
    assert found.value == pytest.approx(0.3, rel=0.01)
    assert found.usual == pytest.approx(0.2, rel=0.05)
    assert found.score > 4
    assert anomalies("eu", "ttfb", rows, START + 17 * DAY) == []


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([0.1] * 9, "it got better"),
        ([0.23] * 9, "it is worse by less than a fifth"),
        ([0.9] * 4, "there are too few samples"),
        ([0.2] * 6 + [5.0] * 3, "most visits were as usual"),
    ],
)
def test_what_is_none(values: list[float], why: str) -> None:
    rows = hours(random.Random(3))
    rows[16 * 24 + 3] = hour(16 * 24 + 3, values)
    assert anomalies("eu", "ttfb", rows, SINCE) == [], why


def test_a_page_that_always_varied_may() -> None:
    rows = [hour(place, [0.2 + 0.2 * random.Random(place).random()] * 9) for place in range(DAYS * 24)]
    assert anomalies("eu", "ttfb", rows, SINCE) == []


def test_it_takes_a_history_of_hours() -> None:
    rows = hours(random.Random(4))
    rows[5 * 24 + 3] = hour(5 * 24 + 3, [0.9] * 9)
    assert anomalies("eu", "ttfb", rows, START) == []
    day = Rollup(Slices(START, DAY, 15), figures=rows[0].figures)
    assert anomalies("eu", "ttfb", [day], START) == []
    zeros = [hour(place, [0.0] * 9) for place in range(DAYS * 24)]
    zeros[16 * 24] = hour(16 * 24, [0.5] * 9)
    assert anomalies("eu", "ttfb", zeros, SINCE) == []
