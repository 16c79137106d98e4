"""A sample for a person: its hops with a waterfall of their phases, and how far it is from the targets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.cli.amounts import milliseconds
from monitor.cli.facts.all import facts
from monitor.cli.printable import printable
from probes.encryption.grades import is_financial
from probes.sample import PHASES, Hop, Outcome, Sample

BAR_WIDTH = 40
EXPIRY_DAYS = 14
"""A certificate with fewer days left is over target."""

# Each phase has a glyph of its own, so that the picture needs no colour.
_LOOKS = {
    "dns": ("░", "magenta"),
    "connect": ("▒", "yellow"),
    "tls": ("▓", "blue"),
    "wait": ("█", "green"),
    "transfer": ("▬", "cyan"),
}
_OUTCOMES = {
    Outcome.UP: "bold green",
    Outcome.DOWN: "bold red",
    Outcome.BLOCKED: "bold yellow",
    Outcome.UNKNOWN: "bold magenta",
}
# What an advertising channel's visitor must not meet, as figures of the sample.
_BROKEN = {"tracking": 0.0, "same_page": 0.0, "cloaked": 1.0}
_PROTOCOLS = {"h1": "HTTP/1.1", "h2": "HTTP/2", "h3": "HTTP/3"}


@dataclass(frozen=True, slots=True)
class Targets:
    """What a visit is held against."""

    ttfb: float
    """Seconds."""
    first_screen: float = math.inf
    """Seconds."""


def within(sample: Sample, targets: Targets) -> bool:
    """Whether the page is up, in time, and its certificate good for a while.

    A look at the encryption has no time to be held against; it has a grade. For an advertising channel, every
    parameter must survive too, and all must be shown the same page. A browser must have seen the whole first
    screen in time.
    """
    days = expiry_days(sample)
    if sample.outcome is not Outcome.UP or (days is not None and days <= EXPIRY_DAYS):
        return False
    if any(sample.vitals.get(name) == broken for name, broken in _BROKEN.items()):
        return False
    encryption = sample.evidence.get("encryption")
    if encryption is not None:
        return is_financial(encryption["grade"])
    browser = sample.evidence.get("browser")
    if browser is not None and _first_screen(sample) > targets.first_screen:
        return False
    return sample.ttfb is not None and sample.ttfb <= targets.ttfb


def _first_screen(sample: Sample) -> float:
    """Seconds; those of a visit that was cut are not known, so they are in no time."""
    if sample.evidence["browser"]["incomplete"]:
        return math.inf
    return sample.vitals.get("first_screen", math.inf)


def expiry_days(sample: Sample) -> float | None:
    """Days from the visit to the certificate's end; ``None`` where there was no certificate."""
    end = sample.evidence.get("tls", {}).get("not_after")
    if end is None:
        return None
    return (datetime.fromisoformat(end) - sample.at).total_seconds() / 86_400


def render(sample: Sample, targets: Targets) -> RenderableType:
    """One visit: a line that says how it went, the hops, and the targets."""
    parts: list[RenderableType] = [_headline(sample)]
    if len(sample.hops) > 1:
        parts += [Text(f"{number}  {printable(hop.url)}", "dim") for number, hop in enumerate(sample.hops, 1)]
    if sample.hops:
        parts += [_hops(sample.hops), _legend()]
    parts += [_verdicts(sample, targets), _facts_table(sample)]
    return Group(*parts)


def summary(samples: list[Sample], targets: Targets) -> RenderableType:
    """Several visits to one page: the mean of the good ones, with the count of the others beside it."""
    good = [sample.ttfb for sample in samples if sample.outcome is Outcome.UP and sample.ttfb is not None]
    text = Text(f"{len(samples)} visits: ", style="bold")
    for outcome in Outcome:
        count = sum(sample.outcome is outcome for sample in samples)
        if count:
            text.append(f"{count} {outcome.value}  ", style=_OUTCOMES[outcome])
    if good:
        mean = sum(good) / len(good)
        low, high = milliseconds(min(good)), milliseconds(max(good))
        text.append(f"TTFB mean {milliseconds(mean)} (of {len(good)}), min {low}, max {high}")
        text.append("  ")
        text.append_text(_against(mean, targets.ttfb))
    return text


