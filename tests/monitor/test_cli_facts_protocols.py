from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from monitor.cli.facts.protocols import facts
from probes.sample import Attempt, Outcome, Sample


def told(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    return list(
        facts(
            Sample(
                id="1",
                at=datetime(2026, 1, 1, tzinfo=UTC),
                vendor="v",
                page="p",
                url="https://www.example.com/",
                region="here",
                probe="http",
                attempt=Attempt.SCHEDULED,
                outcome=Outcome.UP,
                evidence=evidence,
            )
        )
    )


def test_each_version_has_a_line_with_its_time_or_what_went_wrong() -> None:
    looks = {
        "h1": {"outcome": "up", "ttfb": 0.12},
        "h2": {"outcome": None, "detail": None},
        "h3": {"outcome": "down", "fault": "connect", "detail": "refused\x1b[31m"},
    }
    assert told({"protocols": looks}) == [
        ("protocols", "HTTP/1.1  TTFB 120 ms"),
        ("", "HTTP/2  not looked at"),
        ("", "HTTP/3  down, connect: refused\N{REPLACEMENT CHARACTER}[31m"),
    ]


def test_without_a_round_there_is_nothing_to_say() -> None:
    assert told({}) == []
    assert told({"protocols": None}) == []
