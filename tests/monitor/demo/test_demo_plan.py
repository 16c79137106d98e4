from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo.plan import CYCLE, DELAYS, VENDORS, Mode, behaviour, episode, mode_at, next_change

seconds = st.floats(min_value=0, max_value=1e6, allow_nan=False)
vendors = st.sampled_from(VENDORS)


@given(seconds, vendors)
def test_behaviour_is_the_same_at_every_call(at: float, vendor: str) -> None:
    assert behaviour(at, vendor) == behaviour(at, vendor)


@given(seconds, vendors)
def test_served_pages_take_the_vendors_time(at: float, vendor: str) -> None:
    plan = behaviour(at, vendor)
    least, most = DELAYS[vendor]
    if plan.mode is Mode.SERVE:
        assert least <= plan.delay < most
        assert plan.status == 200
    else:
        assert vendor == "shaky"
        assert plan.status == {Mode.ERROR: 502, Mode.HANG: None, Mode.CHALLENGE: 403}[plan.mode]


@given(st.integers(min_value=0, max_value=10_000))
def test_an_episode_lies_inside_its_cycle(cycle: int) -> None:
    one = episode(cycle)
    assert cycle * CYCLE + 8 <= one.begin < one.end < (cycle + 1) * CYCLE
    assert 2.5 <= one.end - one.begin <= 7.0


@given(seconds)
def test_the_mode_changes_at_the_next_change_and_not_before(at: float) -> None:
    change = next_change(at, "shaky")
    assert change is not None
    assert at < change <= at + 2 * CYCLE
    assert mode_at(change, "shaky") != mode_at(at, "shaky")
    between = at + (change - at) / 2
    if between < change:
        assert mode_at(between, "shaky") == mode_at(at, "shaky")


@pytest.mark.parametrize("vendor", ["swift", "slow"])
def test_the_steady_vendors_never_change(vendor: str) -> None:
    assert next_change(12.0, vendor) is None


def test_two_minutes_show_every_way_to_fail() -> None:
    seen = {mode_at(tenth / 10, "shaky") for tenth in range(1200)}
    assert seen == set(Mode)


def test_the_first_minute_shows_an_error_and_a_hang() -> None:
    assert {mode_at(tenth / 10, "shaky") for tenth in range(600)} == {Mode.SERVE, Mode.ERROR, Mode.HANG}
