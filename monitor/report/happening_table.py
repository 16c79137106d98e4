"""Outages, advisories and anomalies of a page as tables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.report.happening_words import (
    ADVISORIES,
    ANOMALIES,
    LASTING,
    MOST,
    NO_ANOMALY,
    NO_OUTAGE,
    OUTAGES,
    anomaly_words,
    happening_words,
    left_out,
    titled,
)
from monitor.report.report import Happening, PageReport


def happening_table(page: PageReport) -> Iterator[RenderableType]:
    """The outages, and then what too few regions saw."""
    for title, alone in ((OUTAGES, False), (ADVISORIES, True)):
        found = [one for one in page.happenings if one.alone is alone]
        if found:
            yield Text()
            yield _outages(found, title, page.zones)
        elif not alone:
            yield Text(NO_OUTAGE, "dim")


def _outages(found: Sequence[Happening], title: str, zones: Sequence[str]) -> Table:
    table = _table(titled(title, len(found), zones), len(found))
    table.add_column("from (UTC)", overflow="fold")
    table.add_column("to (UTC)", overflow="fold")
    table.add_column("at least", justify="right", no_wrap=True)
    table.add_column("at most", justify="right", no_wrap=True)
    table.add_column("seen from", overflow="fold")
    for one in found[-MOST:]:
        words = happening_words(one, zones)
        end = Text(LASTING, "bold red") if words.end is None else _moments(words.end)
        table.add_row(
            _moments(words.begin), end, Text(words.at_least), Text(words.at_most), Text(words.seen_from)
        )
    return table


def _moments(times: Sequence[str]) -> Text:
    text = Text(times[0])
    for local in times[1:]:
        text.append(f"\n{local}", "dim")
    return text


def anomaly_table(page: PageReport) -> Iterator[RenderableType]:
    """The hours in which the page was worse than itself."""
    found = page.anomalies
    if not found:
        yield Text(NO_ANOMALY, "dim")
        return
    table = _table(titled(ANOMALIES, len(found)), len(found))
    for name in ("hour (UTC)", "region", "figure"):
        table.add_column(name, overflow="fold")
    for name in ("median", "usual"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found[-MOST:]:
        table.add_row(*anomaly_words(one))
    yield table


def _table(title: str, count: int) -> Table:
    return Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=title,
        title_justify="left",
        title_style="bold",
        caption=left_out(count),
        caption_justify="left",
    )
