"""``landwatch report --evidence``: the bundle, and what is said of it."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from monitor.cli.parquet_file import interrupted_by_signals

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.evidence.manifest import Manifest
    from monitor.report.period import Period
    from monitor.report.reading import Wanted
    from monitor.report.report import Report

_HINT = "--evidence"


def check_evidence(target: Path, *, anomalies: bool) -> None:
    """See whether a bundle can be made there, before anything is read.

    Raises:
        typer.BadParameter: it can't.
    """
    from monitor.evidence.bundle import check_target
    from monitor.evidence.failure import NotABundle

    if anomalies:
        raise typer.BadParameter(
            "--anomalies break no promise, and are no evidence: leave it out", param_hint=_HINT
        )
    try:
        check_target(target)
    except NotABundle as error:
        raise typer.BadParameter(str(error), param_hint=_HINT) from error
    if find_spec("pyarrow") is None:
        raise typer.BadParameter(
            "a bundle has its samples as Parquet too, which needs pyarrow: pip install 'landwatch[parquet]'",
            param_hint=_HINT,
        )


def write_evidence(
    target: Path,
    report: Report,
    *,
    config: Config,
    store: str | None,
    period: Period,
    wanted: Wanted,
    now: datetime,
) -> None:
    """Write the bundle of a report into ``target``, and say so. What goes wrong ends the command."""
    from importlib.metadata import version

    from monitor.cli.progress import Progress
    from monitor.evidence.asked import Asked
    from monitor.evidence.bundle import Order, make_bundle
    from monitor.evidence.failure import NotABundle, NotMade
    from storage.store import Store, StoreUnavailable

    try:
        with (
            closing(Store(store or config.store_url)) as source,
            interrupted_by_signals(),
            Progress("putting the evidence together", sys.stderr) as progress,
        ):
            order = Order(
                store=source,
                config=config,
                asked=Asked.of(period, wanted),
                made_at=now,
                version=version("landwatch"),
                report=report,
            )
            made = make_bundle(order, target, progress.tell)
    except (NotABundle, NotMade, StoreUnavailable, ValueError) as error:
        typer.echo(f"there is no evidence: {error}", err=True)
        raise typer.Exit(2) from error
    except OSError as error:
        typer.echo(f"{error.filename or target} can't be written: {error.strerror or error}", err=True)
        raise typer.Exit(2) from error
    _tell(target, made)


def _tell(target: Path, made: Manifest) -> None:
    from monitor.evidence.manifest import digest

    size = sum(one.size for one in made.files)
    typer.echo(
        f"{target}: evidence number {made.chain.number:,}, {made.samples.count:,} samples, "
        f"{len(made.files) + 2:,} files, {size / 1e6:,.1f} MB\n"
        f"SHA-256 of its manifest, for whoever is to be able to tell that nothing was changed:\n"
        f"{digest(made.to_bytes())}",
        err=True,
    )
    for note in made.notes:
        typer.echo(f"note: {note}", err=True)
