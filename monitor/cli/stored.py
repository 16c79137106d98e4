"""What commands that read stored samples have in common: whose store it is, and how a moment is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from monitor.cli.config import DEFAULT_CONFIG
from probes.sample import Sample

if TYPE_CHECKING:
    from storage.filters import SampleFilter
    from storage.store import Store

DEFAULT_STORE = "sqlite:///state/landwatch.db"
"""Where samples are looked for where no store and no config is named or found."""


def moment(text: str, option: str, now: datetime) -> datetime | None:
    """The moment that ``option`` names: so long before ``now``, a time, or ``None`` for all there is."""
    from probes.units import parse_duration

    if text == "all":
        return None
    try:
        return now - timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "write 1h, 7d, 2025-01-31T12:00:00Z or all"
        raise typer.BadParameter(
            f"{text!r} is neither a duration nor a time: {hint}", param_hint=option
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextmanager
def stored(store: str | None, config: Path | None, wanted: SampleFilter) -> Iterator[Iterator[Sample]]:
    """The samples that match, as they are read. A store that can't be read ends the command and is told."""
    from storage.store import Store, StoreUnavailable

    try:
        source = Store(store or store_of(config))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--store") from error
    try:
        with closing(source), closing(source.samples(wanted)) as samples:  # type: ignore[type-var]  # the iterator is a generator
            yield samples
    except StoreUnavailable as error:
        typer.echo(f"the store can't be read: {error}", err=True)
        raise typer.Exit(1) from error


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """The store. One that can't be read or written ends the command and is told."""
    from storage.store import Store, StoreUnavailable

    try:
        found = Store(url)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--store") from error
    try:
        with closing(found):
            yield found
    except StoreUnavailable as error:
        typer.echo(f"the store can't be used: {error}", err=True)
        raise typer.Exit(1) from error


def store_of(config: Path | None) -> str:
    """The store that a config names; its other secrets need not be there."""
    if config is None and not DEFAULT_CONFIG.exists():
        return DEFAULT_STORE
    from monitor.config import load

    return load(config or DEFAULT_CONFIG, reveal=False).store_url
