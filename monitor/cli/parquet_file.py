"""``landwatch samples --parquet``: the file, and what is said of it."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from monitor.export.parquet import ParquetMissing, write_parquet
from monitor.export.whole import whole_file
from probes.sample import Sample


def write_parquet_file(samples: Iterable[Sample], path: Path) -> None:
    """Write the samples into ``path``, and say how many they were. What goes wrong ends the command."""
    try:
        with interrupted_by_signals(), whole_file(path) as file:
            number = write_parquet(samples, file)
            size = file.tell()
    except ParquetMissing as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(f"{path} can't be written: {error.strerror or error}", err=True)
        raise typer.Exit(1) from error
    noun = "sample" if number == 1 else "samples"
    typer.echo(f"{number:,} {noun} in {path}, {size / 1e6:.1f} MB", err=True)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """What ends a process goes by way of an exception, as Ctrl-C does: no half file is left."""
    told = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in told}
    for number, action in before.items():
        if action is not signal.SIG_IGN:  # nohup
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
