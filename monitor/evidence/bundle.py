"""Makes evidence bundles: a folder with all that the verdicts of a report rest on, whole or not at all.

What is written first is what the judge needs. Then the bundle itself is judged
(:mod:`monitor.evidence.rebuild`), and gets these verdicts; last come its number in the chain, and its name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from secrets import token_hex

import orjson

from monitor.config import Config
from monitor.evidence import names
from monitor.evidence.asked import Asked
from monitor.evidence.books import taken_over, write_lines
from monitor.evidence.chain import Link, locked_chain
from monitor.evidence.compare import differences
from monitor.evidence.extent import Extent, Pages, chosen_pages, chosen_series, extent_of
from monitor.evidence.failure import NotABundle, NotMade, Unreadable
from monitor.evidence.files import entry_of, walk
from monitor.evidence.incidents import incidents_json
from monitor.evidence.keepsakes import BadVisits
from monitor.evidence.manifest import Basis, Keepsakes, Manifest, SamplesHeld, digest
from monitor.evidence.readme import readme
from monitor.evidence.rebuild import Progress, Question, parts, rebuild
from monitor.evidence.sample_csv import SampleWriter
from monitor.evidence.settings import config_from, config_json
from monitor.evidence.told import report_json, scorecard_json
from monitor.export.parquet import write_parquet
from monitor.export.whole import sync_folder
from monitor.judging.declared import as_known
from monitor.judging.every import Paces
from monitor.report.report import Report
from monitor.sla.windows import moment
from probes.sample import Sample
from storage.filters import SampleFilter
from storage.marks import WHOLE, mark
from storage.store import Store

MOST_NOTES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a bundle is to be made of."""

    store: Store
    config: Config
    asked: Asked
    made_at: datetime
    version: str
    report: Report
    """What the store's own books say, to be held against what its samples do."""


def make_bundle(order: Order, target: Path, progress: Progress = lambda share: None) -> Manifest:
    """Write a bundle into the folder ``target``, which must not be there or be empty. It blocks.

    Raises:
        NotABundle: ``target`` is something else already.
        NotMade: it can't be made, and why.
        ParquetMissing: pyarrow is not installed.
        StoreUnavailable: the store can't be read.
        OSError: the folder, or the chain in the state folder, can't be written.
    """
    check_target(target)
    with _folder_in_the_making(target) as folder:
        try:
            return _Making(order, folder, progress).make(target)
        except Unreadable as error:
            raise NotMade(str(error)) from error


def check_target(target: Path) -> None:
    """Look whether a bundle can be written there.

    Raises:
        NotABundle: something is there already.
    """
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise NotABundle(f"{target} is there already, and is no folder")
    if target.is_dir() and any(target.iterdir()):
        raise NotABundle(f"{target} holds something already: name a new folder")


