"""What there is to look at: the matters of a page that are bad, and those that were. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from monitor.judging.incident_course import Matter, Seen
from monitor.judging.incident_looks import View, Witness, lone_slices, of_advisory, of_outage
from monitor.judging.incident_plan import PagePlan
from monitor.judging.incident_silence import of_silence
from monitor.judging.incident_window import PageWindow, looked_back
from monitor.sla.incidents import IncidentKind, Look
from monitor.sla.masks import between
from monitor.sla.windows import slices_in

SETTLING = 5
"""Seconds that a sample may take to the store. So long, and for its timeout, a slice is waited for."""

ARRIVING = 1
"""Seconds after its end in which a slice still counts as one that runs: its last samples are on their way."""

Matters = dict[Matter, Iterable[Seen]]
"""What is to be looked at, and the looks at it in the order of their time."""
Looks = Mapping[Matter, Sequence[Seen]]
"""The same, where all looks are there."""


def is_bad(looks: Iterable[Seen]) -> bool:
    """Whether any of them is bad."""
    return any(each.finding.look is Look.BAD for each in looks)


def view_of(plan: PagePlan, window: PageWindow, regions: Collection[str], now: datetime) -> View | None:
    """The slices of a page as they are looked at now; ``None`` where there are none."""
    at = int(now.timestamp())
    grid = window.grid(plan, regions, at)
    if not grid.count:
        return None
    muted = plan.muted(grid.start, grid.start + grid.count * grid.length)
    return View(
        grid,
        plan.accounting.quorum,
        plan.regions,
        first=max(0, at - looked_back(grid.length) - grid.start) // grid.length,
        over=max(0, at - ARRIVING - grid.start) // grid.length,
        settled=max(0, at - SETTLING - math.ceil(plan.timeout) - grid.start) // grid.length,
        muted=slices_in(muted, grid.start, grid.length, grid.count) if muted else 0,
    )


def counted_slices(plan: PagePlan, start: int, length: int, count: int, now: datetime) -> int:
    """The slices of a grid that are over, and count."""
    over = between(0, min(count, max(0, int(now.timestamp()) - start) // length))
    left_out = plan.uncounted(start, start + count * length)
    return over & ~slices_in(left_out, start, length, count) if left_out else over


def silences(
    plan: PagePlan,
    regions: Mapping[str, datetime | None],
    live: Collection[Matter],
    now: datetime,
    watched_since: datetime,
) -> Iterator[tuple[Matter, list[Seen]]]:
    """The regions that are silent, or were."""
    for region, last in regions.items():
        look = of_silence(region, last, now, plan.every, watched_since)
        matter = Matter(IncidentKind.SILENCE, *plan.key, region)
        if is_bad([look]) or matter in live:
            yield matter, [look]


def failures(
    plan: PagePlan, view: View, live: Collection[Matter], saw: Callable[[], Witness]
) -> Iterator[tuple[Matter, Iterable[Seen]]]:
    """The outage and the advisories of a page, where something is down, or was."""
    counted = between(view.first, view.grid.count) & ~view.muted
    outage = Matter(IncidentKind.OUTAGE, *plan.key)
    if view.page.bad & counted or outage in live:
        yield outage, of_outage(view, saw())
    if len(view.grid.lines) < 2:
        return  # a page that is watched from one region is judged by that region
    for region in view.grid.lines:
        advisory = Matter(IncidentKind.ADVISORY, *plan.key, region)
        if lone_slices(view, region) & counted or advisory in live:
            yield advisory, of_advisory(view, region, saw())
