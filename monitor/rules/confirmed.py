"""What is recorded of confirmed seconds: how long pages were down, and how long it is known, in windows.

Agents that share a store count alike, so the highest of their counters counts. Where less than half of a
window was measured, the share of it that was bad is absent: a few seconds say nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.rules.promql import number
from monitor.rules.rule import Group, Recording
from monitor.rules.words import PAGE_LABELS, told
from monitor.sla.slices import LENGTHS
from probes.units import parse_duration

BAD = "vendor_page:landwatch_bad_seconds:increase"
MEASURED = "vendor_page:landwatch_measured_seconds:increase"
RATIO = "vendor_page:landwatch_bad_per_measured_seconds:ratio_increase"
_COPIES = {
    "landwatch_bad_seconds_total": "instance_vendor_page:landwatch_bad_seconds_total:max",
    "landwatch_measured_seconds_total": "instance_vendor_page:landwatch_measured_seconds_total:max",
}
"""The counters once a minute: 3 days of what is scraped would be too many samples for one query."""

SHORT, LONG = ("5m", "30m", "1h", "2h"), ("6h", "1d", "3d")


def confirmed() -> Iterator[Group]:
    """What is recorded of confirmed seconds."""
    yield Group("landwatch-confirmed", 15.0, tuple(_windows(SHORT, None)))
    copies = [Recording(copy, f"max by (job, instance, vendor, page) ({of})") for of, copy in _COPIES.items()]
    yield Group("landwatch-confirmed-long", 60.0, (*copies, *_windows(LONG, _COPIES)))


def _windows(windows: Sequence[str], copies: Mapping[str, str] | None) -> Iterator[Recording]:
    for window in windows:
        for name, counter in (
            (BAD, "landwatch_bad_seconds_total"),
            (MEASURED, "landwatch_measured_seconds_total"),
        ):
            of = copies[counter] if copies else counter
            yield Recording(f"{name}{window}", f"max by (vendor, page) (increase({of}[{window}]))")
        half = number(parse_duration(window) / 2)
        yield Recording(f"{RATIO}{window}", f"{BAD}{window} / ({MEASURED}{window} >= {half})")


def confirmed_words(window: str, words: str) -> str:
    """Words with the confirmed bad time of a window in the place of ``{}``; nothing where there was none.

    An increase is drawn out to the edges of its window. Slices are whole, several of the shortest, and so
    is this.
    """
    bad = f"max({BAD}{window}{{vendor=%q,page=%q}})"
    whole = f"{LENGTHS[0]} * floor(({bad} + 0.5) / {LENGTHS[0]}) > 0"
    return told(whole, words.format("{{ .Value | humanizeDuration }}"), *PAGE_LABELS)
