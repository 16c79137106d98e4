"""What one region contributes to a verdict, in words. Pure."""

from __future__ import annotations

from typing import NamedTuple

from monitor.report.report import Judgement
from monitor.report.words import covered, figure

CAPTION = "Below each figure: how many it is made of, and the share of the time that was measured."
_OWN = ("mean", "pooled", "share")


class RegionWords(NamedTuple):
    """A region's own figure, and what it is made of."""

    value: str
    made_of: str
    covered: str
    wrong: bool
    """Whether it is on the wrong side of the target, and can be held against it."""
    short: bool
    """Whether less of the time was measured than the promise asks for."""


def region_heading(one: Judgement) -> str:
    """What the regions' figures are; of what is promised of all together it is the mean of each."""
    return one.objective.name if _compares(one) else f"{one.objective.name} (mean)"


def region_words(one: Judgement, region: str) -> RegionWords | None:
    """What a region contributes; ``None`` where the promise is not about it."""
    found = one.verdict.regions.get(region)
    if found is None:
        return None
    return RegionWords(
        figure(one.objective, found.value),
        f"{found.count:,}",
        covered(found.coverage),
        found.value is not None and _compares(one) and not one.objective.met_by(found.value),
        found.coverage < one.verdict.promise.accounting.coverage,
    )


def _compares(one: Judgement) -> bool:
    """Whether the region's own figure can be held against the target."""
    return one.verdict.promise.indicator == "recovery" or one.verdict.promise.aggregate in _OWN
