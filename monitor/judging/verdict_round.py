"""A round of verdicts: every objective held against every page that it is about, some pages at a time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from monitor.config import Config
from monitor.config.objectives import Objective
from monitor.judging.gather import Choice, gather
from monitor.judging.judged import Ruling
from monitor.sla.evidence import PageData
from monitor.sla.judge import judge
from monitor.sla.promise import Promise
from monitor.sla.verdict import Verdict
from monitor.sla.windows import Window
from storage.store import Store

PAGES = 25
"""Pages that are judged at once: a month of one page in seven regions takes a megabyte or two."""

Rest = Callable[[float], None]
"""Told how many seconds were worked; rests as long as that calls for."""


def rule(store: Store, config: Config, now: datetime, *, rest: Rest = lambda _: None) -> Iterator[Ruling]:
    """The rulings about all pages of a config, as they are made.

    Raises:
        StoreUnavailable: the store is away.
    """
    matters = _matters(config)
    for (window, probe), objectives in matters.items():
        names = sorted({page.name for vendor in config.vendors for page in vendor.pages})
        for first in range(0, len(names), PAGES):
            began = time.monotonic()
            yield from _rule(store, config, now, window, probe, objectives, names[first : first + PAGES])
            rest(time.monotonic() - began)


def _matters(config: Config) -> dict[tuple[Window, str], list[tuple[Objective, Promise]]]:
    """The objectives by what has to be read for them."""
    found: dict[tuple[Window, str], list[tuple[Objective, Promise]]] = defaultdict(list)
    for objective in config.objectives:
        promise = objective.promise
        found[promise.window, promise.measured_by].append((objective, promise))
    return found


def _rule(
    store: Store,
    config: Config,
    now: datetime,
    window: Window,
    probe: str,
    objectives: Sequence[tuple[Objective, Promise]],
    pages: Sequence[str],
) -> Iterator[Ruling]:
    choice = Choice(
        probes={probe},
        indicators={promise.indicator for _, promise in objectives},
        pages=set(pages),
        burns=any(promise.indicator == "availability" for _, promise in objectives),
    )
    for data in gather(store, config, window.at(now), now, choice=choice):
        for objective, promise in objectives:
            if promise.selector.takes(data.vendor, data.page, data.labels):
                yield Ruling(objective, _judged(promise, data, now))
        data.forget()


def _judged(promise: Promise, data: PageData, now: datetime) -> Verdict:
    verdict = judge(promise, data, now)
    verdict.outages = ()  # a year of them is nothing to be kept in memory
    return verdict
