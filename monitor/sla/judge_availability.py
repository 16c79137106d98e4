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
from monitor.sla.outages import certain_seconds, page_outages
from monitor.sla.promise import Accounting, By, Promise
from monitor.sla.quorum import MAJORITY
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
    most: float
    """How many bad looks there were at most, where it is to be shown that they were few."""
    least: float
    """How many there were at least, where it is to be shown that they were many."""
    chances: int = 1
    """In how many ways it was tried to show that they were many."""


def judge_availability(promise: Promise, data: PageData, span: Span) -> Verdict:
    """The verdict about the availability of one page in a window."""
    accounting = promise.accounting
    excluded = exclusions(data, span, accounting)
    verdict = Verdict(promise, data.vendor, data.page, span)
    # How much was measured shows in the slices that were: longer ones that were agreed on would flatter.
    plain = replace(accounting, length=0, consecutive=1)
    seen = by_region(data, span, plain, excluded)
    regions = seen if plain == accounting else by_region(data, span, accounting, excluded)
    case = _case(data, span, promise, excluded, regions)
    measured = case.account if plain == accounting else by_time(data, span, plain, excluded)
    verdict.value = case.value
    verdict.regions = {name: RegionFigure(one.value, one.coverage, one.trials) for name, one in seen.items()}
    verdict.coverage = measured.coverage
    verdict.worst, verdict.best = case.account.bounds or (None, None)
    note_window(verdict)
    if accounting.by is By.REGIONS:
        note_regions(verdict, seen)
    else:
        note_coverage(verdict)
    _beside(verdict, data, excluded, measured, seen)
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
    over_time = accounting if accounting.by is not By.REQUESTS else replace(accounting, length=0)
    account = by_time(data, span, over_time, excluded)
    if accounting.by is By.TIME:
        return _by_time(data, span, accounting, excluded, account, regions)
    if accounting.by is By.REGIONS:
        value = mean_of(regions)
        looks = min((one.trials for one in regions.values() if one.known), default=0)
    else:
        requests = by_request(data, span, accounting, excluded)
        value, looks = requests.value, min(requests.busiest, account.trials)
    bad = 0.0 if value is None else (1.0 - value) * looks
    return _Case(value, account, looks, bad, bad, bad)


def _by_time(
    data: PageData,
    span: Span,
    accounting: Accounting,
    excluded: Sequence[Interval],
    account: Account,
    regions: dict[str, Account],
) -> _Case:
    """Slices that a quorum decides over, with bounds for what it may see too seldom or too often."""
    looks = account.trials
    scale = looks / account.known_slices if account.known_slices else 0.0
    bad = account.bad_slices * scale
    most, least, chances = max(bad, account.doubt * scale), bad, 1
    if accounting.consecutive > 1:
        # The edges of slices may have made a run that counts one slice too short.
        lenient = replace(accounting, consecutive=accounting.consecutive - 1)
        most = by_time(data, span, lenient, excluded).bad_slices * scale
    elif accounting.quorum.alone and len(regions) > 1:
        # Any of several regions meets what each would meet by chance: each is held to its own looks.
        shares = [one.bad_slices / one.known_slices for one in regions.values() if one.known_slices]
        least, chances = max(shares, default=0.0) * looks, len(regions)
    elif accounting.quorum.more_than < MAJORITY.more_than:
        least = by_time(data, span, replace(accounting, quorum=MAJORITY), excluded).bad_slices * scale
    return _Case(account.value, account, looks, bad, most, least, chances)


