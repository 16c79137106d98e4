"""A drill in words: outages as they happen, the state of the moment, and what it came to. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.cli.printable import printable
from monitor.drill import Drill
from monitor.drill_outage import DrillOutage, Where
from monitor.drill_watch import Watcher
from monitor.report.words import FINDING_STYLES, finding_words
from monitor.sla.verdict import Finding, seconds
from probes.sample import Outcome, Sample

_STYLES = {
    Outcome.UP: "bold green",
    Outcome.DOWN: "bold red",
    Outcome.BLOCKED: "bold yellow",
    Outcome.UNKNOWN: "bold magenta",
}
_OUTCOMES = (*(outcome.value for outcome in Outcome), "tainted")


def clock(at: datetime) -> str:
    """A moment of the day, in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S.%f}"[:-3]


def began(outage: DrillOutage) -> Text:
    """The line with which an outage begins."""
    text = Text("DOWN ", "bold red")
    text.append(f"since {clock(outage.first_bad)} UTC", "bold")
    text.append(f"  {_faults(outage)}: {printable(outage.detail or '')}")
    return text


def over(outage: DrillOutage, at_most: float) -> RenderableType:
    """An outage with its bounds, and who answered before and after."""
    finding = outage.finding(at_most)
    if outage.first_good is None:
        head = Text("STILL DOWN ", "bold red")
    else:
        head = Text("UP again ", "bold green").append(f"at {clock(outage.first_good)} UTC  ", "bold")
    head.append(f"outage {outage.number}: ")
    head.append(_length(outage), "bold")
    head.append(f"  {_LOOKS[finding]}", FINDING_STYLES[finding])
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in _facts(outage):
        table.add_row(f"  {name}", words)
    return Group(head, table)


_LOOKS = {
    Finding.MET: "in time",
    Finding.BREACHED: "not in time",
    Finding.UNPROVEN: "unproven whether in time",
}


def _length(outage: DrillOutage) -> str:
    longest = "no longest one is known" if outage.outer is None else f"at most {_s(outage.outer)}"
    return f"at least {_s(outage.inner)}, {longest}"


def _facts(outage: DrillOutage) -> list[tuple[str, str]]:
    visits = "1 visit" if outage.samples == 1 else f"{outage.samples:,} visits"
    before = "none" if outage.last_good is None else clock(outage.last_good)
    failed = f"{visits}, {clock(outage.first_bad)} to {clock(outage.last_bad)}; last good before: {before}"
    found = [("failed", failed), ("faults", _faults(outage))]
    if outage.recovery is not None and outage.resolution is not None:
        words = f"{_s(outage.recovery)} from the first bad visit to the first good one"
        found.append(("recovery", f"{words}; its end is known to {_s(outage.resolution)}"))
    if outage.blind:
        found.append(("blind", f"{_s(outage.blind)} in which nothing was measured count for nothing"))
    if outage.first_good is not None:
        found.append(("address", _moved(outage.before.address, outage.after.address, outage.address_changed)))
        if outage.before.pop or outage.after.pop:
            ends = _pop(outage.before), _pop(outage.after)
            found.append(("edge", _moved(*ends, outage.pop_changed)))
    return found


def _moved(before: str | None, after: str | None, changed: bool | None) -> str:
    if changed is False:
        return f"{printable(before or '')} before and after"
    words = f"{printable(before or 'not known')} before, {printable(after or 'not known')} after"
    return f"{words}: it changed" if changed else words


def _pop(where: Where) -> str | None:
    return " ".join(filter(None, (where.network, where.pop))) or None


def _faults(outage: DrillOutage) -> str:
    if len(outage.faults) == 1:
        return next(iter(outage.faults))
    return ", ".join(f"{fault} {count:,}" for fault, count in outage.faults.items())


def _s(length: float) -> str:
    return f"{length:.3f} s"


def state(sample: Sample | None, drill: Drill, watcher: Watcher) -> Text:
    """One line on how it goes."""
    text = Text(overflow="ellipsis", no_wrap=True)
    if sample is None:
        text.append("waiting for the first answer", "dim")
    else:
        text.append(f"{sample.outcome.value.upper():<8}", _STYLES[sample.outcome])
        text.append(f"{clock(sample.at)}  {(sample.duration or 0.0) * 1000:,.0f} ms  ")
    now = drill.current
    if now is not None:
        text.append(f"outage {now.number}: {seconds(now.inner)} so far  ", "bold red")
    text.append(f"{watcher.run:,} visits, {watcher.under_way} under way, ", "dim")
    text.append(f"{drill.outages} outage" + ("" if drill.outages == 1 else "s"), "dim")
    return text


def summary(drill: Drill, watcher: Watcher) -> RenderableType:
    """What the drill came to, once it is finished."""
    finding, missing = drill.verdict()
    counts = ", ".join(f"{drill.counts[name]:,} {name}" for name in _OUTCOMES if drill.counts[name])
    visits = f"Visits: {watcher.due:,} due, {watcher.run:,} run, {watcher.skipped:,} skipped"
    lines = [Text(f"{visits}: {counts}"), Text(f"Outages: {drill.outages:,}{_longest(drill)}")]
    verdict = Text(finding_words(finding), FINDING_STYLES[finding])
    verdict.append(f"  every outage over within {seconds(drill.at_most)}", "default")
    lines.append(verdict)
    lines += [Text(f"  {words}") for words in missing]
    return Group(*lines)


def _longest(drill: Drill) -> str:
    longest = drill.longest
    if longest is None:
        return ""
    return (
        f"; the longest lasted {_length(longest)} (outage {longest.number}, {clock(longest.first_bad)} UTC)"
    )


def summary_plain(drill: Drill, watcher: Watcher) -> dict[str, Any]:
    """The same as JSON has it."""
    finding, missing = drill.verdict()
    return {
        "finding": finding,
        "missing": missing,
        "at_most": drill.at_most,
        "due": watcher.due,
        "run": watcher.run,
        "skipped": watcher.skipped,
        "counts": {name: drill.counts[name] for name in _OUTCOMES},
        "outages": drill.outages,
        "findings": {each.value: drill.findings[each] for each in Finding},
        "longest": drill.longest.plain() if drill.longest else None,
        "unseen": drill.unseen,
    }
