"""The period of a report: the options that choose it, and over which time promises are judged then."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from monitor.cli.stored import moment

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.report.period import Period


class StageName(StrEnum):
    """The stages of an acceptance, and the states that last."""

    TRIAL = "trial"
    STABLE = "stable"
    SCALE = "scale"
    PILOT = "pilot"
    STEADY = "steady"


def chosen_period(
    config: Config,
    now: datetime,
    *,
    window: str | None,
    stage: StageName | None,
    since: str | None,
    until: str | None,
) -> Period:
    """Over which time the promises are judged.

    Raises:
        typer.BadParameter: the options do not fit together, or name no time that has begun.
    """
    from monitor.report.period import LastSeconds, OwnWindows

    if window is not None and (stage is not None or since is not None):
        raise typer.BadParameter("give it alone, or with --until", param_hint="--window")
    end = now if until is None else (moment(until, "--until", now) or now)
    if end > now:
        raise typer.BadParameter("nothing is known of what is to come", param_hint="--until")
    if stage is not None:
        return _stage(config, stage, since, now, end)
    if since is not None:
        begin = moment(since, "--since", now)
        if begin is None or begin > end - timedelta(seconds=1):
            raise typer.BadParameter("write a moment before --until", param_hint="--since")
        return LastSeconds((end - begin).total_seconds(), end)
    return OwnWindows(end) if window is None else _window(window, end)


def _stage(config: Config, stage: StageName, since: str | None, now: datetime, end: datetime) -> Period:
    from monitor.config.scorecard import STEADY
    from monitor.report.period import StagePeriod, StatePeriod

    if stage.value not in STEADY:
        begin = None if since is None else moment(since, "--since", now)
        return StagePeriod(stage.value, begin.date() if begin else _stage_date(config, stage), end)
    if since is not None:
        words = f"{stage.value} is a state that lasts, and has no beginning: leave it out"
        raise typer.BadParameter(words, param_hint="--since")
    return StatePeriod(stage.value, end)


def _window(text: str, now: datetime) -> Period:
    from monitor.config.accounting import MONTH
    from monitor.report.period import CalendarMonth, LastSeconds
    from probes.units import parse_duration

    if text == MONTH:
        return CalendarMonth((now - timedelta(microseconds=1)).date().replace(day=1), now)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        try:
            return LastSeconds(max(1.0, parse_duration(text)), now)
        except ValueError as error:
            hint = "write 30d, month, or one such as 2026-10"
            raise typer.BadParameter(f"{text!r} is no window: {hint}", param_hint="--window") from error
    if first > now.date():
        raise typer.BadParameter(f"{text} has not begun", param_hint="--window")
    return CalendarMonth(first, now)


def _stage_date(config: Config, stage: StageName) -> date:
    from monitor.config.scorecard import Stage
    from monitor.report.period import stage_dates

    dates = stage_dates(stage.value, config.objectives)
    told = config.scorecard.stage(stage.value)
    if isinstance(told, Stage) and told.since is not None:
        dates.add(told.since)
    if len(dates) != 1:
        why = "several dates" if dates else "no date"
        raise typer.BadParameter(
            f"objectives and scorecard of the config have {why} for {stage.value}: write --since 2026-10-05",
            param_hint="--stage",
        )
    return dates.pop()
