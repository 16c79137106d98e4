"""The outages of a page in a window, and those that one region, or too few of them, saw. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.report.report import Happening
from monitor.sla.availability import by_time, exclusions
from monitor.sla.evidence import PageData
from monitor.sla.outages import Outage, page_outages
from monitor.sla.promise import Accounting
from monitor.sla.windows import Interval, Span


def happenings(data: PageData, span: Span, accounting: Accounting) -> list[Happening]:
    """What happened in a window, in order of time.

    Outages are those of the quorum that was agreed on, each of them, however short and whether it counts or
    not. What lies in none of them is an advisory.
    """
    seen = [outage for region in data.regions for outage in region.outages]
    if not seen:
        return []
    excluded = exclusions(data, span, accounting)
    plain = replace(accounting, length=0, consecutive=1, hours=None, maintenance_excluded=False)
    runs = by_time(data, span, plain, ()).runs
    known = len({region.region for region in data.regions})
    found = page_outages(runs, seen, plain.quorum.needs(known, known))
    whole = {(one.opened_by, one.first_bad): one for _, one in found}.values()
    rest = [one for one in seen if _within(one, span) and not any(_overlaps(one, run) for run in runs)]
    # A page that one region watches is judged by it, even where its slices are gone.
    every = [(one, False) for one in whole] + [(one, known > 1) for one in rest]
    return [
        Happening(data.probe, one, is_alone, _begins_in(one, excluded))
        for one, is_alone in sorted(every, key=lambda each: (each[0].first_bad, each[0].regions))
    ]


def _within(outage: Outage, span: Span) -> bool:
    return span.start <= outage.last_bad.timestamp() and outage.first_bad.timestamp() < span.end


def _overlaps(outage: Outage, run: Interval) -> bool:
    return outage.first_bad.timestamp() < run[1] and outage.last_bad.timestamp() >= run[0]


def _begins_in(outage: Outage, intervals: Sequence[Interval]) -> bool:
    first = outage.first_bad.timestamp()
    return any(begin <= first < end for begin, end in intervals)
