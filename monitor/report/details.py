"""What the verdicts about a page rest on, in lines: what is missing, budgets, figures beside. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from rich.table import Table
from rich.text import Text

from monitor.report.report import Judgement, PageReport
from monitor.report.words import bounds, figure, number
from monitor.sla.slices import HOUR
from monitor.sla.verdict import Finding, seconds
from monitor.sla.windows import moment

_WAYS = MappingProxyType({"time": "by time", "regions": "by regions", "requests": "by requests"})
_PERCENTILES = ("p50", "p75", "p90", "p95", "p99")


def details(page: PageReport, *, wide: bool) -> Table:
    """Lines for each objective, its name in the first of them. ``wide``: their bounds stand elsewhere."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    windows = {_window(one) for one in page.judgements}
    if len(windows) == 1:
        table.add_row("", "window", windows.pop())
    for one in page.judgements:
        title = one.objective.name
        for name, words in _lines(one, windowed=bool(windows), bounded=not wide):
            table.add_row(title, name, words)
            title = ""
    return table


def _lines(one: Judgement, *, windowed: bool, bounded: bool) -> Iterator[tuple[str, Text]]:
    verdict = one.verdict
    for words in verdict.missing:
        yield "missing", Text(words, "yellow" if verdict.finding is Finding.UNPROVEN else "")
    if windowed:
        yield "window", Text(_window(one))
    if bounded and (certain := bounds(one.objective, verdict)) is not None:
        yield "bounds", Text(certain)
    yield from _OF.get(verdict.promise.indicator, _of_figures)(one)
    for words in verdict.notes:
        yield "note", Text(words)


def _window(one: Judgement) -> str:
    span = one.verdict.span
    ends = f"{moment(span.start):%Y-%m-%d %H:%M} to {moment(span.end):%Y-%m-%d %H:%M} UTC"
    return ends if span.over else f"{ends}, over at {moment(span.closes):%Y-%m-%d %H:%M}"


def _of_availability(one: Judgement) -> Iterator[tuple[str, Text]]:
    verdict = one.verdict
    if verdict.bad_seconds is not None:
        words = f"{seconds(verdict.bad_seconds)} bad"
        if verdict.certain_seconds:
            words += f", {seconds(verdict.certain_seconds)} of them for certain"
        left = verdict.budget_left
        if left is not None:
            style = "bold red" if left < 0 else "green"
            yield "error budget", Text.assemble((f"{number(left * 100)} % left", style), f": {words}")
        else:
            yield "error budget", Text(words)
    rates = [f"{name} {'-' if rate is None else number(rate)}" for name, rate in verdict.burn.items()]
    if rates:
        yield "burn rate", Text(", ".join(rates))
    if verdict.worst is not None and verdict.best is not None and verdict.worst != verdict.best:
        worst, best = figure(one.objective, verdict.worst), figure(one.objective, verdict.best)
        yield "unknown time", Text(f"{worst} if all of it was down, {best} if all of it was up")
    beside = [
        f"{words} {figure(one.objective, value)}"
        for name, words in _WAYS.items()
        if (value := verdict.beside.get(name)) is not None
    ]
    counted = verdict.beside.get("with_maintenance")
    if counted is not None and counted != verdict.value:
        beside.append(f"with maintenance counted {figure(one.objective, counted)}")
    if beside:
        yield "beside", Text(", ".join(beside))


def _of_recovery(one: Judgement) -> Iterator[tuple[str, Text]]:
    verdict = one.verdict
    if verdict.count:
        yield (
            "outages",
            Text(f"{verdict.count:,} seen by single regions, {verdict.bad:,.0f} of them too long"),
        )


def _of_figures(one: Judgement) -> Iterator[tuple[str, Text]]:
    verdict, beside = one.verdict, one.verdict.beside
    past = -verdict.span.start % HOUR
    if past and verdict.count:  # rollups are the smallest pieces of a figure
        first = moment(verdict.span.start + past)
        yield "hours", Text(f"those that begin in the window, from {first:%H:%M} on")
    if verdict.count:
        means = [
            f"{words} {figure(one.objective, beside.get(name))}"
            for name, words in (("mean", "mean of the regions"), ("pooled", "of all samples"))
        ]
        ranks = [
            f"{name} {figure(one.objective, beside.get(name))}" for name in ("min", *_PERCENTILES, "max")
        ]
        yield "mean", Text(", ".join(means))
        yield "percentiles", Text(", ".join(ranks))
    if not verdict.count and not verdict.failed and not verdict.left_out:
        return
    failed = "1 visit failed" if verdict.failed == 1 else f"{verdict.failed:,} visits failed"
    left_out = "1 was left out" if verdict.left_out == 1 else f"{verdict.left_out:,} were left out"
    yield "no part of it", Text(f"{failed}, {left_out} (blocked, unknown or tainted)")


_OF = MappingProxyType({"availability": _of_availability, "recovery": _of_recovery})
