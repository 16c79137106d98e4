"""``landwatch check``: visit pages once, by the daemon's own path, and show where their time goes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from monitor.cli.souvenirs import Souvenirs
    from monitor.cli.waterfall import Targets
    from probes.sample import Sample
    from probes.target import Target

PACE = 1.0
"""Seconds between the starts of two visits to one page."""
_PIPED_WIDTH = 140


def command(
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="The pages; https:// may be left out.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print each sample as one JSON line.")] = False,
    probe: Annotated[str, typer.Option(help="The kind of probe.")] = "http",
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Visits to each page, a second apart.")] = 1,
    timeout: Annotated[
        str | None, typer.Option(help="How long one visit may take; that of the kind by default.")
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(help="A file of roots to trust beside Mozilla's.", exists=True, dir_okay=False),
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Take any certificate.")] = False,
    resolve: Annotated[
        list[str] | None, typer.Option(metavar="HOST:PORT:ADDR", help="An address in place of a look-up.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any option of the kind, its value as in a config."),
    ] = None,
    har: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a browser's requests there, as a HAR.")
    ] = None,
    filmstrip: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a browser's visit there, as a row of pictures.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page there as a browser showed it (JPEG).")
    ] = None,
) -> None:
    """Measure pages once, and show where their time goes.

    Exit code 0: all are up and within target. 1: something is down or over target. 2: wrong usage.
    """
    options: dict[str, object] = {"ca": ca, "insecure": insecure or None, "resolve": resolve or None}
    given = {name: value for name, value in options.items() if value is not None}
    targets = [target for url in urls for target in _targets_of(url, probe, timeout, given, settings or [])]
    files = {"har": har, "filmstrip": filmstrip, "screenshot": screenshot}
    souvenirs = _souvenirs(probe, files, once=len(targets) * count == 1, as_json=as_json)
    raise typer.Exit(0 if asyncio.run(_check(targets, count, souvenirs, as_json=as_json)) else 1)


def _souvenirs(probe: str, files: dict[str, Path | None], *, once: bool, as_json: bool) -> Souvenirs | None:
    """Where the files of visits go; ``None`` where there are none."""
    from monitor.cli.souvenirs import KIND, Souvenirs

    wanted = {what: path for what, path in files.items() if path is not None}
    for what in wanted:
        if probe != KIND:
            raise typer.BadParameter(
                f"only a browser's visit leaves one: --probe {KIND}", param_hint=f"--{what}"
            )
        if not once:
            raise typer.BadParameter("one file is of one visit: check one page, once", param_hint=f"--{what}")
    return Souvenirs(wanted) if probe == KIND and (wanted or not as_json) else None


def _targets_of(
    url: str, probe: str, timeout: str | None, given: dict[str, object], settings: list[str]
) -> Iterator[Target]:
    """The page at ``url`` as a target of the kind, one for each of its variants."""
    from monitor.cli.page_url import page_url
    from monitor.cli.settings import options_from
    from probes.kinds import kinds, variants_of
    from probes.target import Target
    from probes.units import parse_duration

    kind = kinds().get(probe)
    if kind is None:
        raise typer.BadParameter(f"{probe!r} is none of: {', '.join(kinds())}", param_hint="--probe")
    try:
        seconds = kind.TIMEOUT if timeout is None else parse_duration(timeout)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--timeout") from error
    parsed = page_url(url)
    options = options_from(kind.Options, settings, given, hint="--set" if settings else "options")
    for variant in variants_of(kind, options):
        yield Target(
            vendor=parsed.host,
            page=parsed.path,
            url=str(parsed),
            region="here",
            probe=probe,
            options=options,
            timeout=seconds,
            variant=variant,
        )


async def _check(targets: list[Target], count: int, souvenirs: Souvenirs | None, *, as_json: bool) -> bool:
    from monitor.cli.waterfall import within

    held = _targets()
    good = True
    for target in targets:
        samples = []
        async for sample in _visits(target, count, souvenirs.folder if souvenirs else None):
            samples.append(sample)
            good = good and within(sample, held)
            _show(sample, held, as_json=as_json)
            if souvenirs is not None:
                _leave(souvenirs, sample, as_json=as_json)
        if count > 1 and not as_json:
            _show_summary(samples, held)
    if souvenirs is not None:
        souvenirs.close()
    return good


async def _visits(target: Target, count: int, folder: Path | None) -> AsyncIterator[Sample]:
    """The visits to one page, by the runner that the daemon uses; files are kept in ``folder``."""
    from monitor.health import open_health
    from monitor.open_probes import opening
    from monitor.runner import Runner
    from probes.kinds import kinds

    loop = asyncio.get_running_loop()
    kind = kinds()[target.probe]
    async with open_health() as health, opening(kind, target.probe, folder) as probe:
        runner = Runner({target.probe: probe}, health)
        due = loop.time()
        for _ in range(count):
            await asyncio.sleep(due - loop.time())
            due = max(due + PACE, loop.time())
            yield await runner.run(target)


def _targets() -> Targets:
    """The targets of a config that names none."""
    from monitor.cli.waterfall import Targets
    from monitor.config.objectives import default_objectives

    held = {item.indicator: item.target for item in default_objectives()}
    return Targets(ttfb=held["ttfb"], first_screen=held["first_screen"])


def _show(sample: Sample, targets: Targets, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.buffer.write(sample.to_json() + b"\n")
        sys.stdout.buffer.flush()
        return
    from monitor.cli.waterfall import render

    _print(render(sample, targets))


def _leave(souvenirs: Souvenirs, sample: Sample, *, as_json: bool) -> None:
    """Put a visit's files where they are wanted, and say where; the filmstrip is shown where one can."""
    from monitor.cli.inline import inline

    try:
        for what, path in souvenirs.take(sample):
            print(f"{what}  {path}", file=sys.stderr if as_json else sys.stdout)
            if what == "filmstrip" and sys.stdout.isatty():
                print(inline(path.read_bytes(), os.environ) or "")  # noqa: T201
    except OSError as error:
        raise typer.BadParameter(f"a file can't be written: {error}") from error


def _show_summary(samples: list[Sample], targets: Targets) -> None:
    from monitor.cli.waterfall import summary

    _print(summary(samples, targets))


def _print(renderable: object) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    console.print(renderable)
    console.print()
