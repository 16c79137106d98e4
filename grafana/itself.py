"""The dashboard *The monitor itself*: whether what the other dashboards show was measured as it should be."""

from __future__ import annotations

from frame import Section, dashboard, several
from grafana_foundation_sdk.models.dashboard import Dashboard
from parts import (
    BLUE,
    GREEN,
    ORANGE,
    RED,
    YES_IS_GOOD,
    Column,
    Look,
    Made,
    Query,
    Steps,
    at_most,
    bars,
    lines,
    numbers,
    rows,
    states,
)
from queries import increase, ratio

MINE = 'instance=~"$instance"'
"""The agents that were chosen."""
AGENT = "{{instance}}"
LAGS = {"p50": 0.5, "p99": 0.99}


def itself() -> Dashboard:
    """The dashboard."""
    return dashboard(
        "landwatch-self",
        "landwatch / The monitor itself",
        "Whether the agents measure as they should: late or skipped runs, samples that wait, the judge, "
        "CPU and memory.",
        [several("instance", "Agent", "label_values(landwatch_build_info, instance)")],
        _sections(),
    )


def _sections() -> list[Section]:
    return [
        ("Agents", [_answers(), _agents(), _reload(), _reloaded()]),
        ("Schedule", [_schedule_lag(), _loop_lag(), _skipped(), _skipped_pages(), _starved(), _restarts()]),
        ("Where samples go", [_waiting(), _written(), _lost(), _store(), _sinks()]),
        ("The judge", [_durations(), _judged(), _errors()]),
        ("The process", [_cpu(), _memory(), _files()]),
    ]


def _each(metric: str, by: str = "instance") -> str:
    return f"max by ({by}) ({metric}{{{MINE}}})"


def _answers() -> Made:
    return states(
        "Answers to scrapes",
        "Whether each agent answered Prometheus. One that does not may still measure: its samples are in "
        "the store. An agent that was never scraped in the time shown is not here.",
        [Query(_each("up"), AGENT)],
        {0: ("no answer", RED), 1: ("answers", GREEN)},
        height=6,
    )


def _agents() -> Made:
    started = f"max by (instance) (process_start_time_seconds{{{MINE}}})"
    return rows(
        "What runs",
        "The version of each agent, how many targets (a page, a kind of probe and its variant) it watches, "
        "and how long it has run. Counters begin anew at a start.",
        ("instance", "version", "python"),
        [
            Column(
                "runs", f"max by (instance, version, python) (landwatch_build_info{{{MINE}}})", hidden=True
            ),
            Column("targets", _each("landwatch_targets"), decimals=0),
            Column("for", f"time() - {started}", "s"),
        ],
        width=12,
        height=6,
    )


def _reload() -> Made:
    return numbers(
        "Config in force",
        "Whether the config was last read and applied without a mistake. If not, the one before is in "
        "force, and the agent's status page and log say why.",
        [Query(_each("landwatch_config_last_reload_successful"), AGENT)],
        Look("none", meanings={0: ("refused", RED), 1: ("as written", GREEN)}),
        width=12,
    )


def _reloaded() -> Made:
    read = _each("landwatch_config_last_reload_success_timestamp_seconds")
    return numbers(
        "Since the config was read",
        "How long ago the config in force was read.",
        [Query(f"time() - {read}", AGENT)],
        Look("s"),
        width=12,
    )


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
        [
            Query(
                increase("landwatch_probe_restarts_total", MINE, "$window", "instance, probe"),
                "{{probe}} {{instance}}",
            )
        ],
        Look("none", 0, least=0),
    )


def _waiting() -> Made:
    return lines(
        "Samples that wait",
        "Samples on the agent's disk that the store has not taken (spool), and those in memory that no "
        "disk has yet (queue). None of them is lost; those in memory would be with the process.",
        [
            Query(_each("landwatch_spool_samples"), f"spool {AGENT}"),
            Query(_each("landwatch_queue_samples"), f"queue {AGENT}"),
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
        [Query(_each("landwatch_store_up"), AGENT)],
        YES_IS_GOOD,
        height=6,
    )


def _sinks() -> Made:
    return lines(
        "Errors of sinks",
        "About how many samples a part of landwatch failed to take, in the time that each point looks back "
        "on: a fault of landwatch itself. The log has its traceback.",
        [
            Query(
                increase("landwatch_sink_errors_total", MINE, "$window", "instance, sink"),
                "{{sink}} {{instance}}",
            )
        ],
        Look("none", 0, least=0),
        height=6,
    )


def _durations() -> Made:
    return lines(
        "How long the judge takes",
        "What the last look at the slices took, and the last round of all objectives, its rests included.",
        [Query(_each("landwatch_judge_duration_seconds", "instance, work"), "{{work}} {{instance}}")],
        Look("s", least=0),
        width=8,
    )


def _judged() -> Made:
    success = _each("landwatch_judge_last_success_timestamp_seconds", "instance, work")
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
        [
            Query(
                increase("landwatch_judge_errors_total", MINE, "$window", "instance, work"),
                "{{work}} {{instance}}",
            )
        ],
        Look("none", 0, least=0),
        width=8,
    )


def _cpu() -> Made:
    return lines(
        "CPU",
        "Cores that each agent's process uses. Browsers and what drives them are processes of their own "
        "and not in it.",
        [Query(f"max by (instance) (rate(process_cpu_seconds_total{{{MINE}}}[$__rate_interval]))", AGENT)],
        Look("none", 3, least=0),
        width=8,
    )


def _memory() -> Made:
    return lines(
        "Memory",
        "Memory of each agent's process in RAM, without the browsers.",
        [Query(_each("process_resident_memory_bytes"), AGENT)],
        Look("bytes", least=0),
        width=8,
    )


def _files() -> Made:
    share = f"max by (instance) (process_open_fds{{{MINE}}} / process_max_fds{{{MINE}}})"
    return lines(
        "File descriptors",
        "The share of the file descriptors that the process may have open which are. Connections count.",
        [Query(share, AGENT)],
        Look("percentunit", 1, at_most(0.8), least=0),
        width=8,
    )
