"""``landwatch report``: which promises were kept, and what that rests on, for a person or a program."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.config import DEFAULT_CONFIG
from monitor.cli.report_made import check_names, made_report
from monitor.cli.report_outputs import Outputs
from monitor.cli.report_period import StageName, chosen_period


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

    outputs = Outputs(brief=brief, as_json=as_json)
    now = datetime.now(UTC)
    held = load(config, reveal=False)
    check_names(held, vendor, page)
    period = chosen_period(held, now, window=window, stage=stage, since=since, until=until)
    wanted = Wanted(vendor=vendor, page=page, region=region, anomalies=anomalies)
    report = made_report(held, store, period, now, wanted)
    finding = worst(one.verdict.finding for one in report.judgements)
    outputs.put_out(report, finding)
    raise typer.Exit(EXIT_CODES[finding])
