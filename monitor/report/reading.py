"""Makes a report: reads what the store knows, has it judged, and puts the verdicts together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from monitor.config import Config
from monitor.config.model import Page
from monitor.config.objectives import Objective
from monitor.judging.gather import Choice, gather
from monitor.report.happenings import happenings
from monitor.report.histories import history_of
from monitor.report.hours import read_anomalies
from monitor.report.period import Period
from monitor.report.report import Happening, Judgement, PageReport, Report
from monitor.sla.evidence import PageData
from monitor.sla.judge import judge
from monitor.sla.promise import Accounting, Promise
from monitor.sla.windows import Span
from storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a report is about; ``None`` is everything."""

    vendor: str | None = None
    page: str | None = None
    region: str | None = None
    anomalies: bool = False
    histories: bool = False
    """Whether it is to be told how each promise went over its window."""


class _Job(NamedTuple):
    """An objective over a window."""

    objective: Objective
    promise: Promise
    span: Span
    now: datetime


class _Name(NamedTuple):
    vendor: str
    page: str


def read_report(
    store: Store,
    config: Config,
    period: Period,
    now: datetime,
    wanted: Wanted = Wanted(),
    progress: Callable[[float], None] = lambda share: None,
) -> Report:
    """The report. It blocks; ``progress`` is told which share is done.

    Raises:
        StoreUnavailable: the store can't be read.
    """
    return _Making(store, config, now, wanted, progress).make(period)


class _Making:
    """One report in the making."""

    def __init__(
        self,
        store: Store,
        config: Config,
        now: datetime,
        wanted: Wanted,
        progress: Callable[[float], None],
    ) -> None:
        self._store = store
        self._config = config
        self._now = now
        self._wanted = wanted
        self._progress = progress
        self._pages = {
            _Name(vendor.name, page.name): page
            for vendor in config.vendors
            for page in vendor.pages
            if wanted.vendor in (None, vendor.name) and wanted.page in (None, page.name)
        }
        self._judged: dict[_Name, dict[str, Judgement]] = defaultdict(dict)
        self._known: dict[_Name, dict[str, tuple[Span, PageData]]] = defaultdict(dict)

    def make(self, period: Period) -> Report:
        """Judge window by window, so that what one needs is in memory and no more."""
        jobs = [job for job in self._jobs(period) if self._concerns(job)]
        groups: dict[tuple[Span, datetime], list[_Job]] = defaultdict(list)
        for job in jobs:
            groups[job.span, job.now].append(job)
        for number, ((span, at), together) in enumerate(groups.items()):
            self._judge(span, at, together, number / len(groups), 1 / len(groups))
        order = [job.objective.name for job in jobs]
        pages = [self._page(name, order) for name in self._pages]
        region = self._wanted.region
        over = period.words if region is None else f"{period.words}, as {region} saw it"
        return Report(self._now, over, pages, self._wanted.anomalies)

    def _jobs(self, period: Period) -> Iterator[_Job]:
        for objective in self._config.objectives:
            chosen = period.of(objective)
            if chosen is None:
                continue
            window, at = chosen
            promise = replace(objective.promise, window=window)
            if self._wanted.region is not None:
                selector = replace(promise.selector, regions=(self._wanted.region,))
                promise = replace(promise, selector=selector)
            yield _Job(objective, promise, window.at(at), at)

    def _concerns(self, job: _Job) -> bool:
        return any(_takes(job, name, page) for name, page in self._pages.items())

    def _judge(self, span: Span, at: datetime, jobs: Sequence[_Job], before: float, part: float) -> None:
        for data in self._gather(span, at, jobs, before, part / 2):
            name = _Name(data.vendor, data.page)
            held = self._known[name].get(data.probe)
            if held is None or span.start < held[0].start:
                self._known[name][data.probe] = span, data
            for job in jobs:
                if job.promise.measured_by == data.probe and _takes(job, name, self._pages[name]):
                    self._judged[name][job.objective.name] = self._judgement(job, data, at)
            data.forget()
        for name, page in self._pages.items():
            for job in jobs:
                if _takes(job, name, page) and job.objective.name not in self._judged[name]:
                    self._judged[name][job.objective.name] = _unwatched(job, name, at)
        self._progress(before + part)

    def _judgement(self, job: _Job, data: PageData, at: datetime) -> Judgement:
        verdict = judge(job.promise, data, at)
        if not self._wanted.histories:
            return Judgement(job.objective, verdict)
        return Judgement(job.objective, verdict, history_of(self._store, job.promise, data, job.span))

    def _gather(
        self, span: Span, at: datetime, jobs: Sequence[_Job], before: float, part: float
    ) -> Iterable[PageData]:
        choice = Choice(
            probes={job.promise.measured_by for job in jobs},
            indicators={job.promise.indicator for job in jobs},
            vendors=None if self._wanted.vendor is None else {self._wanted.vendor},
            pages=None if self._wanted.page is None else {self._wanted.page},
            past=span.end < self._now.timestamp(),
            burns=any(job.promise.indicator == "availability" for job in jobs),
        )

        def told(done: int, total: int) -> None:
            self._progress(before + part * (done / total if total else 1.0))

        return gather(self._store, self._config, span, at, choice=choice, progress=told)

    def _page(self, name: _Name, order: Sequence[str]) -> PageReport:
        judged = self._judged[name]
        found = [one for data in self._known[name].values() for one in self._happenings(name, *data)]
        anomalies = []
        if self._wanted.anomalies:
            spans = {probe: span for probe, (span, _) in self._known[name].items()}
            anomalies = read_anomalies(self._store, name.vendor, name.page, spans, self._wanted.region)
        return PageReport(
            name.vendor,
            name.page,
            [judged[each] for each in order if each in judged],
            sorted(found, key=lambda one: one.outage.first_bad),
            anomalies,
        )

    def _happenings(self, name: _Name, span: Span, data: PageData) -> Iterator[Happening]:
        """Outages, by the quorum of the page's first promise of availability."""
        accountings = (
            one.objective.accounting
            for one in self._judged[name].values()
            if one.objective.indicator == "availability" and one.verdict.promise.measured_by == data.probe
        )
        regions = () if self._wanted.region is None else (self._wanted.region,)
        yield from happenings(data.seen_from(regions), span, next(accountings, Accounting()))


def _takes(job: _Job, name: _Name, page: Page) -> bool:
    return job.promise.selector.takes(name.vendor, name.page, page.labels)


def _unwatched(job: _Job, name: _Name, at: datetime) -> Judgement:
    """The verdict about a page that no probe of the kind watches, and none is known to have watched."""
    probe = job.promise.measured_by
    verdict = judge(job.promise, PageData(name.vendor, name.page, probe, []), at)
    verdict.missing = [f"no {probe} probe watches the page"]
    return Judgement(job.objective, verdict)
