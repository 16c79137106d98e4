"""Availability over a window, piece by piece, by the accounts that its verdict is made of. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.report.history import Cell, Strip, origin_of, step_of
from monitor.sla.availability import Account, by_region, by_time, exclusions
from monitor.sla.evidence import PageData
from monitor.sla.masks import ones
from monitor.sla.promise import By, Promise
from monitor.sla.quorum import PageSlices
from monitor.sla.windows import Interval, Span, clip


def strip_of(promise: Promise, data: PageData, span: Span) -> Strip | None:
    """The strip of a promise of availability; ``None`` where nobody ever looked, or the window is to come."""
    accounting = promise.accounting
    data = data.seen_from(promise.selector.regions)
    excluded = exclusions(data, span, accounting)
    plain = replace(accounting, length=0, consecutive=1)
    over_time = accounting if accounting.by is not By.REQUESTS else replace(accounting, length=0)
    page = by_time(data, span, over_time, excluded)
    regions = by_region(data, span, plain, excluded)
    if not page.known or page.page is None:
        return None
    step = step_of(span, page.page.length)
    start = origin_of(span, step)
    ends = [(max(at, span.start), min(at + step, span.end)) for at in range(start, span.end, step)]
    left_out = [float(sum(stop - begin for begin, stop in clip(excluded, *each))) for each in ends]
    edges = range(start, start + (len(ends) + 1) * step, step)
    return Strip(
        span,
        start,
        step,
        _cells(page, edges, ends, left_out),
        {name: _cells(one, edges, ends, left_out) for name, one in sorted(regions.items())},
    )


def _cells(
    account: Account, edges: Sequence[int], ends: Sequence[Interval], left_out: Sequence[float]
) -> list[Cell]:
    """A slice belongs to the piece in which it begins."""
    assert account.page is not None  # it was counted
    page = account.page
    places = [min(page.count, max(0, -(-(at - page.start) // page.length))) for at in edges]
    found = []
    for number, (begin, end) in enumerate(ends):
        known, bad = _counted(page, places[number], places[number + 1])
        seconds = float(known * page.length)
        unknown = max(0.0, end - begin - left_out[number] - seconds)
        found.append(Cell(seconds - bad * page.length, float(bad * page.length), unknown, left_out[number]))
    return found


def _counted(page: PageSlices, first: int, last: int) -> tuple[int, int]:
    """How many slices of a stretch are known, and how many of them bad."""
    whole = ones(last - first)
    return (page.known >> first & whole).bit_count(), (page.bad >> first & whole).bit_count()
