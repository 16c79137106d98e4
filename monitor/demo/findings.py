"""What the demo's agents found out beside times and outages: a table of the vendors' technical promises.

Each line is what the newest sample of one kind of probe says, in the words of ``landwatch check``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rich import box
from rich.table import Table
from rich.text import Text

from monitor.cli.amounts import milliseconds
from monitor.cli.facts.all import facts
from monitor.scoreboard import Series, series_of
from probes.sample import Outcome, Sample
from probes.target import page_title

FIRST_SCREEN = "first screen"
TOLD: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "http": frozenset({"edge", "cache", "past the caches", "shield", "addresses", "origin", "protocols"}),
        "http3": frozenset({"advertised", "works", "broken", "compared"}),
        "tls": frozenset({"grade", "versions", "key exchange"}),
        "browser": frozenset({FIRST_SCREEN, "largest content", "came last", "fetched"}),
        "channel": frozenset({"parameters", "lost", "same page", "cloaking"}),
    }
)
"""Which facts of a kind of probe are told."""


Lines = list[tuple[str, str]]
"""A fact: its name and words, and the lines without a name that belong to it."""


def newest(samples: Iterable[Sample]) -> dict[Series, dict[str, Lines]]:
    """The facts of each series, each from the last sample that tells it; ``samples`` are in order of time."""
    found: dict[Series, dict[str, Lines]] = {}
    for sample in samples:
        told = _told(sample)
        if told:
            found.setdefault(series_of(sample), {}).update(told)
    return found


def findings(found: Mapping[Series, Mapping[str, Lines]], region: str) -> Table:
    """The table of what was found from ``region``."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"What else was found, from {region}",
        title_justify="left",
        pad_edge=False,
    )
    for name in ("page", "probe", "fact"):
        table.add_column(name, no_wrap=name != "page")
    table.add_column("")
    for vendor, page, _, probe, variant in sorted(found):
        cells = [f"{vendor}/{page_title(page, variant)}", probe]
        for lines in found[vendor, page, region, probe, variant].values():
            for name, words in lines:
                table.add_row(*cells, name, Text(words))
                cells = ["", ""]
        table.add_section()
    return table


def _told(sample: Sample) -> dict[str, Lines]:
    """The facts that are told of a sample, by name."""
    found: dict[str, Lines] = {}
    lines: Lines = []
    screen = sample.vitals.get("first_screen")
    if sample.outcome is Outcome.UP and screen is not None:
        found[FIRST_SCREEN] = [(FIRST_SCREEN, milliseconds(screen))]
    for name, words in facts(sample):
        if name:
            lines = []
            if name in TOLD.get(sample.probe, ()):
                lines = found[name] = []
        lines.append((name, words))
    return found
