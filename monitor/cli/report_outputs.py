"""What a report is put out as: printed for a person or a program, and written into files."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from monitor.report.html.render import Origin
    from monitor.report.report import Report
    from monitor.sla.verdict import Finding

_PIPED_WIDTH = 140
_STDOUT = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """As what a report is wanted."""

    brief: bool = False
    as_json: bool = False
    html: Path | None = None
    pdf: Path | None = None
    csv: Path | None = None

    @property
    def drawn(self) -> bool:
        """Whether there will be charts."""
        return self.html is not None or self.pdf is not None

    def check(self) -> None:
        """See whether all of it can be put out, before anything is read.

        Raises:
            typer.BadParameter: it can't.
        """
        if self.as_json and self.csv == _STDOUT:
            raise typer.BadParameter("standard output takes one of --json and --csv -", param_hint="--csv")
        named = {option: path for option, path in self._files.items() if path != _STDOUT}
        for option, path in named.items():
            if not path.parent.is_dir():
                raise typer.BadParameter(f"there is no folder {path.parent}", param_hint=option)
        if len({path.absolute() for path in named.values()}) < len(named):
            raise typer.BadParameter("give each file a name of its own", param_hint=next(iter(named)))
        if self.pdf is not None:
            from monitor.report.pdf import PdfUnmade, check_browser

            try:
                check_browser()
            except PdfUnmade as error:
                raise typer.BadParameter(str(error), param_hint="--pdf") from error

    def put_out(self, report: Report, finding: Finding, config: Path) -> None:
        """Put it out; ``finding`` is what all its verdicts come to, ``config`` what has its promises.

        All is made before any of it is written. What goes wrong ends the command.
        """
        made = dict(self._made(report, finding, config))
        for path, content in made.items():
            if path != _STDOUT:
                _write(path, content)
        if self.as_json:
            _print_json(report, finding)
        elif _STDOUT in made:
            sys.stdout.buffer.write(made[_STDOUT])
        else:
            _print_tables(report, brief=self.brief or bool(made))

    @property
    def _files(self) -> dict[str, Path]:
        """Where things are written to, by the option that said so."""
        files = {"--html": self.html, "--pdf": self.pdf, "--csv": self.csv}
        return {option: path for option, path in files.items() if path is not None}

    def _made(self, report: Report, finding: Finding, config: Path) -> Iterator[tuple[Path, bytes]]:
        if self.csv is not None:
            from monitor.report.sheet import sheet

            yield self.csv, sheet(report, finding)
        if self.drawn:
            from monitor.report.html.render import render_html

            html = render_html(report, _origin(config))
            if self.html is not None:
                yield self.html, html.encode()
            if self.pdf is not None:
                yield self.pdf, _printed(html)


def _origin(config: Path) -> Origin:
    from importlib.metadata import version

    from monitor.report.html.render import Origin

    return Origin(version("landwatch"), config.name, hashlib.sha256(config.read_bytes()).hexdigest())


def _printed(html: str) -> bytes:
    from monitor.report.pdf import PdfUnmade, print_pdf

    try:
        return print_pdf(html)
    except PdfUnmade as error:
        typer.echo(f"there is no PDF: {error}", err=True)
        raise typer.Exit(2) from error


def _write(path: Path, content: bytes) -> None:
    from monitor.export.whole import whole_file

    try:
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        typer.echo(f"{path} can't be written: {error.strerror or error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{path}, {len(content) / 1e3:,.0f} kB", err=True)


def _print_json(report: Report, finding: Finding) -> None:
    import orjson

    from monitor.report.plain import plain

    sys.stdout.buffer.write(orjson.dumps(plain(report, finding), option=orjson.OPT_UTC_Z) + b"\n")


def _print_tables(report: Report, *, brief: bool) -> None:
    from rich.console import Console

    from monitor.report.console import render

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED_WIDTH)
    console.print(render(report, console.width, brief=brief))
    if report.scorecard is not None:
        from monitor.scorecard.console import render_scorecard

        console.print(render_scorecard(report.scorecard, console.width, brief=brief))
