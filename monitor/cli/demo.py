"""``landwatch demo``: three made-up vendors on this machine, watched from three regions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    state: Annotated[
        Path,
        typer.Option(help="The folder of all that the demo writes.", file_okay=False),
    ] = Path("state"),
    port: Annotated[
        int, typer.Option(help="The vendors' port; another is chosen if it is taken.", min=0, max=65535)
    ] = 8443,
    duration: Annotated[
        str | None,
        typer.Option("--for", metavar="DURATION", help="End after a time such as 60s or 10m."),
    ] = None,
    browse: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Look at first screens with Chromium, if it is there."),
    ] = True,
) -> None:
    """Watch three made-up vendors on this machine, to see how it looks.

    One is fast, one is slow, and one fails for seconds at a time. Nothing leaves this machine, and no
    privilege is needed. Ends with Ctrl-C.
    """
    import asyncio
    import sys

    from rich.console import Console

    from monitor.demo.show import show
    from monitor.demo.trouble import DemoTrouble
    from probes.units import parse_duration

    try:
        seconds = parse_duration(duration) if duration else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    # A pipe or a file has no width: what is wider than the usual 80 columns need not be folded there.
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        asyncio.run(show(state, port, seconds, console, browse=browse))
    except DemoTrouble as error:
        Console(stderr=True).print(f"landwatch demo: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
