"""What a verdict rests on, piece by piece and in words: what is missing, budgets, figures beside. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from monitor.report.report import Judgement
from monitor.report.words import bounds, figure, moment_words, number, second_words
from monitor.sla.slices import HOUR
from monitor.sla.verdict import Finding, seconds
from monitor.sla.windows import moment

_WAYS = MappingProxyType({"time": "by time", "regions": "by regions", "requests": "by requests"})
_PERCENTILES = ("p50", "p75", "p90", "p95", "p99")


class Tone(StrEnum):
    """Whether a piece is good news, bad news, or leaves something open."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Particular:
    """One piece: what it is, and what there is to say of it."""

    name: str
    words: str
    strong: str = ""
    """What stands before the words and has the tone."""
    tone: Tone = Tone.PLAIN


def particulars(one: Judgement, *, windowed: bool = True, bounded: bool = True) -> Iterator[Particular]:
    """The pieces of a verdict; ``windowed`` and ``bounded``: with its window and its bounds."""
    verdict = one.verdict
    tone = Tone.OPEN if verdict.finding is Finding.UNPROVEN else Tone.PLAIN
    for words in verdict.missing:
        yield Particular("missing", "", words, tone)
    if windowed:
        yield Particular("window", window_words(one))
    if bounded and (certain := bounds(one.objective, verdict)) is not None:
        yield Particular("bounds", certain)
    yield from _OF.get(verdict.promise.indicator, _of_figures)(one)
    for words in verdict.notes:
        yield Particular("note", words)


def window_words(one: Judgement) -> str:
    """From when until when a promise was judged."""
    span = one.verdict.span
    # In a short window a minute is much.
    words = moment_words if span.end - span.start >= HOUR else second_words
    ends = f"{words(moment(span.start))} to {words(moment(span.end))} UTC"
    return ends if span.over else f"{ends}, over at {moment_words(moment(span.closes))}"


def _of_availability(one: Judgement) -> Iterator[Particular]:
    verdict = one.verdict
    if verdict.bad_seconds is not None:
        words = f"{seconds(verdict.bad_seconds)} bad"
        if verdict.certain_seconds:
            words += f", {seconds(verdict.certain_seconds)} of them for certain"
        left = verdict.budget_left
        if left is not None:
            tone = Tone.BAD if left < 0 else Tone.GOOD
            yield Particular("error budget", f": {words}", f"{number(left * 100)} % left", tone)
        else:
            yield Particular("error budget", words)
    rates = [f"{name} {'-' if rate is None else number(rate)}" for name, rate in verdict.burn.items()]
    if rates:
        yield Particular("burn rate", ", ".join(rates))
    if verdict.worst is not None and verdict.best is not None and verdict.worst != verdict.best:
        worst, best = figure(one.objective, verdict.worst), figure(one.objective, verdict.best)
        yield Particular("unknown time", f"{worst} if all of it was down, {best} if all of it was up")
    beside = [
        f"{words} {figure(one.objective, value)}"
        for name, words in _WAYS.items()
        if (value := verdict.beside.get(name)) is not None
    ]
    counted = verdict.beside.get("with_maintenance")
    if counted is not None and counted != verdict.value:
        beside.append(f"with maintenance counted {figure(one.objective, counted)}")
    if beside:
        yield Particular("beside", ", ".join(beside))


def _of_recovery(one: Judgement) -> Iterator[Particular]:
    verdict = one.verdict
    if verdict.count:
        words = f"{verdict.count:,} seen by single regions, {verdict.bad:,.0f} of them too long"
        yield Particular("outages", words)


def _of_figures(one: Judgement) -> Iterator[Particular]:
    verdict, beside = one.verdict, one.verdict.beside
    span = verdict.span
    if (span.start % HOUR or span.end % HOUR) and verdict.count and not verdict.from_edge:
        # Rollups are the smallest pieces of a figure.
        first, last = (moment(second + -second % HOUR) for second in (span.start, span.end))
        words = f"those that begin in the window, from {first:%H:%M} on, the last until {last:%H:%M}"
        yield Particular("hours", words)
    if verdict.count:
        means = [
            f"{words} {figure(one.objective, beside.get(name))}"
            for name, words in (("mean", "mean of the regions"), ("pooled", "of all samples"))
        ]
        ranks = [
            f"{name} {figure(one.objective, beside.get(name))}" for name in ("min", *_PERCENTILES, "max")
        ]
        yield Particular("mean", ", ".join(means))
        yield Particular("percentiles", ", ".join(ranks))
    if not verdict.count and not verdict.failed and not verdict.left_out:
        return
    failed = "1 visit failed" if verdict.failed == 1 else f"{verdict.failed:,} visits failed"
    left_out = "1 was left out" if verdict.left_out == 1 else f"{verdict.left_out:,} were left out"
    yield Particular("no part of it", f"{failed}, {left_out} (blocked, unknown or tainted)")


_OF = MappingProxyType({"availability": _of_availability, "recovery": _of_recovery})
