"""What the demo says at its end: runs due, run and skipped, samples by outcome, and the mean TTFB."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import httpx
from prometheus_client.parser import text_string_to_metric_families
from rich import box
from rich.table import Table
from rich.text import Text

from monitor.demo.layout import HOST, Layout
from monitor.scoreboard import JUDGED, Mark, Series, global_ttfb, milliseconds, place, series_of
from probes.sample import Outcome
from probes.target import Key, page_title
from storage.standing import Standing

RUNS = "landwatch_runs_total"


@dataclass(frozen=True, slots=True)
class Runs:
    """What became of the runs that were due."""

    run: int = 0
    skipped: int = 0

    @property
    def due(self) -> int:
        """Every run that was due was run or skipped."""
        return self.run + self.skipped

    def __add__(self, other: Runs) -> Runs:
        return Runs(self.run + other.run, self.skipped + other.skipped)


def read_runs(exposition: str) -> dict[Series, Runs]:
    """The runs by series, from an agent's ``/metrics``."""
    found: dict[Series, Runs] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == RUNS:
                labels = sample.labels
                names = labels["vendor"], labels["page"], labels["region"], labels["probe"]
                series = (*names, labels.get("variant", ""))
                more = Runs(**{labels["result"]: int(sample.value)})
                found[series] = found.get(series, Runs()) + more
    return found


async def fetch_runs(layout: Layout) -> dict[Series, Runs]:
    """The runs of all agents that answer."""
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        answers = await asyncio.gather(*(_fetch(client, region.metrics_port) for region in layout.regions))
    return {series: runs for text in answers for series, runs in read_runs(text).items()}


async def _fetch(client: httpx.AsyncClient, port: int) -> str:
    try:
        return (await client.get(f"http://{HOST}:{port}/metrics")).text
    except httpx.HTTPError:
        return ""  # a dead agent has no figures; the summary shows a dash in their place


def summary(rows: Sequence[Standing], runs: Mapping[Series, Runs]) -> Table:
    """The table of all pages and regions."""
    table = Table(box=box.SIMPLE_HEAD, title="What was watched", title_justify="left", pad_edge=False)
    table.collapse_padding = True
    table.add_column("page")
    table.add_column("region", no_wrap=True)
    table.add_column("probe", no_wrap=True)
    for name in ("due", "run", "skipped", *Outcome, "left out", "mean TTFB", "of"):
        table.add_column(str(name), justify="right", no_wrap=True)
    for (vendor, page, _, variant), same in groupby(sorted(rows, key=lambda row: place(_key(row))), _key):
        regions = list(same)
        for row in regions:
            title = f"{vendor}/{page_title(page, variant)}"
            table.add_row(title, row.region, row.probe, *_figures(row, runs.get(series_of(row))))
        mean = global_ttfb(regions)
        if any(row.ttfb_count for row in regions):
            colour = "bold red" if mean.mark is Mark.BAD else "green" if mean.mark is Mark.GOOD else ""
            blanks = [""] * (len(table.columns) - 4)
            table.add_row("", mean.note, *blanks, Text(mean.text, colour), "")
        table.add_section()
    return table


def _key(row: Standing) -> Key:
    return row.vendor, row.page, row.probe, row.variant or ""


def _figures(row: Standing, runs: Runs | None) -> list[str | Text]:
    seen = sum(row.counts.values())
    return [
        *((str(runs.due), str(runs.run), _alarming(runs.skipped)) if runs else "---"),
        *(str(row.counts[outcome]) for outcome in Outcome),
        str(max(0, runs.run - seen)) if runs else "-",
        milliseconds(row.ttfb_mean) if row.ttfb_mean is not None else "-",
        str(row.ttfb_count),
    ]


def totals(rows: Sequence[Standing], runs: Mapping[Series, Runs]) -> str:
    """The same in one line."""
    all_runs = sum(runs.values(), Runs())
    counts = {outcome: sum(row.counts[outcome] for row in rows) for outcome in Outcome}
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
    return (
        f"Runs due {all_runs.due:,}: run {all_runs.run:,}, skipped {all_runs.skipped:,}. "
        f"Samples of the schedule: {outcomes}. A mean is over the samples that were up; those "
        "that our own machine disturbed are left out. Runs are counted just before the agents are told "
        "to end, so that a page may have one sample more."
    )


def progress(rows: Sequence[Standing], elapsed: float) -> str:
    """One line on how the visits go that promises are about, for an output that is no terminal."""
    rows = [row for row in rows if row.probe == JUDGED]
    parts = []
    for vendor in dict.fromkeys(row.vendor for row in rows):
        mine = [row for row in rows if row.vendor == vendor]
        timed = sum(row.ttfb_count for row in mine)
        total = sum((row.ttfb_mean or 0.0) * row.ttfb_count for row in mine)
        mean = f", mean TTFB {total / timed * 1000:.0f} ms" if timed else ""
        seen = {outcome: sum(row.counts[outcome] for row in mine) for outcome in Outcome}
        counts = ", ".join(f"{count} {outcome}" for outcome, count in seen.items() if count)
        parts.append(f"{vendor} {counts or 'nothing yet'}{mean}")
    return f"{elapsed:4.0f} s  " + ("; ".join(parts) or "no sample yet")


def _alarming(count: int) -> Text:
    return Text(str(count), style="bold red" if count else "")
