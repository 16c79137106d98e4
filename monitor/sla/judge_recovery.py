"""Verdicts about recovery: whether what failed was back in time, by the outages of each region.

A route belongs to a region, so every region's outages count. What is shown is the longest time from the first
bad sample to the first good one. It is a breach where the first and the last bad sample of an outage are
further apart than was promised. It is kept only where no outage can have been longer: the page may have
failed right after the last good sample, and with a look every 15 s that is up to 15 s before it was seen.
"""

from __future__ import annotations

from monitor.sla.availability import by_region, exclusions
from monitor.sla.completeness import note_regions, note_window
from monitor.sla.evidence import PageData
from monitor.sla.outages import Outage
from monitor.sla.promise import Promise
from monitor.sla.verdict import RegionFigure, Verdict, seconds
from monitor.sla.windows import Interval, Span


def judge_recovery(promise: Promise, data: PageData, span: Span) -> Verdict:
    """The verdict about how fast a page came back in a window."""
    verdict = Verdict(promise, data.vendor, data.page, span)
    excluded = exclusions(data, span, promise.accounting)
    outages = [
        outage for region in data.regions for outage in region.outages if _counts(outage, span, excluded)
    ]
    accounts = by_region(data, span, promise.accounting, excluded)
    verdict.regions = {
        name: RegionFigure(_longest(outages, name), one.coverage, _number(outages, name))
        for name, one in accounts.items()
    }
    verdict.outages, verdict.count = outages, len(outages)
    note_window(verdict)
    note_regions(verdict, accounts)
    if not outages:
        verdict.missing.append("no outage was seen: nothing was recovered from")
        return verdict
    lengths = [one.inner if one.recovery is None else one.recovery for one in outages]
    outer = [one.outer for one in outages]
    verdict.value, verdict.lower = max(lengths), max(one.inner for one in outages)
    verdict.upper = None if None in outer else max(one for one in outer if one is not None)
    verdict.bad = sum(not promise.met_by(length) for length in lengths)
    good = verdict.upper is not None and promise.met_by(verdict.upper)
    bad = not promise.met_by(verdict.lower)
    if not good and not bad:
        verdict.missing.append(_blunt(verdict, outages))
    verdict.conclude(met=good, breached=bad)
    return verdict


def _counts(outage: Outage, span: Span, excluded: list[Interval]) -> bool:
    first = outage.first_bad.timestamp()
    return span.start <= first < span.end and not any(begin <= first < end for begin, end in excluded)


def _longest(outages: list[Outage], region: str) -> float | None:
    mine = [one.recovery for one in outages if one.regions == (region,) and one.recovery is not None]
    return max(mine, default=None)


def _number(outages: list[Outage], region: str) -> int:
    return sum(one.regions == (region,) for one in outages)


def _blunt(verdict: Verdict, outages: list[Outage]) -> str:
    if verdict.upper is None:
        return "an outage has an end that was not seen"
    gaps = [(one.first_bad - one.last_good).total_seconds() for one in outages if one.last_good is not None]
    return (
        f"an outage may have begun up to {seconds(max(gaps))} before it was seen, "
        f"and lasted {seconds(verdict.upper)}: "
        "a page that is looked at more often, as a drill does it, proves more"
    )
