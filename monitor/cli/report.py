"""``landwatch report``: which promises were kept, and what that rests on, for a person or a program."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.config import DEFAULT_CONFIG
from monitor.cli.report_made import check_names, findings_of, made_report
from monitor.cli.report_outputs import Outputs
from monitor.cli.report_period import StageName, chosen_period


def command(
    window: Annotated[
        str | None,
        typer.Option(help="One window for all promises: 30d, `month` for this one, or one such as 2026-10."),
    ] = None,
    stage: Annotated[
        StageName | None, typer.Option(help="A stage of an acceptance with its scorecard, from its date on.")
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
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write one file of HTML with charts, which needs nothing else."),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the same on paper, by the Chromium that is here."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a row for each verdict; `-` prints them.")
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a new folder with all that the verdicts rest on."),
    ] = None,
    verify: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Check such a folder, and do no more. May be given several times."),
    ] = None,
    config: Annotated[
        Path, typer.Option(help="The config that has the promises and names the store.")
    ] = DEFAULT_CONFIG,
    store: Annotated[str | None, typer.Option(help="The store's URL, in place of the config's.")] = None,
) -> None:
    """Say which promises were kept, with what that rests on.

    Exit code 0: all were met. 1: one was breached. 2: wrong usage. 3: none was breached, and one is unproven.
    The lines of a stage's scorecard count as promises.
    """
    from monitor.cli.verdict_exit import EXIT_CODES, worst
    from monitor.config import load
    from monitor.report.reading import Wanted

    outputs = Outputs(brief=brief, as_json=as_json, html=html, pdf=pdf, csv=csv)
    if verify:
        from monitor.cli.evidence_verify import verify_evidence

        raise typer.Exit(verify_evidence(verify, config, as_json=as_json))
    outputs.check()
    if evidence is not None:
        from monitor.cli.evidence_make import check_evidence, write_evidence

        check_evidence(evidence, anomalies=anomalies)
    now = datetime.now(UTC)
    held = load(config, reveal=False)
    check_names(held, vendor, page)
    period = chosen_period(held, now, window=window, stage=stage, since=since, until=until)
    wanted = Wanted(vendor=vendor, page=page, region=region, anomalies=anomalies, histories=outputs.drawn)
    report = made_report(held, store, period, now, wanted)
    finding = worst(findings_of(report))
    outputs.put_out(report, finding, config)
    if evidence is not None:
        write_evidence(evidence, report, config=held, store=store, period=period, wanted=wanted, now=now)
    raise typer.Exit(EXIT_CODES[finding])
