"""Verdicts about figures: means, percentiles, extremes and shares."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from monitor.sla import proof
from monitor.sla.availability import by_region, exclusions
from monitor.sla.averages import (
    LEAST_BLOCKS,
    Measured,
    error_of_mean,
    error_of_pooled,
    error_of_share,
    measured,
)
from monitor.sla.columns import Exact, FigureColumns, Floats, Ints
from monitor.sla.completeness import note_regions, note_window
from monitor.sla.evidence import PageData
from monitor.sla.promise import Promise
from monitor.sla.rollups import BILLIONTH
from monitor.sla.sketch import Sketch
from monitor.sla.verdict import RegionFigure, Verdict
from monitor.sla.windows import Span

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def judge_figures(promise: Promise, data: PageData, span: Span) -> Verdict:
    """The verdict about the figures of one page in a window."""
    accounting = promise.accounting
    verdict = Verdict(promise, data.vendor, data.page, span)
    found = measured(data, span, accounting, promise.indicator)
    accounts = by_region(data, span, accounting, exclusions(data, span, accounting, maintenance=False))
    verdict.regions = {
        name: RegionFigure(found.means.get(name), one.coverage, found.regions[name].count)
        for name, one in accounts.items()
    }
    verdict.from_edge = any(region.edges for region in data.regions)
    verdict.count, verdict.failed, verdict.left_out = found.count, found.failed, found.left_out
    note_window(verdict)
    note_regions(verdict, accounts)
    if not found.count:
        verdict.missing.append("nothing was measured that counts")
        return verdict
    for name, one in found.regions.items():
        if not one.count:
            verdict.missing.append(f"region {name} has no figure: each of its visits failed or was left out")
    _beside(verdict, found)
    if promise.aggregate in ("mean", "pooled"):
        _mean(verdict, found)
    elif promise.aggregate in ("min", "max"):
        _extreme(verdict, found)
    elif promise.aggregate == "share":
        _share(verdict, found)
    else:
        _percentile(verdict, found, PERCENTILES[promise.aggregate])
    return verdict


def _beside(verdict: Verdict, found: Measured) -> None:
    sketch = found.sketch
    verdict.beside = {"mean": found.mean, "pooled": found.pooled, "min": found.least, "max": found.most}
    verdict.beside |= {name: sketch.quantile(share) for name, share in PERCENTILES.items()}


def _too_few_blocks(verdict: Verdict, found: Measured) -> None:
    verdict.missing.append(
        f"how much the figures vary is known from {LEAST_BLOCKS} hours or days on, "
        f"and these are {len(found.starts)}"
    )


def _mean(verdict: Verdict, found: Measured) -> None:
    promise = verdict.promise
    pooled = promise.aggregate == "pooled"
    value = found.pooled if pooled else found.mean
    error = error_of_pooled(found) if pooled else error_of_mean(found)
    verdict.value = value
    if value is None or error is None:
        _too_few_blocks(verdict, found)
        return
    # Successive differences carry two thirds of the knowledge that independent ones would.
    room = error[0] * proof.students_t(promise.accounting.confidence, (error[1] - 1) / 1.5)
    verdict.lower, verdict.upper = value - room, value + room
    good, bad = promise.met_by(verdict.upper), not promise.met_by(verdict.lower)
    if not promise.lower_is_better:
        good, bad = promise.met_by(verdict.lower), not promise.met_by(verdict.upper)
    _conclude(verdict, good, bad)


def _conclude(verdict: Verdict, good: bool, bad: bool) -> None:
    """Find for a side where its bound is beyond the target, and all that the window has is there."""
    if not good and not bad:
        verdict.missing.append("the target lies between the bounds of the figure: more samples are needed")
    verdict.conclude(met=good, breached=bad and not verdict.missing)


def _extreme(verdict: Verdict, found: Measured) -> None:
    """The smallest or largest figure: one beyond the target settles it, and no later one mends it."""
    promise = verdict.promise
    verdict.value = found.most if promise.aggregate == "max" else found.least
    assert verdict.value is not None  # there are figures
    verdict.lower = verdict.upper = verdict.value
    good = promise.met_by(verdict.value)
    if (promise.aggregate == "max") == promise.lower_is_better:  # the worst of all was promised
        verdict.conclude(met=good, breached=not good)
        return
    if good:  # the best of all was promised, and it was seen
        verdict.missing.clear()
    verdict.conclude(met=good, breached=not good and not verdict.missing)


def _share(verdict: Verdict, found: Measured) -> None:
    """The share of samples that are 1."""
    promise = verdict.promise
    ones = sum(one.total for one in found.regions.values()) / BILLIONTH
    verdict.value = ones / found.count
    blocks = _blocks(found, lambda one: one.counts - np.rint(_floats(one.totals)).astype(np.int64))
    _weigh(verdict, found, blocks, found.count - ones, found.count - ones, 1.0 - promise.target)
    looks, confidence = _looks(found, blocks, 1.0 - verdict.value), promise.accounting.confidence
    bad = (1.0 - verdict.value) * looks
    verdict.lower = 1.0 - proof.upper(math.ceil(bad - 1e-6), looks, confidence)
    verdict.upper = 1.0 - proof.lower(math.floor(bad + 1e-6), looks, confidence)


def _percentile(verdict: Verdict, found: Measured, place: float) -> None:
    """A percentile is kept where the share of figures beyond the target is: it counts, and needs no shape."""
    promise, sketch = verdict.promise, found.sketch
    verdict.value = sketch.quantile(place)
    certain, possible = sketch.at_most(promise.target)
    most, least = found.count - certain, found.count - possible
    allowed = 1.0 - place
    if not promise.lower_is_better:
        most, least, allowed = possible, certain, place
    blocks = _blocks(
        found, lambda one: np.array([Sketch.beyond(each, promise.target) for each in one.sketches], np.int64)
    )
    _weigh(verdict, found, blocks, most, least, allowed)
    looks = _looks(found, blocks, most / found.count)
    confidence = promise.accounting.confidence
    verdict.lower = sketch.quantile(proof.lower(math.floor(place * looks), looks, confidence))
    verdict.upper = sketch.quantile(proof.upper(math.ceil(place * looks), looks, confidence))


Blocks = tuple[Ints, Ints]
"""How many figures of each block were bad, and how many there were."""


def _floats(totals: Exact) -> Floats:
    """Sums of billionths as they are."""
    return (totals / BILLIONTH).astype(np.float64)


def _blocks(found: Measured, bad: Callable[[FigureColumns], Ints]) -> Blocks:
    some = of = np.zeros(len(found.starts), np.int64)
    for name, one in found.figures.items():
        some = some + found.by_block(name, bad(one))
        of = of + found.by_block(name, one.counts)
    return some, of


def _weigh(
    verdict: Verdict, found: Measured, blocks: Blocks, most: float, least: float, allowed: float
) -> None:
    """Hold a number of bad figures, between ``least`` and ``most``, against the share that is allowed."""
    verdict.bad = most
    if len(found.starts) < LEAST_BLOCKS:
        _too_few_blocks(verdict, found)
        return
    looks = _looks(found, blocks, most / found.count)
    confidence, scale = verdict.promise.accounting.confidence, looks / found.count
    good = proof.proves_at_most(math.ceil(most * scale - 1e-6), looks, allowed, confidence)
    bad = proof.proves_more_than(math.floor(least * scale + 1e-6), looks, allowed, confidence)
    _conclude(verdict, good, bad)


def _looks(found: Measured, blocks: Blocks, share: float) -> int:
    """How many independent looks the figures are worth: those of one region, fewer where bad ones crowd."""
    looks = float(found.busiest)
    error = error_of_share(*blocks, share)
    if error is not None and 0.0 < share < 1.0 and error[0] > 0.0:
        looks = min(looks, share * (1.0 - share) / error[0] ** 2)
    return max(1, math.floor(looks))
