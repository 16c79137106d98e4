"""Whether a window was looked at enough for a promise to be called kept, and in words what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.sla.availability import Account
from monitor.sla.verdict import Verdict, percent
from monitor.sla.windows import moment


def note_window(verdict: Verdict) -> None:
    """A window that is not over can't have been kept yet."""
    span = verdict.span
    if span.end <= span.start:
        verdict.missing.append(f"the window begins at {moment(span.start):%Y-%m-%d %H:%M} UTC")
    elif not span.over:
        verdict.missing.append(f"the window is over at {moment(span.closes):%Y-%m-%d %H:%M} UTC")


def note_coverage(verdict: Verdict) -> None:
    """Too little of the window was measured."""
    least = verdict.promise.accounting.coverage
    if verdict.coverage < least:
        verdict.missing.append(
            f"{percent(verdict.coverage)} of the window was measured, and {percent(least)} is needed"
        )


def note_regions(verdict: Verdict, accounts: Mapping[str, Account]) -> None:
    """A region that was hardly measured: a mean over the others would leave out what it may have seen."""
    least = verdict.promise.accounting.coverage
    verdict.coverage = min((one.coverage for one in accounts.values()), default=0.0)
    for name, account in accounts.items():
        if account.coverage < least:
            verdict.missing.append(
                f"region {name} measured {percent(account.coverage)} of the window, "
                f"and {percent(least)} is needed"
            )
    if not accounts:
        verdict.missing.append("no region measured anything")
