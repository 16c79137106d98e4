"""Outages, advisories and anomalies of a page as tables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.config.objectives import Objective, default_objectives
from monitor.report.report import Happening, PageReport
from monitor.report.words import figure, moment_words
from monitor.sla.anomaly import Anomaly
from monitor.sla.verdict import seconds

MOST = 20
"""Lines of each table: a person looks at no more, and JSON has all of them."""
_TOLD = "--json has all of them"


def happening_table(page: PageReport) -> Iterator[RenderableType]:
    """The outages, and then what too few regions saw."""
    for title, alone in (("Outages", False), ("Advisories: seen by too few regions for an outage", True)):
        found = [one for one in page.happenings if one.alone is alone]
        if found:
            yield Text()
            yield _outages(found, title, page.zones)
        elif not alone:
            yield Text("No outage was seen in the window.", "dim")


def _outages(found: Sequence[Happening], title: str, zones: Sequence[str]) -> Table:
    below = f"; below each moment its time in {', '.join(zones)}" if zones else ""
    table = _table(f"{title} ({len(found):,}){below}", len(found))
    table.add_column("from (UTC)", overflow="fold")
    table.add_column("to (UTC)", overflow="fold")
    table.add_column("at least", justify="right", no_wrap=True)
    table.add_column("at most", justify="right", no_wrap=True)
    table.add_column("seen from", overflow="fold")
    for one in found[-MOST:]:
        table.add_row(*_cells(one, zones))
    return table


def _cells(one: Happening, zones: Sequence[str]) -> Iterator[Text]:
    outage = one.outage
    end = outage.first_good
    yield _moments(outage.first_bad, None, zones)
    yield Text("not seen to end", "bold red") if end is None else _moments(end, outage.first_bad, zones)
    yield Text(seconds(outage.inner))
    yield Text("-" if outage.outer is None else seconds(outage.outer))
    faults = ", ".join(f"{fault} {count:,}" for fault, count in outage.faults.items())
    words = f"{', '.join(outage.regions)}: {faults}" if faults else ", ".join(outage.regions)
    notes = [one.probe] if one.probe != "http" else []
    notes += ["excluded"] if one.excluded else []
    yield Text(words + (f" ({', '.join(notes)})" if notes else ""))


def _moments(at: datetime, since: datetime | None, zones: Sequence[str]) -> Text:
    """A moment in UTC, and below it in the time zones of the promises. A day that is known is left out."""
    text = Text(_moment(at, since))
    for zone in zones:
        local = at.astimezone(ZoneInfo(zone))
        same_day = local.date() == at.astimezone(UTC).date()
        text.append(f"\n{local:%H:%M:%S}" if same_day else f"\n{local:%Y-%m-%d %H:%M:%S}", "dim")
    return text


def _moment(at: datetime, since: datetime | None) -> str:
    words = moment_words(at, precise=True)
    same_day = since is not None and moment_words(since)[:10] == words[:10]
    return words[11:] if same_day else words


def anomaly_table(page: PageReport) -> Iterator[RenderableType]:
    """The hours in which the page was worse than itself."""
    found = page.anomalies
    if not found:
        yield Text("No hour was worse than the page usually is.", "dim")
        return
    title = f"Worse than the page usually is, which breaks no promise ({len(found):,})"
    table = _table(title, len(found))
    for name in ("hour (UTC)", "region", "figure"):
        table.add_column(name, overflow="fold")
    for name in ("median", "usual"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found[-MOST:]:
        told = _told(one)
        table.add_row(
            moment_words(one.start),
            one.region,
            one.indicator,
            figure(told, one.value),
            figure(told, one.usual),
        )
    yield table


def _told(anomaly: Anomaly) -> Objective:
    return next(one for one in default_objectives() if one.indicator == anomaly.indicator)


def _table(title: str, count: int) -> Table:
    more = count - MOST
    caption = f"{more:,} earlier ones are left out: {_TOLD}." if more > 0 else None
    return Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=title,
        title_justify="left",
        title_style="bold",
        caption=caption,
        caption_justify="left",
    )
