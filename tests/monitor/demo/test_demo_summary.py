from __future__ import annotations

import io
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console, RenderableType

from monitor.demo.layout import HOST, lay_out
from monitor.demo.summary import Runs, fetch_runs, progress, read_runs, summary, totals
from probes.sample import Fault, Outcome
from storage.standing import Standing

METRICS = """\
# HELP landwatch_runs_total Runs that were due.
# TYPE landwatch_runs_total counter
landwatch_runs_total{vendor="swift",page="sale",region="eu-west",probe="http",result="run"} 118
landwatch_runs_total{vendor="swift",page="sale",region="eu-west",probe="http",result="skipped"} 2
# HELP landwatch_up 1 if the last scheduled sample saw the page.
# TYPE landwatch_up gauge
landwatch_up{vendor="swift",page="sale",region="eu-west",probe="http"} 1
"""
SERIES = ("swift", "sale", "eu-west", "http", "")


def row(vendor: str, page: str, ttfb: float | None = None, timed: int = 0, **counts: int) -> Standing:
    return Standing(
        vendor,
        page,
        "eu-west",
        "http",
        {outcome: counts.get(outcome.value, 0) for outcome in Outcome},
        ttfb,
        timed,
        datetime(2030, 1, 1, tzinfo=UTC),
        Outcome.DOWN,
        Fault.TIMEOUT,
        None,
        None,
    )


def printed(what: RenderableType) -> str:
    out = io.StringIO()
    Console(file=out, width=140).print(what)
    return out.getvalue()


def test_runs_are_read_from_an_agents_metrics() -> None:
    assert read_runs(METRICS) == {SERIES: Runs(118, 2)}
    assert read_runs(METRICS)[SERIES].due == 120


def test_runs_of_the_variants_of_a_page_are_kept_apart() -> None:
    text = METRICS.replace('probe="http",result', 'probe="channel",variant="google",result')
    assert read_runs(METRICS + text.partition("# HELP landwatch_up")[0].partition("counter\n")[2]).keys() == {
        SERIES,
        ("swift", "sale", "eu-west", "channel", "google"),
    }
    rows = [
        replace(row("swift", "sale", 0.1, 5), region=region, variant=variant)
        for region in ("eu-west", "us-east")
        for variant in ("google", None)
    ]
    lines = [
        line for line in printed(summary(rows, {})).splitlines() if "swift/" in line or "regions" in line
    ]
    assert ["·" in line for line in lines if "swift/" in line] == [False, False, True, True]
    assert [line.split()[:4] for line in lines if "regions" in line] == [["mean", "of", "2", "regions"]] * 2


async def test_an_agent_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind((HOST, 0))
        assert await fetch_runs(lay_out(tmp_path, 0.0, port=0)) == {}


def test_the_summary_has_due_run_skipped_outcomes_and_the_mean_with_its_count() -> None:
    text = printed(
        summary([row("swift", "sale", 0.0416, 110, up=110, down=5, blocked=2)], read_runs(METRICS))
    )
    (line,) = [line for line in text.splitlines() if "swift/sale" in line]
    # page, region, probe; due, run, skipped; up, down, blocked, unknown; left out; mean TTFB; of
    assert line.split() == [
        "swift/sale",
        "eu-west",
        "http",
        "120",
        "118",
        "2",
        "110",
        "5",
        "2",
        "0",
        "1",
        "42",
        "ms",
        "110",
    ]


def test_what_is_not_known_is_a_dash() -> None:
    text = printed(summary([row("shaky", "landing", down=3)], {}))
    (line,) = [line for line in text.splitlines() if "shaky/landing" in line]
    assert line.split() == [
        "shaky/landing",
        "eu-west",
        "http",
        "-",
        "-",
        "-",
        "0",
        "3",
        "0",
        "0",
        "-",
        "-",
        "0",
    ]


def test_the_totals_are_the_sums() -> None:
    rows = [row("swift", "sale", 0.04, 1200, up=1200), row("shaky", "landing", None, 0, down=30, blocked=4)]
    runs = {SERIES: Runs(1200, 0), ("shaky", "landing", "eu-west", "http", ""): Runs(34, 1)}
    assert totals(rows, runs).startswith(
        "Runs due 1,235: run 1,234, skipped 1. "
        "Samples of the schedule: 1,200 up, 30 down, 4 blocked, 0 unknown."
    )


def test_progress_weighs_pages_by_their_samples() -> None:
    rows = [row("swift", "sale", 0.1, 3, up=3), row("swift", "go", 0.5, 1, up=1), row("shaky", "/", down=2)]
    assert progress(rows, 12.3) == "  12 s  swift 4 up, mean TTFB 200 ms; shaky 2 down"
    assert progress([row("slow", "/")], 1.0) == "   1 s  slow nothing yet"
    assert progress([], 0.0) == "   0 s  no sample yet"
