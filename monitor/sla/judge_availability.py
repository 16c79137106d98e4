"""Verdicts about availability.

A look is one slice that was measured. So many looks with so few bad ones among them prove a promise where
hardly any page that breaks it would have shown as few (:mod:`monitor.sla.proof`). Regions share outages, and
what is seen from five regions in one slice is one look. Slices of one outage depend on each other too: that
makes the share of bad time in the window better known than so many independent looks would, so that the
bounds hold, but what comes after the window is not foretold by them.

A breach is certain where the outages' inner lengths alone are longer than the budget.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.sla import proof
from monitor.sla.availability import Account, by_region, by_time, exclusions, mean_of
from monitor.sla.completeness import note_coverage, note_regions, note_window
from monitor.sla.evidence import PageData
from monitor.sla.outages import Outage, page_outages
from monitor.sla.promise import By, Promise
from monitor.sla.requests import by_request
from monitor.sla.verdict import RegionFigure, Verdict, percent
from monitor.sla.windows import Interval, Span

BURNS = {"5m": 300, "1h": 3600, "6h": 21_600, "1d": 86_400, "3d": 259_200}
"""The windows over which it is looked how fast the budget is spent."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A figure in the way that the promise counts it, and what a proof takes."""

    value: float | None
    account: Account
    looks: int
    bad: float
    doubt: float = 0.0


def judge_availability(promise: Promise, data: PageData, span: Span) -> Verdict:
    """The verdict about the availability of one page in a window."""
    accounting = promise.accounting
    excluded = exclusions(data, span, accounting)
    verdict = Verdict(promise, data.vendor, data.page, span)
    regions = by_region(data, span, accounting, excluded)
    case = _case(data, span, promise, excluded, regions)
    verdict.value = case.value
    verdict.regions = {
        name: RegionFigure(one.value, one.coverage, one.trials) for name, one in regions.items()
    }
    verdict.coverage = case.account.coverage
    verdict.worst, verdict.best = case.account.bounds or (None, None)
    note_window(verdict)
    note_coverage(verdict)
    if accounting.by is By.REGIONS:
        verdict.missing = [text for text in verdict.missing if "measured" not in text]
        note_regions(verdict, regions)
    _beside(verdict, data, regions)
    if case.value is None:
        verdict.missing.append("nothing was measured that counts")
        return verdict
    _weigh(verdict, data, case, excluded, regions)
    return verdict


def _case(
    data: PageData,
    span: Span,
    promise: Promise,
    excluded: Sequence[Interval],
    regions: dict[str, Account],
) -> _Case:
    accounting = promise.accounting
    account = by_time(data, span, accounting, excluded)
    if accounting.by is By.TIME:
        doubt = 0.0 if accounting.consecutive > 1 else account.doubt
        looks = account.trials
        scale = looks / account.known_slices if account.known_slices else 0.0
        return _Case(account.value, account, looks, account.bad_slices * scale, doubt * scale)
    if accounting.by is By.REGIONS:
        value = mean_of(regions)
        looks = min((one.trials for one in regions.values() if one.known), default=0)
    else:
        requests = by_request(data, span, accounting, excluded)
        value, looks = requests.value, min(requests.busiest, account.trials)
    return _Case(value, account, looks, 0.0 if value is None else (1.0 - value) * looks)