def _weigh(
    verdict: Verdict,
    data: PageData,
    case: _Case,
    excluded: Sequence[Interval],
    regions: dict[str, Account],
) -> None:
    promise, account, span = verdict.promise, case.account, verdict.span
    confidence, share = promise.accounting.confidence, 1.0 - promise.target
    most, least = math.ceil(case.most - 1e-6), math.floor(case.least + 1e-6)
    strict = 1.0 - (1.0 - confidence) / case.chances
    verdict.count, verdict.bad = case.looks, case.bad
    verdict.lower = 1.0 - proof.upper(most, case.looks, confidence)
    verdict.upper = 1.0 - proof.lower(least, case.looks, strict)
    counted = span.whole - sum(stop - begin for begin, stop in excluded)
    allowed = share * counted
    verdict.bad_seconds = (1.0 - (case.value or 0.0)) * account.known
    verdict.certain_seconds = _certain(verdict, data, account, regions)
    verdict.budget_left = 1.0 - verdict.bad_seconds / allowed if allowed > 1e-9 else None
    met = proof.proves_at_most(most, case.looks, share, confidence)
    # What is unknown, and what is yet to come, may all be up: the bad time must outlast the whole budget.
    beyond = account.known > 0 and proof.proves_more_than(least, case.looks, allowed / account.known, strict)
    certain = verdict.certain_seconds > allowed + 1e-6 and promise.accounting.by is not By.REQUESTS
    if not met and not beyond and not certain:
        verdict.missing.append(_short_of(verdict, most))
    if case.most > case.bad + 1e-6:
        verdict.notes.append(
            f"fewer regions than a quorum saw failures worth {case.most - case.bad:.3g} slices more: "
            "outages of all regions that are not longer than a slice look like this, and a proof counts them"
        )
    verdict.conclude(met=met, breached=beyond or certain)


def _certain(verdict: Verdict, data: PageData, account: Account, regions: dict[str, Account]) -> float:
    """Seconds of bad slices in which a quorum was between the first and last bad sample of its outages."""
    accounting = verdict.promise.accounting
    seen = [outage for one in data.regions for outage in one.outages]
    known = len(regions)
    needed = accounting.quorum.needs(known, known)
    verdict.outages = [outage for _, outage in page_outages(account.runs, seen, needed)]
    if accounting.by is By.REGIONS:
        total = 0.0
        for name, one in regions.items():
            total += certain_seconds(one.runs, [outage for outage in seen if outage.regions == (name,)], 1)
        return total / known if known else 0.0
    return certain_seconds(account.runs, seen, needed)


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


def _beside(
    verdict: Verdict,
    data: PageData,
    excluded: Sequence[Interval],
    measured: Account,
    regions: dict[str, Account],
) -> None:
    """The same time in the other ways of counting, and with what was excluded for maintenance."""
    accounting, span = verdict.promise.accounting, verdict.span
    verdict.beside["time"] = measured.value
    verdict.beside["regions"] = mean_of(regions)
    verdict.beside["requests"] = by_request(data, span, replace(accounting, length=0), excluded).value
    _note_late(verdict, data, excluded)
    open_ended = exclusions(data, span, accounting, maintenance=False)
    if open_ended == excluded:
        verdict.beside["with_maintenance"] = verdict.value
    else:
        whole = by_region(data, span, accounting, open_ended)
        verdict.beside["with_maintenance"] = _case(data, span, verdict.promise, open_ended, whole).value


def _note_late(verdict: Verdict, data: PageData, excluded: Sequence[Interval]) -> None:
    """What the figure would be if maintenance did not count that was declared after it had begun."""
    promise, span = verdict.promise, verdict.span
    lenient = exclusions(data, span, promise.accounting, late=True)
    if lenient == excluded:
        return
    value = _case(data, span, promise, lenient, by_region(data, span, promise.accounting, lenient)).value
    words = "nothing would be left" if value is None else f"the figure would be {percent(value)}"
    verdict.notes.append(
        "maintenance counts that was declared, or first read by this program, after it had begun: "
        f"without it {words}"
    )


def burn_rates(promise: Promise, data: PageData, now: int) -> dict[str, float | None]:
    """How many times faster than the promise allows bad time came up in the last minutes, hours and days."""
    share = 1.0 - promise.target
    rates: dict[str, float | None] = {}
    needed = promise.accounting.by is By.REGIONS  # the others' figures do without them
    for name, length in BURNS.items():
        span = Span(now - length, now, now)
        excluded = exclusions(data, span, promise.accounting)
        regions = by_region(data, span, promise.accounting, excluded) if needed else {}
        value = _case(data, span, promise, excluded, regions).value
        rates[name] = None if value is None or share <= 0 else (1.0 - value) / share
    return rates