def _headline(sample: Sample) -> Text:
    text = Text()
    text.append(f"{sample.outcome.value.upper()} ", style=_OUTCOMES[sample.outcome])
    text.append(printable(sample.url), style="bold")
    if sample.variant is not None:
        text.append(f"  {printable(sample.variant)}")
    if sample.protocol is not None:
        text.append(f"  {_PROTOCOLS.get(sample.protocol, sample.protocol)}")
    if sample.bytes is not None:
        text.append(f"  {sample.bytes:,} bytes")
    if sample.fault is not None:
        text.append(f"\n{sample.fault.value}: ", style=_OUTCOMES[sample.outcome])
        text.append(printable(sample.detail or ""))
    return text


def _hops(hops: list[Hop]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("#", "status"):
        table.add_column(name)
    table.add_column("address", overflow="fold")
    for name in PHASES:
        table.add_column(name, justify="right")
    table.add_column("", min_width=BAR_WIDTH, no_wrap=True)
    total = sum(seconds for hop in hops for _, seconds in _phases(hop))
    before = 0.0
    for number, hop in enumerate(hops, 1):
        cells = [milliseconds(getattr(hop, phase)) for phase in PHASES]
        bar = _bar(hop, before, total)
        table.add_row(str(number), str(hop.status or "-"), hop.address or "-", *cells, bar)
        before += sum(seconds for _, seconds in _phases(hop))
    return table


def _phases(hop: Hop) -> Iterator[tuple[str, float]]:
    for phase in PHASES:
        seconds = getattr(hop, phase)
        if seconds is not None:
            yield phase, seconds


def _bar(hop: Hop, before: float, total: float) -> Text:
    """The hop's place in the visit. Edges are rounded, not lengths, so that the parts fill the whole."""
    text = Text(" " * _edge(before, total))
    for phase, seconds in _phases(hop):
        glyph, colour = _LOOKS[phase]
        width = _edge(before + seconds, total) - _edge(before, total)
        text.append(glyph * width, style=colour)
        before += seconds
    return text


def _edge(seconds: float, total: float) -> int:
    return round(BAR_WIDTH * seconds / total) if total else 0


def _legend() -> Text:
    text = Text()
    for phase, (glyph, colour) in _LOOKS.items():
        text.append(f"{glyph * 2} ", style=colour)
        text.append(f"{phase}  ", style="dim")
    return text


def _verdicts(sample: Sample, targets: Targets) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    if sample.ttfb is not None:
        counts = sample.outcome is Outcome.UP
        verdict = (
            _against(sample.ttfb, targets.ttfb) if counts else Text("not counted: the visit failed", "dim")
        )
        table.add_row("TTFB", milliseconds(sample.ttfb), f"target {milliseconds(targets.ttfb)}", verdict)
    screen = sample.vitals.get("first_screen")
    if screen is not None:
        verdict = _against(_first_screen(sample), targets.first_screen)
        if _first_screen(sample) == math.inf:
            verdict = Text("not known: the visit was cut", "bold red")
        target = f"target {milliseconds(targets.first_screen)}"
        table.add_row("first screen", milliseconds(screen), target, verdict)
    days = expiry_days(sample)
    if days is not None:
        ends = datetime.fromisoformat(sample.evidence["tls"]["not_after"]).astimezone(UTC)
        left = Text(f"{days:.0f} days left", style="green" if days > EXPIRY_DAYS else "bold red")
        if days < 0:
            left = Text(f"ended {-days:.0f} days ago", style="bold red")
        table.add_row("certificate", f"until {ends:%Y-%m-%d}", f"target > {EXPIRY_DAYS} days", left)
    return table


def _facts_table(sample: Sample) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for name, words in facts(sample):
        table.add_row(Text(name, style="dim"), words)
    return table


def _against(seconds: float, target: float) -> Text:
    if seconds <= target:
        return Text(f"{milliseconds(target - seconds)} within", style="green")
    return Text(f"{milliseconds(seconds - target)} over", style="bold red")
