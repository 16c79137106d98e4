"""The metrics as a whole: a sink for samples, and the answer to a scrape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from monitor.judging.judged import Judged
from monitor.metrics.block import Frozen
from monitor.metrics.declared import FIRST_SCREEN, PAGE_FAMILIES, TTFB
from monitor.metrics.exposition import Format, Snapshot, expose
from monitor.metrics.judge_series import JudgeSeries
from monitor.metrics.own import Own
from monitor.metrics.series import Edges, TargetSeries
from monitor.pace import Pace
from probes.sample import Sample
from probes.target import Key, Target


class Metrics:
    """All series of the targets that are watched now. Its methods are called on the event loop only.

    ``own``, ``runs`` and ``judged`` are asked at each scrape for landwatch's own figures, for how many due
    runs of each target were run and skipped, and for what the judge says.
    """

    def __init__(
        self,
        *,
        own: Callable[[], Own] = Own,
        runs: Callable[[], Mapping[Key, tuple[int, int]]] = dict,
        judged: Callable[[], Judged] = Judged,
    ) -> None:
        self._own = own
        self._runs = runs
        self._judged = judged
        self._series: dict[Key, TargetSeries] = {}
        self._judge = JudgeSeries()
        self._renders: dict[Format, asyncio.Task[bytes]] = {}
        # One thread: scrapes in different formats do not compute side by side.
        self._thread = ThreadPoolExecutor(1, "metrics")

    def watch(
        self, targets: Iterable[Target], promises: Iterable[float] = (), screens: Iterable[float] = ()
    ) -> None:
        """Have series for exactly these targets: new ones start at 0, known ones go on, others vanish.

        ``promises`` are the TTFBs that somebody promised, and ``screens`` the first screens: each becomes an
        edge of the histograms, which start anew when their edges change.
        """
        edges = Edges(_with(TTFB.edges, promises), _with(FIRST_SCREEN.edges, screens))
        before = self._series
        self._series = {}
        for target in targets:
            series = before.get(target.key)
            if series is None or series.edges != edges:
                series = TargetSeries(target, edges)
            else:
                series.follow(target)
            self._series[target.key] = series

    def record(self, sample: Sample) -> None:
        """Take a sample in. One of a target that is no longer watched changes nothing."""
        series = self._series.get(sample.key)
        if series is not None:
            series.record(sample)

    def snapshot(self) -> Snapshot:
        """All figures as they stand: 2 to 4 ms of the loop's time for 1,000 targets."""
        runs = self._runs()
        blocks: dict[str, list[Frozen]] = {family.name: [] for family in PAGE_FAMILIES}
        for key, series in self._series.items():
            series.runs(*runs.get(key, (0, 0)))
            series.freeze(blocks)
        families = [(family, blocks[family.name]) for family in PAGE_FAMILIES]
        return Snapshot(families, self._own(), self._judged())

    async def render(self, wanted: Format) -> bytes:
        """The body of a scrape, made in a thread. Scrapes at the same time share one render."""
        task = self._renders.get(wanted)
        if task is None:
            task = self._renders[wanted] = asyncio.create_task(self._render(wanted), name="metrics render")
        # A scraper that goes away does not take the others' answer with it.
        return await asyncio.shield(task)

    def close(self) -> None:
        """End the thread; a render under way is waited for."""
        self._thread.shutdown()

    async def _render(self, wanted: Format) -> bytes:
        try:
            loop = asyncio.get_running_loop()
            snapshot = self.snapshot()
            return await loop.run_in_executor(self._thread, expose, snapshot, self._judge, wanted, Pace())
        finally:
            del self._renders[wanted]


def _with(edges: tuple[float, ...], promises: Iterable[float]) -> tuple[float, ...]:
    return tuple(sorted({*edges, *map(float, promises)}))
