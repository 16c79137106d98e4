"""Rule 5: when a page is at rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probes.firstscreen.rest import State, rest_at

SHOWN = State(shown=True, network=1.0)


def test_a_page_that_shows_nothing_yet_is_not_at_rest() -> None:
    assert rest_at(State(shown=False)) is None


@pytest.mark.parametrize(
    ("facts", "at"),
    [
        ({}, 2.5),  # 1.5 s after the network
        ({"grown": 2.0}, 3.5),  # or after the document grew
        ({"busy": 1.2}, 2.7),  # or after anything in it changed
        ({"frame": 1.3}, 2.8),  # or the picture
        ({"frame": 9.0, "busy": 9.0}, 2.8),  # but no longer than 1.8 s for what moves
        ({"frame": 0.5}, 2.5),
        ({"others": (0.9, 1.0)}, 4.0),  # a request is waited for, but not for ever
        ({"others": (0.1,), "network": 8.0}, 9.5),
        ({"blocking": 0.5}, 8.5),  # and what blocks much longer
    ],
)
def test_a_page_is_at_rest_when_nothing_happened_for_long_enough(facts: dict[str, object], at: float) -> None:
    assert rest_at(replace(SHOWN, **facts)) == pytest.approx(at)  # type: ignore[arg-type]
