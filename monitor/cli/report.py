"""``landwatch report``: which promises were kept, and what that rests on, for a person or a program."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.config import DEFAULT_CONFIG
from monitor.cli.stored import moment

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.report.period import Period
    from monitor.report.reading import Wanted
    from monitor.report.report import Report

_PIPED_WIDTH = 140


class StageName(StrEnum):
    """The stages of an acceptance."""

    TRIAL = "trial"
    STABLE = "stable"
    SCALE = "scale"


def command(
    window: Annotated[
        str | None,
        typer.Option(help="One window for all promises: 30d, `month` for this one, or one such as 2026-10."),
    ] = None,
    stage: Annotated[
        StageName | None, typer.Option(help="The stage of an acceptance, from its date in the config on.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(help="From when on: 7d, a time (RFC 3339), or with --stage the date of its beginning."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="As it was then; written as for --since.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Only this vendor's pages.")] = None,
    page: Annotated[str | None, typer.Option(help="Only this page.")] = None,
    region: Annotated[str | None, typer.Option(help="Only as this region saw it.")] = None,
    anomalies: Annotated[
        bool,
        typer.Option("--anomalies", help="Look for hours that were worse than usual too."),
    ] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Only the verdicts, a line for each page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: Annotated[
        Path, typer.Option(help="The config that has the promises and names the store.")
    ] = DEFAULT_CONFIG,
    store: Annotated[str | None, typer.Option(help="The store's URL, in place of the config's.")] = None,
) -> None:
    """Say which promises were kept, with what that rests on.

    Exit code 0: all were met. 1: one was breached. 2: wrong usage. 3: none was breached, and one is unproven.
    """
    from monitor.cli.verdict_exit import EXIT_CODES, worst
    from monitor.config import load
    from monitor.report.reading import Wanted

    now = datetime.now(UTC)
    held = load(config, reveal=False)
    _check(held, vendor, page)
    period = _period(held, now, window, stage, since, until)
    wanted = Wanted(vendor=vendor, page=page, region=region, anomalies=anomalies)
    report = _read(held, store, period, now, wanted)
    finding = worst(one.verdict.finding for one in report.judgements)
    if as_json:
        import orjson

        from monitor.report.plain import plain

        sys.stdout.buffer.write(orjson.dumps(plain(report, finding), option=orjson.OPT_UTC_Z) + b"\n")
    else:
        _show(report, brief=brief)
    raise typer.Exit(EXIT_CODES[finding])


def _check(config: Config, vendor: str | None, page: str | None) -> None:
    """A page that there is none of would have a report that finds nothing wrong.

    Raises:
        typer.BadParameter: the config has none of this name.
    """
    vendors = [one for one in config.vendors if vendor in (None, one.name)]
    if not vendors:
        names = ", ".join(one.name for one in config.vendors)
        raise typer.BadParameter(f"there is no vendor {vendor!r}; there are {names}", param_hint="--vendor")
    pages = [one.name for each in vendors for one in each.pages]
    if page is not None and page not in pages:
        raise typer.BadParameter(
            f"there is no page {page!r}; there are {', '.join(pages)}", param_hint="--page"
        )


def _period(
    config: Config,
    now: datetime,
    window: str | None,
    stage: StageName | None,
    since: str | None,
    until: str | None,
) -> Period:
    """Over which time the promises are judged.

    Raises:
        typer.BadParameter: the options do not fit together, or name no time that has begun.
    """
    from monitor.report.period import LastSeconds, OwnWindows, StagePeriod

    if window is not None and (stage is not None or since is not None):
        raise typer.BadParameter("give it alone, or with --until", param_hint="--window")
    end = now if until is None else (moment(until, "--until", now) or now)
    if end > now:
        raise typer.BadParameter("nothing is known of what is to come", param_hint="--until")
    if stage is not None:
        begin = None if since is None else moment(since, "--since", now)
        return StagePeriod(stage.value, begin.date() if begin else _stage_date(config, stage), end)
    if since is not None:
        begin = moment(since, "--since", now)
        if begin is None or begin > end - timedelta(seconds=1):
            raise typer.BadParameter("write a moment before --until", param_hint="--since")
        return LastSeconds((end - begin).total_seconds(), end)
    return OwnWindows(end) if window is None else _window(window, end)


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
    from monitor.report.period import stage_dates

    dates = stage_dates(stage.value, config.objectives)
    if len(dates) != 1:
        why = "several dates" if dates else "no date"
        raise typer.BadParameter(
            f"the config's objectives have {why} for {stage.value}: write --since 2026-10-05",
            param_hint="--stage",
        )
    return dates.pop()


def _read(config: Config, store: str | None, period: Period, now: datetime, wanted: Wanted) -> Report:
    from monitor.cli.progress import Progress
    from monitor.report.reading import read_report
    from storage.store import Store, StoreUnavailable

    try:
        source = Store(store or config.store_url)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--store") from error
    try:
        with closing(source), Progress("reading and judging", sys.stderr) as progress:
            return read_report(source, config, period, now, wanted, progress.tell)
    except StoreUnavailable as error:
        from monitor.cli.verdict_exit import EXIT_CODES
        from monitor.sla.verdict import Finding

        typer.echo(f"the store can't be read, so nothing is proven: {error}", err=True)
        raise typer.Exit(EXIT_CODES[Finding.UNPROVEN]) from error


def _show(report: Report, *, brief: bool) -> None:
    from rich.console import Console

    from monitor.report.console import render

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    console.print(render(report, console.width, brief=brief))
