"""``landwatch rules``: Prometheus's recording and alerting rules for a config."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.config import DEFAULT_CONFIG

_HOLD = "1m"
_GRAFANA = "http://127.0.0.1:3000"
_JOB = "landwatch"


def command(
    config: Annotated[Path, typer.Option(help="The config.")] = DEFAULT_CONFIG,
    output: Annotated[
        Path | None, typer.Option(help="The file to write, which is there whole or not at all.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(help="A region in which an agent with these pages stands; the config's by default."),
    ] = None,
    job: Annotated[str, typer.Option(help="What Prometheus's scrape config calls the agents.")] = _JOB,
    hold: Annotated[
        str, typer.Option(help="How long an alert goes on after its incident was last open.")
    ] = _HOLD,
    grafana: Annotated[str, typer.Option(help="Where people find Grafana, for links.")] = _GRAFANA,
    status: Annotated[
        str | None, typer.Option(help="Where people find the status page; the config's `listen` by default.")
    ] = None,
) -> None:
    """Print Prometheus's recording and alerting rules for a config."""
    from monitor.config import load
    from monitor.rules.groups import rule_groups, usual_places
    from monitor.rules.text import rules_text

    held = load(config, reveal=False)
    places = replace(
        usual_places(held),
        grafana=grafana.rstrip("/"),
        job=job,
        hold=_seconds(hold),
    )
    if region:
        places = replace(places, regions=tuple(dict.fromkeys(region)))
    if status is not None:
        places = replace(places, status=status)
    text = rules_text(rule_groups(held, places))
    if output is None:
        typer.echo(text, nl=False)
    else:
        _write(output, text)


def _seconds(text: str) -> float:
    from probes.units import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--hold") from error


def _write(path: Path, text: str) -> None:
    from monitor.export.whole import whole_file

    try:
        with whole_file(path) as file:
            file.write(text.encode())
    except OSError as error:
        typer.echo(f"{path} can't be written: {error.strerror or error}", err=True)
        raise typer.Exit(1) from error
