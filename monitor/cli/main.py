"""The command ``landwatch``: the list of its commands, each imported only when it is called.

A command's module has one public name, ``command``: a function with typer's annotations, or a
``typer.Typer`` where it has commands of its own. So that help comes at once, such a module imports heavy
libraries inside its functions.

Exit codes: 0 all is well, 1 something is down or a promise broken, 2 wrong usage, 3 unproven, 130 cut off.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """One command in the list: where it is, and its line in ``landwatch --help``."""

    module: str
    line: str

    def load(self, name: str) -> Any:
        """Import the command, as the object that parses its part of the command line."""
        command = importlib.import_module(self.module).command
        if not isinstance(command, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(name)(command)
            command = alone
        return typer.main.get_command(command)


COMMANDS: Mapping[str, Entry] = MappingProxyType(
    {
        "check": Entry("monitor.cli.check", "Measure pages once, and show where their time goes."),
        "run": Entry("monitor.cli.run", "Watch the pages of a config until told to stop."),
        "demo": Entry(
            "monitor.cli.demo", "Watch three made-up vendors on this machine, to see how it looks."
        ),
        "config": Entry("monitor.cli.config", "Check a config, print its JSON Schema or an example."),
        "edge": Entry("monitor.cli.edge", "Sum up from where pages were served to each region."),
        "rules": Entry(
            "monitor.cli.rules", "Print Prometheus's rules for a config: what to record and to alert on."
        ),
        "report": Entry("monitor.cli.report", "Say which promises were kept, with what that rests on."),
        "drill": Entry("monitor.cli.drill", "Watch one page while its vendor shows how it fails over."),
        "kpi": Entry("monitor.cli.kpi", "Import KPIs of the business, and show what is there."),
        "samples": Entry(
            "monitor.cli.samples", "Print stored samples, or export them as JSON lines, CSV or Parquet."
        ),
        "notify": Entry(
            "monitor.cli.notify", "Try the channels that are told of incidents, and list what they were told."
        ),
        "db": Entry("monitor.cli.db", "Look at the rollups in the store, and make them again."),
    }
)
"""The commands, in the order of the help."""


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and help lines, and imports a command when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():
            self.add_command(TyperCommand(name, help=entry.line))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that ``args`` name, and put the real one in the place of its line."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and COMMANDS[str(name)].load(str(name)), rest


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"landwatch {version('landwatch')}")
        raise typer.Exit


@app.callback()
def landwatch(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Watch landing pages that vendors serve for you, and say with evidence whether their promises hold."""


def main() -> None:
    """Run the command line, and leave with its exit code."""
    try:
        try:
            app(prog_name="landwatch")
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone (`landwatch samples | head`). What is still in the buffer has nowhere to go,
        # and must not fail once more when the interpreter flushes it on its way out.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        sys.exit(1)
    except Exception as error:
        # Imported only now: most commands fail without ever having read a config.
        from monitor.cli.config import show_mistakes
        from monitor.config.mistakes import ConfigError

        if not isinstance(error, ConfigError):
            raise
        show_mistakes(error)
        sys.exit(2)


if __name__ == "__main__":
    main()
