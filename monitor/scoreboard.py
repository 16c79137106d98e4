"""The scoreboard: standings held against the promises, in words. Pure; shown by live table and web page.

It says what was seen in a stretch of time, and gives no verdict: that takes a promise's whole window. A
figure stands with the number of samples it is made of, failures stand beside averages, and what is not known
is shown as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.config.objectives import Objective, default_objectives
from monitor.sla.proof import proves
from probes.sample import Outcome, Sample
from probes.target import Key, Target, page_title
from storage.standing import Standing

SILENT = 300.0
"""Seconds after which a series without a sample counts as silent, where its interval is not known."""

Series = tuple[str, str, str, str, str]
"""Vendor, page, region, probe, and variant (empty where there is none)."""


class Mark(StrEnum):
    """How a figure looks against its promise."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    PLAIN = "plain"  # nothing was promised about it


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in words, what it is made of, and how it looks."""

    text: str
    note: str = ""
    mark: Mark = Mark.PLAIN


@dataclass(frozen=True, slots=True)
class Line:
    """One page as one probe saw it from one region."""

    vendor: str
    page: str
    region: str
    probe: str
    variant: str
    """Empty where there is none."""
    state: Figure
    ttfb: Figure
    availability: Figure

    @property
    def title(self) -> str:
        """The page, with its variant where it has one."""
        return page_title(self.page, self.variant)


@dataclass(frozen=True, slots=True)
class Promises:
    """The promises that a standing can be held against, of all those of a config."""

    ttfb: Objective | None
    availability: Objective | None

    @classmethod
    def of(cls, objectives: Iterable[Objective]) -> Promises:
        """The first mean TTFB and the first availability among ``objectives``."""
        found = list(objectives)
        means = [one for one in found if one.indicator == "ttfb" and one.aggregate in ("mean", "pooled")]
        shares = [one for one in found if one.indicator == "availability"]
        return cls(next(iter(means), None), next(iter(shares), None))


USUAL = Promises.of(default_objectives())
"""What is promised where a config says nothing else."""

NONE = Promises(None, None)

JUDGED = "http"
"""The kind of probe that promises of TTFB and availability are about: the others make other visits."""


def score(
    rows: Sequence[Standing],
    now: datetime,
    promises: Promises = USUAL,
    *,
    every: Mapping[Series, float] | None = None,
) -> list[Line]:
    """The lines of the scoreboard, in the order of their names.

    ``every`` has the interval of each series that should be there; one without a sample has a line too.
    """
    every = every or {}
    lines = {
        series_of(row): _line(row, now, promises if row.probe == JUDGED else NONE, every) for row in rows
    }
    for series in every.keys() - lines.keys():
        nothing = Figure("no sample yet", mark=Mark.UNKNOWN)
        missing = _missing(series[3])
        lines[series] = Line(*series, state=nothing, ttfb=missing, availability=missing)
    return [lines[series] for series in sorted(lines)]


def global_ttfb(rows: Iterable[Standing], promises: Promises = USUAL) -> Figure:
    """The mean of the regions' means of one page, probe and variant."""
    rows = list(rows)
    seen = [row for row in rows if row.ttfb_mean is not None]
    means = [row.ttfb_mean for row in seen if row.ttfb_mean is not None]
    if not means:
        return _missing(next((row.probe for row in rows), JUDGED))
    regions = "1 region" if len(means) == 1 else f"mean of {len(means)} regions"
    judged = all(row.probe == JUDGED for row in seen)
    return _ttfb(sum(means) / len(means), regions, promises.ttfb if judged else None)


def milliseconds(seconds: float) -> str:
    """A duration as people compare them: in whole milliseconds, and in seconds from ten on."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def ago(seconds: float) -> str:
    """How long ago, in the largest unit that says it well."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{max(0.0, seconds):.0f} s ago"


def place(key: Key) -> tuple[str, str, bool, str, str]:
    """Where a page's line stands among others: first what promises are about, then the other kinds."""
    vendor, page, probe, variant = key
    return vendor, page, probe != JUDGED, probe, variant


def _missing(probe: str) -> Figure:
    """A figure that is not there: something to worry about only where it was promised."""
    return Figure("-", mark=Mark.UNKNOWN if probe == JUDGED else Mark.PLAIN)


def series_of(row: Standing | Target | Sample) -> Series:
    """The series that a standing is of, or that a sample or a target's samples belong to."""
    return row.vendor, row.page, row.region, row.probe, row.variant or ""


def _line(row: Standing, now: datetime, promises: Promises, every: Mapping[Series, float]) -> Line:
    ttfb = _missing(row.probe)
    if row.ttfb_mean is not None:
        ttfb = _ttfb(row.ttfb_mean, f"mean of {row.ttfb_count:,}", promises.ttfb)
    return Line(
        *series_of(row),
        state=_state(row, now, every),
        ttfb=ttfb,
        availability=_availability(row.counts, promises.availability),
    )


def _state(row: Standing, now: datetime, every: Mapping[Series, float]) -> Figure:
    age = (now - row.last_at).total_seconds()
    interval = every.get(series_of(row))
    if age > (SILENT if interval is None else max(60.0, 3 * interval)):
        return Figure("silent", f"last sample {ago(age)}, then {row.last_outcome}", Mark.UNKNOWN)
    if row.last_outcome is Outcome.UP:
        return Figure("up", ago(age), Mark.GOOD)
    mark = Mark.BAD if row.last_outcome is Outcome.DOWN else Mark.UNKNOWN
    return Figure(row.last_outcome, f"{row.last_fault}, {ago(age)}" if row.last_fault else ago(age), mark)


def _ttfb(mean: float, note: str, promise: Objective | None) -> Figure:
    return Figure(milliseconds(mean), note, _mark(mean, promise))


def _availability(counts: Mapping[Outcome, int], promise: Objective | None) -> Figure:
    """The share of visits that were up, of those that were up or down; the rest is said beside it."""
    up, down = counts[Outcome.UP], counts[Outcome.DOWN]
    notes = [f"{down:,} of {up + down:,} failed"] if up + down else []
    notes += [f"{counts[one]:,} {one}" for one in (Outcome.BLOCKED, Outcome.UNKNOWN) if counts[one]]
    note = ", ".join(notes)
    if not up + down:
        return Figure("-", note, Mark.UNKNOWN)
    share = up / (up + down)
    mark = _mark(share, promise)
    if mark is Mark.GOOD and promise is not None and not proves(up, down, promise.target):
        # Thirteen visits without a failure say nothing about 99.99 %: green would be a verdict without data.
        return Figure(_percent(share), note, Mark.PLAIN)
    return Figure(_percent(share), note, mark)


WHEN_GREEN = "Availability is green only once the visits are enough to prove it."
"""What is said beside figures of availability."""


def _percent(share: float) -> str:
    """A share cut, not rounded: only what never failed is 100 %."""
    if share == 1.0:
        return "100 %"
    return f"{int(share * 10_000) / 100:.2f} %"


def _mark(value: float, promise: Objective | None) -> Mark:
    if promise is None:
        return Mark.PLAIN
    return Mark.GOOD if promise.met_by(value) else Mark.BAD
