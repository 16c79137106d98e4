"""``landwatch report --verify``: checks evidence bundles, and says what was changed or differs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from monitor.cli.config import DEFAULT_CONFIG
from monitor.cli.parquet_file import interrupted_by_signals
from monitor.cli.printable import printable

if TYPE_CHECKING:
    from monitor.evidence.verify import Checked

_HINT = "--verify"


def verify_evidence(bundles: Sequence[Path], config: Path, *, as_json: bool) -> int:
    """Check bundles, and say what was found; the exit code.

    Raises:
        typer.BadParameter: one is no bundle, or there is no such config.
    """
    from importlib.metadata import version

    from monitor.cli.progress import Progress
    from monitor.evidence.failure import NotABundle
    from monitor.evidence.verify import check_bundle, check_neighbours
    from storage.failure import StoreUnavailable

    if config != DEFAULT_CONFIG and not config.exists():
        raise typer.BadParameter(f"there is no {config} to say where the chain is", param_hint="--config")
    found: list[Checked] = []
    for bundle in bundles:
        try:
            with (
                interrupted_by_signals(),
                Progress(f"checking {printable(bundle.name)}", sys.stderr) as progress,
            ):
                found.append(check_bundle(bundle, version("landwatch"), progress.tell))
        except NotABundle as error:
            raise typer.BadParameter(printable(str(error)), param_hint=_HINT) from error
        except (StoreUnavailable, OSError) as error:
            typer.echo(f"there is no room to judge {printable(str(bundle))} again: {error}", err=True)
            raise typer.Exit(2) from error
    check_neighbours(found)
    _check_chain(found, config)
    if as_json:
        _print_json(found)
    else:
        for one in found:
            for line in _lines(one):
                typer.echo(printable(line))
    return 0 if all(one.good for one in found) else 1


def _check_chain(found: Sequence[Checked], config: Path) -> None:
    """Hold them against this installation's own chain, where a config says where that is."""
    from monitor.config import ConfigError, load
    from monitor.evidence.chain import read_chain
    from monitor.evidence.failure import Unreadable
    from monitor.evidence.verify import check_chain

    if not config.exists():
        return
    try:
        links = read_chain(load(config, reveal=False).state)
    except (ConfigError, Unreadable) as error:
        words = str(error).partition("\n")[0]
        for one in found:
            one.problems.append(f"the chain of this installation can't be read: {words}")
        return
    for one in found if links is not None else ():
        check_chain(one, links or ())


def _lines(one: Checked) -> Iterator[str]:
    from monitor.report.words import second_words

    manifest = one.manifest
    yield f"{one.bundle}"
    if manifest is not None:
        place = manifest.chain
        yield (
            f"  made {second_words(manifest.made_at)} UTC, number {place.number:,} "
            f"of installation {place.installation[:8]}, {manifest.asked.words}"
        )
    if one.sha256:
        yield f"  SHA-256 of the manifest: {one.sha256}"
    yield from (f"  ✔ {words}" for words in one.done)
    yield from (f"  ✘ {words}" for words in one.problems)
    yield from (f"  note: {words}" for words in one.notes)
    if manifest is not None:
        yield from (f"  note, made with the bundle: {words}" for words in manifest.notes)
    count = len(one.problems)
    verdict = "nothing was changed, and the verdicts are those that the samples make"
    yield f"  {verdict}" if one.good else f"  NOT GOOD: {count:,} {'problem' if count == 1 else 'problems'}"


def _print_json(found: Sequence[Checked]) -> None:
    from storage.encoding import json_text

    # A name of a file may be no UTF-8, which JSON has to be.
    sys.stdout.buffer.write(json_text([plain_check(one) for one in found]).encode() + b"\n")


def plain_check(one: Checked) -> dict[str, Any]:
    """What was found of one bundle, as JSON has it."""
    return {
        "bundle": str(one.bundle),
        "good": one.good,
        "manifest_sha256": one.sha256 or None,
        "number": one.manifest.chain.number if one.manifest else None,
        "right": one.done,
        "problems": one.problems,
        "notes": [*one.notes, *(one.manifest.notes if one.manifest else ())],
    }
