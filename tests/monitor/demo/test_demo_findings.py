from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from monitor.demo.findings import findings, newest
from probes.sample import Attempt, Outcome, Sample

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def sample(second: int, probe: str, evidence: dict[str, Any], variant: str | None = None) -> Sample:
    return Sample(
        id=str(second),
        at=BEGAN + timedelta(seconds=second),
        vendor="shaky",
        page="landing",
        url="https://shaky.demo.test/",
        region="eu-west",
        probe=probe,
        variant=variant,
        attempt=Attempt.SCHEDULED,
        outcome=Outcome.UP,
        evidence=evidence,
    )


ROUND = {"protocols": {"h1": {"outcome": "up", "ttfb": 0.2}, "h2": {"outcome": "up", "ttfb": 0.1}}}
EDGE = {"confidence": "none", "network": None, "reasons": []}


def printed(samples: list[Sample]) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(findings(newest(samples), "eu-west"))
    return out.getvalue()


def test_each_fact_is_told_as_the_newest_sample_that_has_it_says() -> None:
    first = {**ROUND, "shield": EDGE}
    last = {"shield": {"confidence": "strong", "network": "Qrator", "reasons": ["a challenge of Qrator"]}}
    text = printed([sample(0, "http", first), sample(2, "http", last)])
    assert "HTTP/1.1  TTFB 200 ms" in text  # no round was due at the second visit
    assert "HTTP/2  TTFB 100 ms" in text
    assert "Qrator" in text
    assert "no sign" not in text


def test_what_the_table_of_times_says_already_is_not_told_again() -> None:
    assert newest([sample(0, "http", {"tls": {"version": "TLSv1.3", "cipher": "X", "verified": True}})]) == {}


def test_variants_have_lines_of_their_own() -> None:
    found = newest([sample(0, "http", ROUND), sample(1, "http", ROUND, "tiktok")])
    assert [key[-1] for key in sorted(found)] == ["", "tiktok"]
    assert "shaky/landing · tiktok" in printed([sample(1, "http", ROUND, "tiktok")])


def test_the_first_screen_of_a_good_visit_is_told() -> None:
    seen = sample(0, "browser", {})
    seen.vitals["first_screen"] = 0.918
    assert "first screen" in printed([seen])
    assert "918 ms" in printed([seen])
    seen.outcome = Outcome.DOWN
    assert newest([seen]) == {}
