"""Outages and anomalies in words, the same in every form of a report. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from monitor.config.objectives import Objective, default_objectives
from monitor.report.report import Happening
from monitor.report.words import figure, moment_words
from monitor.sla.anomaly import Anomaly
from monitor.sla.verdict import seconds

MOST = 20
"""Lines of each table: a person looks at no more, and JSON has all of them."""
LASTING = "not seen to end"
OUTAGES = "Outages"
ADVISORIES = "Advisories: seen by too few regions for an outage"
ANOMALIES = "Worse than the page usually is, which breaks no promise"
NO_OUTAGE = "No outage was seen in the window."
NO_ANOMALY = "No hour was worse than the page usually is."


class HappeningWords(NamedTuple):
    """An outage. A moment is its time in UTC, and then in each time zone of the promises."""

    begin: list[str]
    end: list[str] | None
    """``None``: it was not seen to end."""
    at_least: str
    at_most: str
    seen_from: str


class AnomalyWords(NamedTuple):
    """An hour that was worse than usual."""

    hour: str
    region: str
    indicator: str
    median: str
    usual: str


def happening_words(one: Happening, zones: Sequence[str]) -> HappeningWords:
    """An outage in words."""
    outage = one.outage
    end = outage.first_good
    faults = ", ".join(f"{fault} {count:,}" for fault, count in outage.faults.items())
    words = f"{', '.join(outage.regions)}: {faults}" if faults else ", ".join(outage.regions)
    notes = [one.probe] if one.probe != "http" else []
    notes += ["excluded"] if one.excluded else []
    return HappeningWords(
        _moments(outage.first_bad, None, zones),
        None if end is None else _moments(end, outage.first_bad, zones),
        seconds(outage.inner),
        "-" if outage.outer is None else seconds(outage.outer),
        words + (f" ({', '.join(notes)})" if notes else ""),
    )


def titled(title: str, count: int, zones: Sequence[str] = ()) -> str:
    """What stands over a table of so many."""
    below = f"; below each moment its time in {', '.join(zones)}" if zones else ""
    return f"{title} ({count:,}){below}"


def left_out(count: int) -> str | None:
    """What stands below a table that shows the last few of so many."""
    more = count - MOST
    return f"{more:,} earlier ones are left out: --json has all of them." if more > 0 else None


def anomaly_words(one: Anomaly) -> AnomalyWords:
    """An anomaly in words."""
    told = _told(one)
    return AnomalyWords(
        moment_words(one.start),
        one.region,
        one.indicator,
        figure(told, one.value),
        figure(told, one.usual),
    )


def _told(anomaly: Anomaly) -> Objective:
    return next(one for one in default_objectives() if one.indicator == anomaly.indicator)


def _moments(at: datetime, since: datetime | None, zones: Sequence[str]) -> list[str]:
    """A moment in UTC and in the time zones of the promises. A day that is known is left out."""
    found = [_moment(at, since)]
    for zone in zones:
        local = at.astimezone(ZoneInfo(zone))
        same_day = local.date() == at.astimezone(UTC).date()
        found.append(f"{local:%H:%M:%S}" if same_day else f"{local:%Y-%m-%d %H:%M:%S}")
    return found


def _moment(at: datetime, since: datetime | None) -> str:
    words = moment_words(at, precise=True)
    same_day = since is not None and moment_words(since)[:10] == words[:10]
    return words[11:] if same_day else words
