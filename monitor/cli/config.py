"""``landwatch config``: check a config, print its JSON Schema or an example."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.config import Config, ConfigError
    from monitor.watch import Watch

DEFAULT_CONFIG = Path("landwatch.yaml")
"""The config that commands look for where none is named."""

command = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Check a config, or help to write one."
)


@command.command()
def check(
    file: Annotated[Path, typer.Argument(help="The config.")] = DEFAULT_CONFIG,
    secrets: Annotated[
        bool, typer.Option("--secrets/--no-secrets", help="Whether secrets must be there, too.")
    ] = True,
) -> None:
    """Say what a config would watch, or every mistake in it (exit code 2)."""
    from rich.console import Console

    from monitor.config import load

    config = load(file, reveal=secrets)
    watches = config.watches()
    console = Console(highlight=False)
    console.print(_watches(watches))
    for name, text in _settings(config):
        console.print(f"[bold]{name:<11}[/bold]", end="")
        console.out(text, highlight=False)
    console.print()
    a_minute = sum(60 / watch.every for watch in watches)
    console.out(
        f"{file} is right: {_count(len(config.vendors), 'vendor')}, "
        f"{_count(sum(len(vendor.pages) for vendor in config.vendors), 'page')}, "
        f"{_count(len(watches), 'probe')}, {a_minute:.4g} runs a minute.",
        highlight=False,
    )


@command.command()
def schema() -> None:
    """Print the JSON Schema of a config, with which an editor helps to write one."""
    from monitor.config import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@command.command()
def example() -> None:
    """Print an example to start from."""
    from monitor.config import example as text

    typer.echo(text(), nl=False)


def show_mistakes(error: ConfigError) -> None:
    """Write every mistake in a config to standard error, each on a line that editors can jump to."""
    from rich.console import Console
    from rich.text import Text

    from monitor.config.mistakes import show_path

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for mistake in error.mistakes:
        place = error.source + (f":{mistake.line}:{mistake.column}" if mistake.line else "")
        path = show_path(mistake.path)
        console.print(
            Text.assemble(f"{place}: ", (path, "bold"), ": " if path else "", (mistake.message, "red"))
        )
    if len(error.mistakes) > 1:
        console.print(f"{len(error.mistakes)} mistakes", markup=False)


def _watches(watches: list[Watch]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from probes.target import page_title
    from probes.units import format_duration

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("vendor", "page", "url", "probe"):
        table.add_column(heading, overflow="fold")
    for heading in ("every", "timeout"):
        table.add_column(heading, justify="right")
    table.add_column("bursts")
    for watch in watches:
        target = watch.target
        words = (target.vendor, page_title(target.page, target.variant), target.url, target.probe)
        times = (format_duration(watch.every), format_duration(target.timeout))
        table.add_row(*map(Text, (*words, *times, "yes" if watch.bursts else "no")))
    return table


def _settings(config: Config) -> list[tuple[str, str]]:
    from monitor.config import Objective
    from probes.units import Secret, format_duration

    def promise(objective: Objective) -> str:
        sign = "<=" if objective.at_least is None else ">="
        figure = f"{objective.aggregate} {objective.indicator} {sign} {objective.show(objective.target)}"
        return f"{objective.name}: {figure} over {objective.window_words}"

    store = config.store.place if isinstance(config.store, Secret) else config.store
    kept = config.retention
    return [
        ("region", config.region),
        ("state", str(config.state)),
        ("store", store),
        ("listen", str(config.listen)),
        (
            "controls",
            ", ".join(config.controls) or "none: a network that is down here will look like outages",
        ),
        ("objectives", f"\n{'':<11}".join(map(promise, config.objectives)) or "none"),
        (
            "notify",
            f"\n{'':<11}".join(f"{one.name}: {one.words}" for one in config.notify)
            or "nobody: incidents are on the status page and in the metrics",
        ),
        (
            "retention",
            f"successes {format_duration(kept.successes)}, failures {format_duration(kept.failures)}",
        ),
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
