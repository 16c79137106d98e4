"""Panels of the dashboard *The monitor itself*: where samples go, and who judges them."""

from __future__ import annotations

from itself_scope import AGENT, MINE, counted, each
from look import (
    YES_IS_GOOD,
    Look,
    Query,
)
from parts import Made, lines, states
from queries import (
    increase,
)


def samples() -> list[Made]:
    """What waits, is kept and is lost."""
    return [_waiting(), _written(), _lost(), _store(), _sinks()]


def judge() -> list[Made]:
    """How the judge works."""
    return [_durations(), _judged(), _errors()]


def _waiting() -> Made:
    return lines(
        "Samples that wait",
        "Samples on the agent's disk that the store has not taken (spool), and those in memory that no "
        "disk has yet (queue). None of them is lost; those in memory would be with the process.",
        [
            Query(each("landwatch_spool_samples"), f"spool {AGENT}"),
            Query(each("landwatch_queue_samples"), f"queue {AGENT}"),
        ],
        Look("none", 0, least=0),
        width=8,
    )


def _written() -> Made:
    written = f"sum by (instance) (rate(landwatch_samples_written_total{{{MINE}}}[$__rate_interval]))"
    return lines(
        "Samples written",
        "Samples that the store took in a second, those that an earlier process left in the spool included.",
        [Query(written, AGENT)],
        Look("wps", 1, least=0),
        width=8,
    )


def _lost() -> Made:
    return lines(
        "Samples lost or refused",
        "About how many samples were lost because nothing took them, and how many were laid aside because "
        "the store will never take them, in the time that each point looks back on. Anything above 0 is a "
        "fault.",
        [
            Query(increase("landwatch_samples_dropped_total", MINE, "$window", "instance"), f"lost {AGENT}"),
            Query(
                increase("landwatch_samples_refused_total", MINE, "$window", "instance"), f"refused {AGENT}"
            ),
        ],
        Look("none", 0, least=0),
        width=8,
    )


def _store() -> Made:
    return states(
        "Store",
        "Whether the store took what it was last given; before anything was given to it, it counts as up. "
        "While it is away samples wait in the spool, and nothing is judged.",
        [Query(each("landwatch_store_up"), AGENT)],
        YES_IS_GOOD,
        height=6,
    )


def _sinks() -> Made:
    return lines(
        "Errors of sinks",
        "About how many samples a part of landwatch failed to take, in the time that each point looks back "
        "on: a fault of landwatch itself. The log has its traceback.",
        [counted("landwatch_sink_errors_total", "sink")],
        Look("none", 0, least=0),
        height=6,
    )


def _durations() -> Made:
    return lines(
        "How long the judge takes",
        "What the last look at the slices took, and the last round of all objectives, its rests included.",
        [Query(each("landwatch_judge_duration_seconds", "instance, work"), "{{work}} {{instance}}")],
        Look("s", least=0),
        width=8,
    )


def _judged() -> Made:
    success = each("landwatch_judge_last_success_timestamp_seconds", "instance, work")
    return lines(
        "Since the judge was done",
        "How long ago the judge last looked at slices (every 15 s) and judged all objectives (every 5 min, "
        "later where that takes long). While it grows, incidents and verdicts stand still.",
        [Query(f"time() - {success}", "{{work}} {{instance}}")],
        Look("s", least=0),
        width=8,
    )


def _errors() -> Made:
    return lines(
        "Errors of the judge",
        "About how often the judge could not do its work, in the time that each point looks back on, "
        "mostly because the store was away.",
        [counted("landwatch_judge_errors_total", "work")],
        Look("none", 0, least=0),
        width=8,
    )
