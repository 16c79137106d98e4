"""What an objective and maintenance say to the judge."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest

from monitor.config.accounting import PRESETS, PresetName, format_quorum
from monitor.config.maintenance import DeclaredMaintenance
from monitor.config.moments import format_clock, parse_clock, parse_date, parse_moment
from monitor.config.objectives import Objective
from monitor.sla.promise import Accounting, By
from monitor.sla.quorum import ALL, ANY, MAJORITY, Quorum
from monitor.sla.windows import Month, Rolling, ServiceHours, Stage


def availability(**fields: Any) -> Objective:
    return Objective.model_validate({"name": "a", "indicator": "availability", "at_least": "99.9%", **fields})


def test_the_words_of_the_config_are_the_presets() -> None:
    assert get_args(PresetName) == tuple(PRESETS)


@pytest.mark.parametrize(
    ("fields", "accounting"),
    [
        ({}, Accounting()),
        ({"preset": "five-minute-outages"}, Accounting(length=60, consecutive=5)),
        ({"preset": "five-minute-outages", "slice": "15s", "consecutive": 20},
         Accounting(length=15, consecutive=20)),
        ({"preset": "any-region", "quorum": "all"}, Accounting(quorum=ALL)),
        ({"quorum": "18%"}, Accounting(quorum=Quorum(0.18))),
        ({"by": "regions", "maintenance": "counted"}, Accounting(By.REGIONS, maintenance_excluded=False)),
        ({"by": "requests", "coverage": "90%", "confidence": 0.99},
         Accounting(By.REQUESTS, coverage=0.9, confidence=0.99)),
    ],
)  # fmt: skip
def test_how_it_is_counted(fields: dict[str, Any], accounting: Accounting) -> None:
    assert availability(**fields).promise.accounting == accounting


def test_hours_of_service() -> None:
    hours = {"days": ["mon", "sun"], "from": "09:00", "until": "24:00"}
    counted = availability(hours=hours, time_zone="Europe/Berlin").promise.accounting
    assert counted.hours == ServiceHours(frozenset({0, 6}), 540, 1440, "Europe/Berlin")
    every_day = availability(hours={"from": "22:00", "until": "06:00"}).promise.accounting.hours
    assert every_day == ServiceHours(frozenset(range(7)), 1320, 360)


@pytest.mark.parametrize(
    ("fields", "window", "words"),
    [
        ({}, Rolling(2_592_000.0), "30d"),
        ({"window": "1h30m"}, Rolling(5400.0), "5400s"),
        ({"window": "month", "time_zone": "Asia/Tokyo"}, Month("Asia/Tokyo"), "the calendar month"),
        ({"window": "stable", "since": "2026-10-05"}, Stage(date(2026, 10, 5), 90),
         "the 90 days of the stage stable from 2026-10-05 on"),
    ],
)  # fmt: skip
def test_windows(fields: dict[str, Any], window: object, words: str) -> None:
    objective = availability(**fields)
    assert objective.promise.window == window
    assert objective.window_words in (words, "90m")
    assert Objective.model_validate_json(objective.model_dump_json(by_alias=True)).window == objective.window


def test_a_promise_keeps_what_the_objective_says() -> None:
    promise = Objective(name="t", indicator="ttfb", at_most="300ms", probe="http3", regions=["eu"]).promise
    assert (promise.indicator, promise.aggregate, promise.target) == ("ttfb", "mean", 0.3)
    assert (promise.measured_by, promise.selector.regions) == ("http3", ("eu",))
    assert promise.met_by(0.3)
    assert not promise.met_by(0.31)


def test_quorums_are_written_as_they_are_read() -> None:
    written = [format_quorum(one) for one in (MAJORITY, ANY, ALL, Quorum(0.18))]
    assert written == ["majority", "any", "all", "18%"]


def test_what_is_read_already_stays_as_it_is() -> None:
    moment, day = datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1)
    assert parse_moment(moment) is moment
    assert parse_date(day) is day
    assert parse_clock(600) == 600
    assert format_clock(600) == "10:00"
    assert availability(quorum=ANY).accounting.quorum is ANY


def test_maintenance_is_handed_to_the_judge() -> None:
    declared = DeclaredMaintenance.model_validate(
        {
            "from": "2026-10-05T22:00:00+02:00",
            "until": "2026-10-06T02:00Z",
            "declared": "2026-10-01T00:00:00Z",
            "vendors": ["shop"],
        }
    )
    span = declared.span()
    assert span.in_time
    assert span.concerns("shop", "any")
    assert span.interval == (1_791_230_400, 1_791_252_000)
