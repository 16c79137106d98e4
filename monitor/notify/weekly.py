"""The weekly report: when it is due, and its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from rich.console import Console

from monitor.config.accounting import WEEK
from monitor.config.notify import WeeklyReport
from monitor.notify.address import Message, Tone
from monitor.notify.plan import ChannelPlan
from monitor.notify.words import when
from monitor.report.console import render
from monitor.report.period import OwnWindows
from monitor.report.reading import read_report
from monitor.report.report import PageReport, Report
from monitor.sla.incidents import State
from monitor.sla.verdict import Finding
from storage.incidents import incidents_between
from storage.notifications import REPORT, NotificationRow
from storage.store import Store

WIDTH = 100
"""Columns that the tables have."""
SHOWN = 40
"""Pages that are shown, those with the worst verdicts; the others are counted."""
WEEK_LONG = timedelta(days=7)

_WORST = (Finding.BREACHED, Finding.UNPROVEN, Finding.MET)


def last_due(schedule: WeeklyReport, now: datetime) -> datetime:
    """When a report was last due, at ``now`` or before."""
    zone = ZoneInfo(schedule.time_zone)
    today = now.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - WEEK.index(schedule.day)) % 7 - 7)
    while True:
        local = datetime.combine(day, time()) + timedelta(minutes=schedule.at)
        at = local.replace(tzinfo=zone).astimezone(UTC)
        if at <= now:
            return at
        day -= WEEK_LONG


def report_row(plan: ChannelPlan, due: datetime, now: datetime) -> NotificationRow:
    """What is noted when a report is due."""
    return NotificationRow(
        channel=plan.name,
        event=f"report:{due:%Y-%m-%dT%H:%MZ}",
        transition=REPORT,
        at=due,
        noted=now,
        due=now,
        words=f"the weekly report of {due:%Y-%m-%d}",
    )


def weekly(store: Store, plan: ChannelPlan, now: datetime, rest: Callable[[float], None]) -> Message:
    """The report of the pages that the channel is told of. It blocks; ``rest`` is called now and then.

    Raises:
        StoreUnavailable: later.
    """
    whole = read_report(store, plan.config, OwnWindows(now), now, progress=rest)
    pages = sorted((one for one in whole.pages if plan.takes_page(one.vendor, one.page)), key=_rank)
    with store.reading() as connection:
        found = incidents_between(connection, now - WEEK_LONG, now)
    kinds = Counter(
        one.kind for one in found if one.state != State.SUSPECTED and plan.takes_page(one.vendor, one.page)
    )
    report = replace(whole, pages=pages)
    return Message(_title(report), "\n".join(_body(report, kinds, plan, now)), _tone(report))


def _body(report: Report, kinds: Counter[str], plan: ChannelPlan, now: datetime) -> Iterator[str]:
    yield _table(replace(report, pages=report.pages[:SHOWN]), report)
    if len(report.pages) > SHOWN:
        yield f"and {len(report.pages) - SHOWN:,} pages more, none of them worse"
    counts = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items())) or "none"
    yield f"Incidents in the 7 days up to {when(now)}: {counts}"
    yield "Look at:"
    yield "  landwatch report"
    yield f"  {plan.link}"


def _table(shown: Report, whole: Report) -> str:
    """The pages as text; the counts above them are those of all pages."""
    text = StringIO()
    console = Console(file=text, width=WIDTH, no_color=True, highlight=False, legacy_windows=False)
    found = ", ".join(f"{whole.findings[each]:,} {each.value}" for each in Finding)
    if len(shown.pages) < len(whole.pages):
        console.print(f"All {len(whole.pages):,} pages: {found}. The worst of them:\n", soft_wrap=True)
    console.print(render(shown, WIDTH, brief=True))
    return "\n".join(each.rstrip() for each in text.getvalue().splitlines())


def _title(report: Report) -> str:
    found = ", ".join(f"{report.findings[each]:,} {each.value}" for each in Finding)
    return f"landwatch: the weekly report, {found}"


def _tone(report: Report) -> Tone:
    return "warning" if report.findings[Finding.BREACHED] else "info"


def _rank(page: PageReport) -> tuple[Sequence[int], str, str]:
    findings = Counter(one.verdict.finding for one in page.judgements)
    return [-findings[each] for each in _WORST], page.vendor, page.page