def _weigh(
    verdict: Verdict,
    data: PageData,
    case: _Case,
    excluded: Sequence[Interval],
    regions: dict[str, Account],
) -> None:
    promise, account, span = verdict.promise, case.account, verdict.span
    confidence, share = promise.accounting.confidence, 1.0 - promise.target
    most, least = math.ceil(case.bad + case.doubt - 1e-6), math.floor(case.bad + 1e-6)
    verdict.count, verdict.bad = case.looks, case.bad
    verdict.lower = 1.0 - proof.upper(most, case.looks, confidence)
    verdict.upper = 1.0 - proof.lower(least, case.looks, confidence)
    counted = span.whole - sum(stop - begin for begin, stop in excluded)
    allowed = share * counted
    verdict.bad_seconds = (1.0 - (case.value or 0.0)) * account.known
    verdict.certain_seconds = _certain(verdict, data, account, regions)
    verdict.budget_left = 1.0 - verdict.bad_seconds / allowed if allowed > 1e-9 else None
    met = proof.proves_at_most(most, case.looks, share, confidence)
    # What is unknown, and what is yet to come, may all be up: the bad time must outlast the whole budget.
    beyond = account.known > 0 and proof.proves_more_than(
        least, case.looks, allowed / account.known, confidence
    )
    certain = verdict.certain_seconds > allowed + 1e-6 and promise.accounting.by is not By.REQUESTS
    if not met and not beyond and not certain:
        verdict.missing.append(_short_of(verdict, most))
    if case.doubt:
        verdict.notes.append(
            f"failures worth {case.doubt:.3g} slices were seen by one region alone and for one slice: "
            "an outage of all regions that is shorter than a slice looks like this, "
            "and a proof counts them as bad"
        )
    verdict.conclude(met=met, breached=beyond or certain)


def _certain(verdict: Verdict, data: PageData, account: Account, regions: dict[str, Account]) -> float:
    """Seconds of the outages that count which lie between their first and their last bad sample."""
    accounting = verdict.promise.accounting
    seen = [outage for one in data.regions for outage in one.outages]
    if accounting.by is By.REGIONS:
        total = 0.0
        for name, one in regions.items():
            mine = [outage for outage in seen if outage.regions == (name,)]
            total += _inside(page_outages(one.runs, mine, 1))
        verdict.outages = [outage for _, outage in page_outages(account.runs, seen, 1)]
        return total / len(regions) if regions else 0.0
    known = len(regions)
    found = page_outages(account.runs, seen, accounting.quorum.needs(known, known))
    verdict.outages = [outage for _, outage in found]
    return _inside(found)


def _inside(found: Sequence[tuple[Interval, Outage]]) -> float:
    """Seconds of the inner lengths of outages that lie in the runs of bad slices that they belong to."""
    total = 0.0
    for (start, end), outage in found:
        first, last = outage.first_bad.timestamp(), outage.last_bad.timestamp()
        total += max(0.0, min(last, end) - max(first, start) - outage.blind)
    return total


def _short_of(verdict: Verdict, bad: int) -> str:
    """Why neither side is proven."""
    promise = verdict.promise
    confidence = promise.accounting.confidence
    needed = proof.looks_needed(bad, 1.0 - promise.target, confidence)
    if needed is None:
        return "no number of looks proves 100 %"
    among = "with no bad one" if not bad else f"with {bad:,} bad" + (" one" if bad == 1 else " ones")
    return (
        f"{verdict.count:,} looks {among} prove {percent(verdict.lower or 0.0)} at least: it takes {needed:,}"
    )


def _beside(verdict: Verdict, data: PageData, regions: dict[str, Account]) -> None:
    """The same time in the other ways of counting, and with what was excluded for maintenance."""
    accounting, span = verdict.promise.accounting, verdict.span
    excluded = exclusions(data, span, accounting)
    plain = replace(accounting, length=0, consecutive=1)
    same = accounting.by is By.TIME and plain == accounting
    verdict.beside["time"] = verdict.value if same else by_time(data, span, plain, excluded).value
    verdict.beside["regions"] = mean_of(regions)
    verdict.beside["requests"] = by_request(data, span, plain, excluded).value
    open_ended = exclusions(data, span, accounting, maintenance=False)
    if open_ended == excluded:
        verdict.beside["with_maintenance"] = verdict.value
    else:
        whole = by_region(data, span, accounting, open_ended)
        verdict.beside["with_maintenance"] = _case(data, span, verdict.promise, open_ended, whole).value


def burn_rates(promise: Promise, data: PageData, now: int) -> dict[str, float | None]:
    """How many times faster than the promise allows bad time came up in the last minutes, hours and days."""
    share = 1.0 - promise.target
    rates: dict[str, float | None] = {}
    for name, length in BURNS.items():
        span = Span(now - length, now, now)
        excluded = exclusions(data, span, promise.accounting)
        regions = by_region(data, span, promise.accounting, excluded)
        value = _case(data, span, promise, excluded, regions).value
        rates[name] = None if value is None or share <= 0 else (1.0 - value) / share
    return rates
