"""Alerts about landwatch itself: a monitor that fails must not look like pages that are well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.judging.service import OBJECTIVES, SLICES
from monitor.rules.failures import JUDGED_WITHIN
from monitor.rules.promql import matcher, number
from monitor.rules.rule import Alert, Group, Places, Severity
from monitor.rules.words import of_itself
from monitor.watch import Watch

_WAITING = 10
"""Minutes of samples that may wait for the store."""
_SKIPPED = 0.05
"""The share of due runs that may be skipped."""
_WORKS = ((SLICES, "looked for incidents", JUDGED_WITHIN), (OBJECTIVES, "judged the objectives", 1800))
"""The judge's works, and the seconds in which each is due."""
_INSTANCE = "{{ $labels.instance }}"


def own(watches: Sequence[Watch], places: Places) -> Group:
    """The alerts, and one that always fires."""
    rules = (*_agents(places), *_judge(places), *_samples(watches, places), *_rest(places), _watchdog(places))
    return Group("landwatch-own", 15.0, rules)


def _agents(places: Places) -> Iterator[Alert]:
    agents = f"up{matcher(job=places.job)}"
    yield Alert(
        name="LandwatchNoAgent",
        expr=f"absent({agents} == 1)",
        severity=Severity.PAGE,
        annotations=of_itself(
            places,
            "No agent of landwatch answers",
            f"Prometheus reaches 0 agents of its job {places.job}, and there should be one at least. Until "
            "one answers, nobody is told of an outage of any page. Agents that run keep measuring "
            "meanwhile.",
        ),
        lasting=60.0,
    )
    yield Alert(
        name="LandwatchAgentDown",
        expr=f"{agents} == 0",
        severity=Severity.TICKET,
        annotations=of_itself(
            places,
            f"The agent {_INSTANCE} does not answer",
            f"Prometheus has not reached the agent {_INSTANCE} for more than a minute. Look whether the "
            "process runs, and whether its port can be reached from here.",
        ),
        lasting=60.0,
    )


def _judge(places: Places) -> Iterator[Alert]:
    started = f"process_start_time_seconds{matcher(job=places.job)}"
    for work, words, most in _WORKS:
        done = f"landwatch_judge_last_success_timestamp_seconds{matcher(work=work)}"
        yield Alert(
            name="LandwatchJudgeFailing",
            expr=(
                "time() - (\n"
                f"    max by (job, instance) ({done})\n  or\n    max by (job, instance) ({started})\n"
                f") > {most}"
            ),
            severity=Severity.PAGE if work == SLICES else Severity.TICKET,
            labels={"work": work},
            annotations=of_itself(
                places,
                f"The judge of {_INSTANCE} does not judge ({work})",
                f"The judge of {_INSTANCE} has not {words} for {{{{ $value | humanizeDuration }}}}, and "
                f"does that in less than {most} s as a rule. What it says of pages is as old as that. "
                "Mostly the store is away; the log has the reason.",
            ),
        )


def _samples(watches: Sequence[Watch], places: Places) -> Iterator[Alert]:
    waiting = max(50.0, _WAITING * sum(60 / watch.every for watch in watches))
    yield Alert(
        name="LandwatchStoreDown",
        expr="landwatch_store_up == 0",
        severity=Severity.TICKET,
        annotations=of_itself(
            places,
            f"The store of {_INSTANCE} takes nothing",
            f"The store has taken no samples of {_INSTANCE} for more than 2 min. They wait on the agent's "
            "disk, and are brought when it is back; incidents are not judged until then.",
        ),
        lasting=120.0,
    )
    yield Alert(
        name="LandwatchSpoolGrowing",
        expr=(
            f"landwatch_spool_samples > {number(round(waiting))}\n"
            "and\n  deriv(landwatch_spool_samples[10m]) > 0"
        ),
        severity=Severity.TICKET,
        annotations=of_itself(
            places,
            f"More and more samples wait at {_INSTANCE}",
            f"{{{{ $value | printf `%.0f` }}}} samples wait on the disk of {_INSTANCE} for the store, and "
            f"they get more; {number(round(waiting))} are what it takes in {_WAITING} min. Look at the "
            "store, and at the space on that disk.",
        ),
        lasting=300.0,
    )
    yield Alert(
        name="LandwatchSamplesLost",
        expr=(
            "  increase(landwatch_samples_dropped_total[1h])\n"
            "+ increase(landwatch_samples_refused_total[1h])\n"
            "> 0"
        ),
        severity=Severity.TICKET,
        annotations=of_itself(
            places,
            f"{_INSTANCE} lost samples",
            f"About {{{{ $value | printf `%.0f` }}}} samples of {_INSTANCE} did not get into the store in "
            "the last hour, and will not by themselves: dropped where neither store nor disk took them, or "
            "laid aside where the store refused them. There should be none; what they measured is unknown.",
        ),
    )


def _rest(places: Places) -> Iterator[Alert]:
    yield Alert(
        name="LandwatchReloadFailed",
        expr="landwatch_config_last_reload_successful == 0",
        severity=Severity.TICKET,
        annotations=of_itself(
            places,
            f"{_INSTANCE} runs with an old config",
            f"The config of {_INSTANCE} was changed and has mistakes, so the old one is in force. The "
            "status page and the log name them all; `landwatch config check` does too.",
        ),
        lasting=60.0,
    )
    yield Alert(
        name="LandwatchRunsSkipped",
        expr=(
            'sum by (job, instance, region) (increase(landwatch_runs_total{result="skipped"}[15m]))\n'
            "  / sum by (job, instance, region) (increase(landwatch_runs_total[15m]))\n"
            f"> {_SKIPPED}"
        ),
        severity=Severity.TICKET,
        annotations=of_itself(
            places,
            f"{_INSTANCE} skips visits",
            f"Of the visits that were due at {_INSTANCE} ({{{{ $labels.region }}}}) in the last 15 min, "
            f"{{{{ $value | humanizePercentage }}}} were skipped, more than {_SKIPPED:.0%}: the one before "
            "still ran, or the machine has too little CPU.",
        ),
        lasting=300.0,
    )
    yield Alert(
        name="LandwatchSinkErrors",
        expr="sum by (job, instance, sink) (increase(landwatch_sink_errors_total[15m])) > 0",
        severity=Severity.TICKET,
        annotations=of_itself(
            places,
            f"A part of {_INSTANCE} fails",
            f"The {{{{ $labels.sink }}}} of {_INSTANCE} failed to take about {{{{ $value | printf `%.0f` "
            f"}}}} samples in the last 15 min, where none should fail. It is a fault of landwatch: its log "
            "has the traceback.",
        ),
    )


def _watchdog(places: Places) -> Alert:
    return Alert(
        name="LandwatchWatchdog",
        expr="vector(1)",
        severity=Severity.INFO,
        annotations=of_itself(
            places,
            "Prometheus and Alertmanager work",
            "This alert always fires. Send it to something outside that calls you when it no longer comes: "
            "then Prometheus, Alertmanager or the way out is broken, and no other alert can tell.",
        ),
    )
