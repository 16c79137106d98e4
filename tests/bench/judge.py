"""The speed of the judge: half a year of a hundred pages in seven regions, and one slice of many pages.

The rollups are made directly, as a year of samples would have made them: what is timed is what a report does
with them, from the database to the verdicts.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from storing import postgres_server

from monitor.config import Config, parse
from monitor.judging.gather import Choice, gather
from monitor.judging.rows import row_of
from monitor.process import without_collecting
from monitor.sla.availability import by_time
from monitor.sla.evidence import PageData, RegionData
from monitor.sla.judge import judge
from monitor.sla.masks import ones
from monitor.sla.promise import Accounting
from monitor.sla.rollups import Figures, Rollup, Visits
from monitor.sla.sketch import Sketch
from monitor.sla.slices import DAY, HOUR, Slices
from monitor.sla.windows import Span, moment
from storage.rollups import write_rollups
from storage.series import Series, number_series
from storage.store import Store

PAGES, REGIONS, DAYS, EVERY = 100, 7, 180, 15
SLICE_PAGES = 1000
NOW = 1_767_225_600 + 200 * DAY + 14 * HOUR + 30 * 60
"""In the middle of a day, so that both edges of the window are hours."""


@dataclass(frozen=True)
class Reading:
    """Seconds that reports take on one database: those of reading, and those of judging, of each."""

    database: str
    rows: int
    verdicts: int
    gathering: list[float]
    judging: list[float]

    @property
    def whole(self) -> float:
        """All of it, in the median."""
        return statistics.median(map(sum, zip(self.gathering, self.judging, strict=True)))


def report(folder: Path, rounds: int) -> Iterator[Reading]:
    """Half a year of a hundred pages, on each database."""
    with stores(folder) as found:
        for name, store in found.items():
            store.migrate()
            yield read(name, store, fill(store), rounds)


@contextmanager
def stores(folder: Path) -> Iterator[dict[str, Store]]:
    """A store on each database."""
    with (
        postgres_server() as server,
        closing(Store(f"sqlite:///{folder}/judge.db")) as sqlite,
        closing(Store(server.make_database())) as postgresql,
    ):
        yield {"SQLite": sqlite, "PostgreSQL": postgresql}


def config() -> Config:
    """A config with all the pages, and with promises about availability and TTFB."""
    pages = "".join(
        f"      - {{name: page-{number:03}, url: 'https://a.test/{number}'}}\n" for number in range(PAGES)
    )
    objectives = (
        "objectives:\n"
        f"  - {{name: ttfb, indicator: ttfb, at_most: 300ms, window: {DAYS}d}}\n"
        f"  - {{name: availability, indicator: availability, at_least: 99.99%, window: {DAYS}d}}\n"
    )
    return parse(f"region: region-0\nvendors:\n  - name: vendor\n    pages:\n{pages}{objectives}")


def fill(store: Store) -> int:
    """Write a year's worth of days and the hours of its edges; how many rows that were."""
    chance = random.Random(1)
    names = [
        Series("vendor", f"page-{page:03}", f"region-{region}", "http")
        for page in range(PAGES)
        for region in range(REGIONS)
    ]
    sketches = [_sketch(chance, DAY // EVERY) for _ in range(50)]
    brief = [_sketch(chance, HOUR // EVERY) for _ in range(50)]
    midnight = NOW - NOW % DAY
    written = 0
    with store.writing() as connection:
        numbers = number_series(connection, names)
    for number in numbers.values():
        rows = []
        for day in range(midnight - DAYS * DAY, midnight, DAY):
            rows.append(_row(chance, number, day, DAY, chance.choice(sketches)))
        for edge in (midnight - DAYS * DAY, midnight):
            for hour in range(edge, edge + DAY, HOUR):
                if edge < midnight or hour <= NOW:
                    rows.append(_row(chance, number, hour, HOUR, chance.choice(brief)))
        with store.writing() as connection:
            written += write_rollups(connection, rows)
    return written


def read(name: str, store: Store, rows: int, rounds: int) -> Reading:
    """Gather and judge all pages, as a report does; the first time, when the disk is read, is left out."""
    here = config()
    span = Span(NOW - DAYS * DAY, NOW, NOW)
    choice = Choice(indicators=("ttfb",))
    reading = Reading(name, rows, len(here.objectives) * PAGES, [], [])
    for number in range(rounds + 1):
        with without_collecting():
            began = time.perf_counter()
            found = gather(store, here, span, moment(NOW), choice=choice)
            gathered = time.perf_counter()
            for page in found:
                verdicts = [judge(one.promise, page, moment(NOW)) for one in here.objectives]
                assert all(verdict.coverage > 0.9 for verdict in verdicts)
                page.forget()
        if number:
            reading.gathering.append(gathered - began)
            reading.judging.append(time.perf_counter() - gathered)
    return reading


def one_slice(rounds: int) -> float:
    """Seconds to judge one slice of a thousand pages in seven regions, whose hour is in memory."""
    accounting = Accounting()
    start = NOW - NOW % HOUR
    begin = NOW - NOW % EVERY - EVERY
    span = Span(begin, begin + EVERY, begin + EVERY)
    measured = ones((NOW - start) // EVERY)
    pages = [_hour(page, start, measured) for page in range(SLICE_PAGES)]
    took = []
    for _ in range(rounds):
        fresh = [replace(page) for page in pages]  # without the grids that the last turn laid
        began = time.perf_counter()
        accounts = [by_time(page, span, accounting, ()) for page in fresh]
        took.append(time.perf_counter() - began)
    assert sum(account.bad > 0 for account in accounts) == SLICE_PAGES // 10
    return statistics.median(took)


def _hour(page: int, start: int, measured: int) -> PageData:
    down = measured if page % 10 == 0 else 0
    rows = [Rollup(Slices(start, HOUR, EVERY, measured, down), Visits())]
    return PageData(
        "vendor", f"page-{page}", "http", [RegionData(f"region-{at}", rows) for at in range(REGIONS)]
    )


def _sketch(chance: random.Random, count: int) -> tuple[int, int, float, float, bytes]:
    figures = [chance.lognormvariate(-1.7, 0.35) for _ in range(count)]
    total = sum(round(figure * 1e9) for figure in figures)
    return count, total, min(figures), max(figures), Sketch.of(figures).to_bytes()


def _row(chance: random.Random, number: int, start: int, period: int, figures: tuple) -> tuple:
    count = period // EVERY
    measured, down = ones(count), 0
    if chance.random() < 0.3:  # some slices are missed, and some are down
        measured &= ~(1 << chance.randrange(count))
    if chance.random() < 0.05:
        down = measured & (ones(chance.randrange(1, 8)) << chance.randrange(count - 8))
    bad = down.bit_count()
    rollup = Rollup(
        Slices(start, period, EVERY, measured, down),
        Visits(measured.bit_count() - bad, bad),
        {name: Figures(*figures) for name in ("ttfb", "wait")},
    )
    return row_of(rollup, number, (start + period - EVERY) * 1_000_000)
