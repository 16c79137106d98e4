"""Panels of the dashboard *The monitor itself*: whether runs begin when they should."""

from __future__ import annotations

from itself_scope import AGENT, MINE, counted
from look import (
    BLUE,
    GREEN,
    ORANGE,
    Look,
    Query,
    Steps,
    at_most,
)
from parts import Made, bars, lines
from queries import (
    increase,
    ratio,
)

LAGS = {"p50": 0.5, "p99": 0.99}


def runs() -> list[Made]:
    """Late and skipped runs, and why."""
    return [_schedule_lag(), _loop_lag(), _skipped(), _skipped_pages(), _starved(), _restarts()]


def _lag(title: str, description: str, metric: str, steps: Steps) -> Made:
    return lines(
        title,
        description,
        [
            Query(
                f"histogram_quantile({share}, sum by (instance, le) "
                f"(rate({metric}_bucket{{{MINE}}}[$window])))",
                f"{name} {AGENT}",
            )
            for name, share in LAGS.items()
        ],
        Look("s", steps=steps, least=0),
    )


def _schedule_lag() -> Made:
    return _lag(
        "Schedule lag",
        "How late runs started, those included that waited for the run before them: median and 99th "
        "percentile as well as the buckets' edges tell them. A late start moves a visit; it does not make "
        "it slower.",
        "landwatch_schedule_lag_seconds",
        ((None, BLUE),),
    )


def _loop_lag() -> Made:
    return _lag(
        "Loop lag",
        "How late the event loop was, looked at ten times a second. Samples of moments in which it was "
        "late are tainted and left out of verdicts. The dashed line is 50 ms, above which the p99 should "
        "not be.",
        "landwatch_loop_lag_seconds",
        at_most(0.05),
    )


def _skipped() -> Made:
    skipped = increase("landwatch_runs_total", f'{MINE}, result="skipped"', "$window", "instance")
    due = increase("landwatch_runs_total", MINE, "$window", "instance")
    return lines(
        "Runs skipped",
        "The share of due runs that were skipped, because the one before still ran or the loop stood "
        "still. What was skipped is unknown time, neither up nor down.",
        [Query(ratio(skipped, due), AGENT)],
        Look("percentunit", 2, least=0),
    )


def _skipped_pages() -> Made:
    by = "vendor, page, region, probe, variant"
    skipped = increase("landwatch_runs_total", f'{MINE}, result="skipped"', "$__range", by)
    return bars(
        "Runs skipped, most first",
        "About how many runs were skipped in the time shown, of the ten targets with the most, those "
        "without any included.",
        [Query(f"sort_desc(topk(10, {skipped}))", "{{vendor}} / {{page}} {{region}} {{probe}} {{variant}}")],
        Look("none", 0, ((None, GREEN), (1, ORANGE)), least=0),
    )


def _starved() -> Made:
    starved = increase("landwatch_cpu_starved_seconds_total", MINE, "$window", "instance")
    steps = increase("landwatch_clock_steps_total", MINE, "$window", "instance")
    return lines(
        "CPU starvation and clock steps",
        "Seconds in which the process mostly waited for a CPU, and steps of the wall clock, in the time "
        "that each point looks back on. Samples of such moments are tainted.",
        [Query(starved, f"starved (s) {AGENT}"), Query(steps, f"clock steps {AGENT}")],
        Look("none", 1, least=0),
    )


def _restarts() -> Made:
    return lines(
        "Browsers that failed",
        "About how often a program that a kind of probe keeps running (the browser, or what drives it) "
        "ended, hung or had to be killed, in the time that each point looks back on. Agents without such a "
        "probe have no line.",
        [counted("landwatch_probe_restarts_total", "probe")],
        Look("none", 0, least=0),
    )
