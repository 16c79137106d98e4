"""The dashboard *The monitor itself*: whether what the other dashboards show was measured as it should be."""

from __future__ import annotations

from frame import Section, dashboard, several
from grafana_foundation_sdk.models.dashboard import Dashboard
from itself_runs import runs
from itself_samples import judge, samples
from itself_scope import AGENT, MINE, each
from look import (
    GREEN,
    RED,
    Column,
    Look,
    Query,
    at_most,
)
from parts import Made, lines, numbers, rows, states


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
        ("Schedule", runs()),
        ("Where samples go", samples()),
        ("The judge", judge()),
        ("The process", [_cpu(), _memory(), _files()]),
    ]


def _answers() -> Made:
    return states(
        "Answers to scrapes",
        "Whether each agent answered Prometheus. One that does not may still measure: its samples are in "
        "the store. An agent that was never scraped in the time shown is not here.",
        [Query(each("up"), AGENT)],
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
            Column("targets", each("landwatch_targets"), decimals=0),
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
        [Query(each("landwatch_config_last_reload_successful"), AGENT)],
        Look("none", meanings={0: ("refused", RED), 1: ("as written", GREEN)}),
        width=12,
    )


def _reloaded() -> Made:
    read = each("landwatch_config_last_reload_success_timestamp_seconds")
    return numbers(
        "Since the config was read",
        "How long ago the config in force was read.",
        [Query(f"time() - {read}", AGENT)],
        Look("s"),
        width=12,
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
        [Query(each("process_resident_memory_bytes"), AGENT)],
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
