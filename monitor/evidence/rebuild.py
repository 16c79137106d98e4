"""Judges what a bundle holds: loads it into a store of its own, makes the books, and has the report made.

A bundle gets its verdicts this way when it is made, and is checked this way afterwards: so what a verdict
rests on is what lies in the bundle, and nothing else. It is the daemon's own path: store, rollups, outages,
gathering, judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.config import Config
from monitor.evidence.asked import Asked
from monitor.evidence.books import CutLine, OutageLine, read_lines
from monitor.evidence.failure import Unreadable
from monitor.evidence.manifest import SamplesHeld
from monitor.evidence.names import BOOKS, CONFIG, SAMPLES
from monitor.evidence.opening import opened
from monitor.evidence.sample_csv import read_samples
from monitor.judging.bookkeeper import GRACE
from monitor.judging.every import Paces
from monitor.judging.recompute import plan_of, recompute
from monitor.process import without_collecting
from monitor.report.reading import read_report
from monitor.report.report import Report
from monitor.sla.slices import HOUR
from probes.sample import Sample
from storage.failure import SampleRefused, StoreUnavailable
from storage.looks import how_many, series_of
from storage.marks import WHOLE, raise_mark
from storage.outages import replace_outages
from storage.rollups import write_rollups
from storage.series import Series, number_series
from storage.store import Store
from storage.tables import EPOCH

BATCH = 1000
"""Samples or lines that are held at once."""
MOST_SERIES = 20_000
MOST_HOURS = 2_000_000
"""Hours of all regions together, from the first sample to the last."""
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What a bundle is asked."""

    config: Config
    asked: Asked
    held: SamplesHeld
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it."""

    report: Report
    samples: int
    """How many samples the file has."""


def rebuild(bundle: Path, question: Question, progress: Progress, room: Path | None = None) -> Rebuilt:
    """The report on what lies in a bundle. It blocks.

    Args:
        bundle: its folder.
        question: over which time and by which config it is judged.
        progress: told which share is done.
        room: where a temporary folder can be made, in place of the system's own.

    Raises:
        Unreadable: a file is not what it should be.
        StoreUnavailable: there is no room for the store.
    """
    with (
        TemporaryDirectory(prefix="landwatch-evidence-", dir=room) as folder,
        closing(Store(f"sqlite:///{folder}/landwatch.db", durable=False)) as store,
    ):
        return _Rebuilding(bundle, question, store, progress).work()


class _Rebuilding:
    """One bundle in the making, or the checking."""

    def __init__(self, bundle: Path, question: Question, store: Store, progress: Progress) -> None:
        self._bundle = bundle
        self._question = question
        self._store = store
        self._progress = progress
        self._paces = Paces.of(question.config.watches())
        self._series: set[Series] = set()
        self._seen: dict[str, tuple[datetime, datetime]] = {}

    def work(self) -> Rebuilt:
        """Load, make the books, judge."""
        with self._store.writing() as connection:
            raise_mark(connection, WHOLE, self._question.held.raw_from)
        with _refusals(BOOKS):
            self._load_books()
        with _refusals(SAMPLES):
            number = self._load_samples()
        try:
            self._make_books()
            report = self._judge()
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # Each file is what it should be, and together they are nothing that a store ever held.
            raise Unreadable(CONFIG, f"by what it says, nothing can be judged: {str(error)[:200]}") from error
        self._progress(1.0)
        return Rebuilt(report, number)

    def _load_books(self) -> None:
        with opened(self._bundle, BOOKS) as file:
            lines = read_lines(file, self._question.held.raw_from)
            while some := list(islice(lines, BATCH)):
                with self._store.writing() as connection:
                    numbers = number_series(connection, {line.series for line in some})
                    for line in some:
                        number = numbers[line.series]
                        if isinstance(line, OutageLine):
                            # None begins after a moment and before the same one: nothing gives way.
                            replace_outages(connection, number, EPOCH, EPOCH, [line.row(number)])
                        else:
                            rows = line.rows(number) if isinstance(line, CutLine) else [line.row(number)]
                            write_rollups(connection, list(rows))

    def _load_samples(self) -> int:
        number = 0
        since, until = self._question.held.since, self._question.held.until
        with opened(self._bundle, SAMPLES) as file:
            samples = read_samples(file)
            while batch := list(islice(samples, BATCH)):
                number += len(batch)
                self._take(batch)
                self._progress(0.6 * (batch[-1].at - since) / (until - since))
        with self._store.reading() as connection:
            twice = number - how_many(connection)
        if twice:
            raise Unreadable(SAMPLES, f"it has {twice:,} samples whose id another one has")
        return number

    def _take(self, batch: list[Sample]) -> None:
        held = self._question.held
        for sample in batch:
            if not held.since <= sample.at < held.until:
                raise Unreadable(
                    SAMPLES, f"sample {sample.id[:40]} is of a time that the bundle is not about"
                )
            self._series.add(series_of(sample))
            first, last = self._seen.get(sample.region, (sample.at, sample.at))
            self._seen[sample.region] = min(first, sample.at), max(last, sample.at)
        hours = sum((last - first).total_seconds() / HOUR for first, last in self._seen.values())
        if len(self._series) > MOST_SERIES or hours > MOST_HOURS:
            raise Unreadable(SAMPLES, "it is about more series and hours than anybody watches")
        self._store.add(batch)

    def _make_books(self) -> None:
        # Beside a store that lives, the hour that it is would be left to its agents. Here there are none.
        no_more_comes = self._question.made_at + timedelta(seconds=HOUR + GRACE)
        plan = plan_of(self._store, no_more_comes, None, None)
        recompute(
            self._store, self._paces, plan, lambda part, whole: self._progress(0.6 + 0.2 * part / whole)
        )

    def _judge(self) -> Report:
        asked = self._question.asked
        with without_collecting():
            return read_report(
                self._store,
                self._question.config,
                asked.again(),
                self._question.made_at,
                asked.wanted,
                lambda share: self._progress(0.8 + 0.2 * share),
            )


@contextmanager
def _refusals(file: str) -> Iterator[None]:
    """What no store would take is the fault of the file that it comes from."""
    try:
        yield
    except SampleRefused as error:
        raise Unreadable(file, f"no store takes what is in it: {str(error)[:200]}") from error


def parts(progress: Progress, *shares: float) -> Iterator[Progress]:
    """For each of several works a progress of its own, which tells of its share of the whole."""
    total, before = sum(shares), 0.0
    for share in shares:
        yield lambda done, first=before, part=share: progress((first + done * part) / total)  # type: ignore[misc]
        before += share


__all__ = ["Progress", "Question", "Rebuilt", "StoreUnavailable", "parts", "rebuild"]