@contextmanager
def _folder_in_the_making(target: Path) -> Iterator[Path]:
    """A folder beside ``target``, which is gone when anything goes wrong."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = target.parent / f".{target.name}.{token_hex(4)}.part"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # its name has changed where all went well


class _Making:
    """One bundle in the making."""

    def __init__(self, order: Order, folder: Path, progress: Progress) -> None:
        self._order = order
        self._folder = folder
        self._reading, self._judging, self._sealing = parts(progress, 4.0, 6.0, 1.0)
        self._pages: Pages = chosen_pages(order.config, order.asked)

    def make(self, target: Path) -> Manifest:
        """Write all files, judge them, number the bundle and give it its name."""
        order = self._order
        config = config_json(self._config_as_known())
        self._write(names.CONFIG, config)
        held, keepsakes = self._write_raw()
        question = Question(config_from(config), order.asked, held, order.made_at)
        made = rebuild(self._folder, question, self._judging, self._folder.parent).report
        told = report_json(made)
        self._write(names.VERDICTS, told)
        if order.report.scorecard is not None:
            self._write(names.SCORECARD, scorecard_json(order.report.scorecard))
        self._write(names.README, readme(made, held, keepsakes, order.version))
        notes = _notes(order.report, made)
        with locked_chain(order.config.state) as chain:
            manifest = Manifest(
                landwatch=order.version,
                made_at=order.made_at,
                chain=chain.place,
                asked=order.asked,
                config_sha256=digest(config),
                samples=held,
                verdicts=bases(made, held),
                keepsakes=keepsakes,
                notes=notes,
                files=[entry_of(self._folder, path) for path, _ in walk(self._folder)],
            )
            self._write(names.MANIFEST, manifest.to_bytes())
            self._write(names.SUMS, manifest.sums)
            self._sync()
            chain.add(
                Link(
                    place=manifest.chain,
                    manifest=digest(manifest.to_bytes()),
                    made_at=order.made_at,
                    bundle=str(target.absolute()),
                )
            )
            self._folder.rename(target)
        sync_folder(target.parent)
        self._sealing(1.0)
        return manifest

    def _config_as_known(self) -> Config:
        """The config, in which maintenance is declared no earlier than the store knows it to have been read.

        Nothing else in a bundle tells of that.
        """
        config, store = self._order.config, self._order.store
        with store.reading() as connection:
            spans = [one.span() for one in config.maintenance]
            known = as_known(connection, spans, self._order.made_at)
        entries = [
            entry.model_copy(update={"declared": one.declared})
            for entry, one in zip(config.maintenance, known, strict=True)
        ]
        return config.model_copy(update={"maintenance": entries})

    def _write_raw(self) -> tuple[SamplesHeld, Keepsakes]:
        """What comes from the store."""
        order, store = self._order, self._order.store
        paces = Paces.of(order.config.watches())
        with store.reading() as connection:
            extent = extent_of(connection, order.config, order.asked, order.made_at)
            series = chosen_series(connection, self._pages)
            with (self._folder / names.BOOKS).open("xb") as out:
                write_lines(taken_over(connection, series, extent, paces), out)
            self._write(names.INCIDENTS, incidents_json(connection, self._pages, extent))
        visits = BadVisits.of(order.config)
        count = self._write_samples(extent, visits)
        with store.reading() as connection:
            whole = mark(connection, WHOLE)
        if whole is not None and whole > moment(extent.raw_from):
            raise NotMade("samples were deleted meanwhile, as they were old: make it again")
        held = SamplesHeld(
            count=count,
            since=moment(extent.since),
            until=extent.until,
            raw_from=moment(extent.raw_from),
        )
        return held, visits.copy(order.config.state, self._folder)

    def _write_samples(self, extent: Extent, visits: BadVisits) -> int:
        asked = self._order.asked
        since = moment(extent.since)
        wanted = SampleFilter(since=since, until=extent.until, vendor=asked.vendor, page=asked.page)
        with (
            closing(self._order.store.samples(wanted)) as found,  # type: ignore[type-var]  # a generator
            (self._folder / names.SAMPLES).open("x", encoding="utf-8", newline="") as text,
            (self._folder / names.PARQUET).open("xb") as binary,
        ):
            chosen = self._chosen(found, visits, since, extent.until)
            return write_parquet(SampleWriter(text).through(chosen), binary)

    def _chosen(
        self, samples: Iterator[Sample], visits: BadVisits, since: datetime, until: datetime
    ) -> Iterator[Sample]:
        """The samples of the bundle's pages, looked at as they pass by."""
        for sample in samples:
            if (sample.vendor, sample.page) in self._pages:
                visits.look(sample)
                self._reading((sample.at - since) / (until - since))
                yield sample

    def _write(self, name: str, data: bytes) -> None:
        (self._folder / name).write_bytes(data)

    def _sync(self) -> None:
        """Have all of it on disk before anything says that it is there."""
        found = list(walk(self._folder))
        for number, (path, _) in enumerate(found, 1):
            with (self._folder / path).open("rb") as file:
                os.fsync(file.fileno())
            self._sealing(number / (len(found) + 1))
        sync_folder(self._folder)


def bases(report: Report, held: SamplesHeld) -> list[Basis]:
    """What each verdict of a report rests on."""
    return [
        Basis(
            vendor=page.vendor,
            page=page.page,
            objective=one.objective.name,
            finding=one.verdict.finding.value,
            since=moment(one.verdict.span.start),
            until=moment(one.verdict.span.end),
            raw_from=min(max(moment(one.verdict.span.start), held.raw_from), moment(one.verdict.span.end)),
        )
        for page in report.pages
        for one in page.judgements
    ]


def _notes(books: Report, made: Report) -> list[str]:
    """Where the store's own books say something else than the samples that are in the bundle."""
    verdicts = replace(books, scorecard=None)  # figures of the business are no samples
    found = differences(orjson.loads(report_json(verdicts)), orjson.loads(report_json(made)))
    notes = [f"in the store's books {words}"[:2000] for words in found[:MOST_NOTES]]
    more = len(found) - MOST_NOTES
    return [*notes, f"and {more:,} more of that kind"] if more > 0 else notes
