"""A report as the command makes it: names that are checked, a store that is read, words where it can't be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.report.period import Period
    from monitor.report.reading import Wanted
    from monitor.report.report import Report
    from monitor.sla.verdict import Finding


def check_names(config: Config, vendor: str | None, page: str | None) -> None:
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


def made_report(config: Config, store: str | None, period: Period, now: datetime, wanted: Wanted) -> Report:
    """The report, of what the store has; that of a stage has its scorecard.

    A store that can't be read ends the command and is told.


    Raises:
        typer.BadParameter: the URL is none of a store.
    """
    from monitor.cli.progress import Progress
    from monitor.process import without_collecting
    from monitor.report.reading import read_report
    from monitor.scorecard.making import Occasion
    from monitor.scorecard.reading import read_scorecard
    from storage.store import Store, StoreUnavailable

    try:
        source = Store(store or config.store_url)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--store") from error
    try:
        with closing(source), Progress("reading and judging", sys.stderr) as progress:
            with without_collecting():
                report = read_report(source, config, period, now, wanted, progress.tell)
            occasion = Occasion.of(period, wanted.page, wanted.region)
            if occasion is None:
                return report
            scorecard = read_scorecard(source, report, config.scorecard, occasion)
            return replace(report, scorecard=scorecard)
    except StoreUnavailable as error:
        from monitor.cli.verdict_exit import EXIT_CODES
        from monitor.sla.verdict import Finding

        typer.echo(f"the store can't be read, so nothing is proven: {error}", err=True)
        raise typer.Exit(EXIT_CODES[Finding.UNPROVEN]) from error


def findings_of(report: Report) -> Iterator[Finding]:
    """What its verdicts are, and what its scorecard comes to."""
    from monitor.scorecard.words import FINDINGS

    yield from (one.verdict.finding for one in report.judgements)
    if report.scorecard is not None:
        yield FINDINGS[report.scorecard.result]
