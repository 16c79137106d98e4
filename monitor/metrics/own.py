"""The metrics of landwatch itself: few series, read when Prometheus asks, rendered by prometheus-client."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from monitor.health.lags import BOUNDS
from monitor.judging.judged import Work
from monitor.metrics import declared
from monitor.metrics.declared import Family
from monitor.notify.courier import ChannelState

Histogram = tuple[tuple[int, ...], float]
"""The counts of the buckets (each alone, the last without an upper edge), and the sum."""

EMPTY: Histogram = ((0,) * (len(BOUNDS) + 1), 0.0)


@dataclass(frozen=True, slots=True)
class Own:
    """What landwatch knows about itself at one moment."""

    version: str = ""
    targets: int = 0
    schedule_lag: Histogram = EMPTY
    loop_lag: Histogram = EMPTY
    starved: float = 0.0
    clock_steps: int = 0
    spooled: int = 0
    queued: int = 0
    written: int = 0
    dropped: int = 0
    refused: int = 0
    store_ok: bool = True
    sink_errors: Mapping[str, int] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    """How often the programs of each kind of probe that has any failed it."""
    reload_ok: bool = True
    reload_at: float = 0.0
    works: Mapping[str, Work] = field(default_factory=dict)
    """How each of the judge's works goes."""
    channels: Mapping[str, ChannelState] = field(default_factory=dict)
    """How each channel does that people are told by."""


class OwnCollector(Collector):
    """One moment of landwatch's own figures, as prometheus-client wants them."""

    def __init__(self, own: Own) -> None:
        self._own = own

    def collect(self) -> Iterator[Metric]:
        """All families of :data:`monitor.metrics.declared.OWN_FAMILIES`, in their order."""
        own = self._own
        yield _histogram(declared.SCHEDULE_LAG, own.schedule_lag)
        yield _histogram(declared.LOOP_LAG, own.loop_lag)
        yield _counter(declared.STARVED, {(): own.starved})
        yield _counter(declared.CLOCK_STEPS, {(): own.clock_steps})
        yield _gauge(declared.SPOOLED, own.spooled)
        yield _gauge(declared.QUEUED, own.queued)
        yield _counter(declared.WRITTEN, {(): own.written})
        yield _counter(declared.DROPPED, {(): own.dropped})
        yield _counter(declared.REFUSED, {(): own.refused})
        yield _gauge(declared.STORE_UP, own.store_ok)
        yield _counter(declared.SINK_ERRORS, {(sink,): count for sink, count in own.sink_errors.items()})
        yield _gauge(declared.WATCHED, own.targets)
        yield _counter(declared.RESTARTS, {(probe,): count for probe, count in own.restarts.items()})
        yield _gauge(declared.RELOAD_OK, own.reload_ok)
        yield _gauge(declared.RELOAD_AT, own.reload_at)
        works = own.works.items()
        yield _gauges(declared.JUDGE_DURATION, {name: one.duration for name, one in works})
        yield _gauges(declared.JUDGE_SUCCESS, {name: one.done_at for name, one in works})
        yield _counter(declared.JUDGE_ERRORS, {(name,): one.errors for name, one in works})
        channels = own.channels.items()
        yield _counter(
            declared.NOTIFICATIONS,
            _by_result(channels, lambda one: {"sent": one.sent, "failed": one.failed}),
        )
        yield _counter(
            declared.NOTICES,
            _by_result(
                channels,
                lambda one: {"told": one.told, "silenced": one.silenced, "given_up": one.given_up},
            ),
        )
        yield _gauges(declared.WAITING, {name: one.waiting for name, one in channels})
        yield _gauge(declared.BUILD, 1, (own.version, platform.python_version()))


def _gauge(family: Family, value: float, labels: tuple[str, ...] = ()) -> Metric:
    metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    metric.add_metric(labels, value)
    return metric


def _gauges(family: Family, values: Mapping[str, float | None]) -> Metric:
    """One of each that is known, told apart by the family's only label."""
    metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for label, value in values.items():
        if value is not None:
            metric.add_metric((label,), value)
    return metric


def _counter(family: Family, values: Mapping[tuple[str, ...], float]) -> Metric:
    metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in values.items():
        metric.add_metric(labels, value)
    return metric


def _by_result(
    channels: Iterable[tuple[str, ChannelState]], counts: Callable[[ChannelState], Mapping[str, float]]
) -> dict[tuple[str, ...], float]:
    return {(name, result): count for name, one in channels for result, count in counts(one).items()}


def _histogram(family: Family, histogram: Histogram) -> Metric:
    counts, total = histogram
    metric = HistogramMetricFamily(family.name, family.help)
    edges = [*map(str, family.edges), "+Inf"]
    metric.add_metric([], list(zip(edges, accumulate(counts), strict=True)), total)
    return metric
